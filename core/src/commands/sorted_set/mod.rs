//! The sorted-set family.
//!
//! - [`add`]: ZADD, ZINCRBY. [`remove`]: ZREM, ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.
//! - [`read`](mod@read): ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZCOUNT, ZLEXCOUNT, ZSCAN.
//! - [`range`]: ZRANGE, ZRANGESTORE and their older forms. [`bounds`]: the notation of their ends.
//! - [`combine`]: ZUNION, ZINTER, ZDIFF, their forms that store, ZINTERCARD.
//! - [`pop`]: ZPOPMIN, ZPOPMAX, ZMPOP. [`block`]: BZPOPMIN, BZPOPMAX, BZMPOP. [`random`]: ZRANDMEMBER.

mod add;
mod block;
mod bounds;
mod combine;
mod pop;
mod random;
mod range;
mod read;
mod remove;
pub mod rows;
mod rows_blocking;
mod sources;
#[cfg(test)]
mod tests;

pub(super) use add::zadd;
use add::*;
use block::*;
use combine::*;
use pop::*;
use random::*;
pub(super) use range::store;
use range::*;
use read::*;
use remove::*;

//! The hash family.
//!
//! - [`read`](mod@read): HGET, HMGET, HGETALL, HKEYS, HVALS, HLEN, HSTRLEN, HEXISTS, HSCAN. [`write`](mod@write): HSET,
//!   HMSET, HSETNX, HDEL.
//! - [`increment`]: HINCRBY, HINCRBYFLOAT. [`random`]: HRANDFIELD.

mod increment;
mod random;
mod read;
pub mod rows;
#[cfg(test)]
mod tests;
mod write;

use increment::*;
use random::*;
use read::*;
use write::*;

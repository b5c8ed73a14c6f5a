//! The stream family.
//!
//! - [`ids`]: ids and intervals as arguments. [`entries`]: entries as replies.
//! - [`write`](mod@write): XADD, XTRIM, XDEL, XSETID. [`trim`]: the options of the first two.
//! - [`read`](mod@read): XLEN, XRANGE, XREVRANGE, XREAD. [`deliver`]: XREADGROUP.
//! - [`group`]: XGROUP. [`pending`]: XACK, XPENDING. [`claim`]: XCLAIM, XAUTOCLAIM. [`info`]: XINFO.
//!
//! What a group hands out is not journaled as it was asked for, but as what became of it ([`journal`]): XCLAIM for each entry,
//! XGROUP SETID where a group moved on without one, XGROUP CREATECONSUMER for a consumer that owns nothing.

mod claim;
mod deliver;
mod entries;
mod group;
mod ids;
mod info;
mod journal;
mod pending;
pub(crate) mod read;
pub mod rows;
#[cfg(test)]
mod tests;
mod trim;
mod write;

use claim::*;
use deliver::*;
use group::*;
use info::*;
use pending::*;
use read::*;
use write::*;

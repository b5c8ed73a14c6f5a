//! The generic family: what can be done with a key whatever it holds.
//!
//! - [`delete`]: DEL, UNLINK, EXISTS, TOUCH. [`expire`]: expiries. [`place`]: RENAME, MOVE, COPY.
//! - [`walk`]: KEYS, SCAN, RANDOMKEY. [`object`]: TYPE, OBJECT. [`dump`]: DUMP, RESTORE.
//! - [`sort`](mod@sort): SORT, SORT_RO.

mod delete;
mod dump;
mod expire;
pub(crate) mod object;
mod place;
pub mod rows;
mod sort;
#[cfg(test)]
mod tests;
mod walk;

use delete::*;
use dump::*;
use expire::*;
use object::*;
use place::*;
use sort::*;
use walk::*;

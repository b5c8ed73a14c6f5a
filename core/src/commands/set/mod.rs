//! The set family.
//!
//! - [`member`]: SADD, SREM, SMOVE. [`read`](mod@read): SCARD, SISMEMBER, SMISMEMBER, SSCAN.
//! - [`algebra`]: SINTER (and SMEMBERS, which is SINTER of one set), SUNION, SDIFF, their STORE forms, SINTERCARD.
//! - [`pop`]: SPOP. [`random`]: SRANDMEMBER.

mod algebra;
mod member;
mod pop;
mod random;
mod read;
pub mod rows;
#[cfg(test)]
mod tests;

use algebra::*;
use member::*;
use pop::*;
use random::*;
use read::*;

//! The string family.
//!
//! - [`read`](mod@read): GET, MGET, STRLEN, GETRANGE, SUBSTR, and the reads that change: GETDEL, GETEX, GETSET.
//! - [`set`](mod@set): SET and its relatives. [`options`]: the options they share, and times of expiry.
//! - [`modify`]: APPEND, SETRANGE. [`increment`]: INCR and its relatives. [`lcs`](mod@lcs): LCS.

mod increment;
mod lcs;
mod modify;
mod options;
mod read;
pub mod rows;
mod set;
#[cfg(test)]
mod tests;

use increment::*;
use lcs::*;
use modify::*;
use read::*;
use set::*;

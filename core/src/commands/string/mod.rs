//! The string family.

mod basic;
mod pending;
pub mod rows;

use basic::*;
use pending::*;

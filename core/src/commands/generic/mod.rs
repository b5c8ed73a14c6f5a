//! The generic family.

mod pending;
pub mod rows;

use pending::*;

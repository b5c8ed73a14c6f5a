//! The connection family.

mod pending;
pub mod rows;

use pending::*;

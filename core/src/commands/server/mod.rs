//! The server family.

mod pending;
pub mod rows;

use pending::*;

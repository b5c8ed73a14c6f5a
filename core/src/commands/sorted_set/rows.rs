//! The rows of this family.

use crate::commands::row::Command;

/// All rows of the family.
pub const ROWS: &[Command] = &[];

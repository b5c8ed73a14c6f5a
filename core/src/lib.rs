//! etalon-core.
#![forbid(unsafe_code)]

pub mod glob;
pub mod numbers;
pub mod structures;

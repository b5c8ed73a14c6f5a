//! etalon-core.
#![forbid(unsafe_code)]

pub mod checksum;
pub mod glob;
pub mod numbers;
pub mod rdb;
pub mod structures;
pub mod types;

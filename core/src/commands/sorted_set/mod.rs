//! Sorted sets. No command of the family is built yet.

pub mod rows;

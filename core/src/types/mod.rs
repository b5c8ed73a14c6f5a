//! What can be said about values without a keyspace around them.

pub mod digest;
pub mod lcs;

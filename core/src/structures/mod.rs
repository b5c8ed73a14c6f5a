//! Data structures: bytes in, bytes out, randomness as an argument. They know nothing of Redis's types.
//!
//! - [`table`]: the paged hash table under the keyspace (and big hashes and sets).
//! - [`slab`]: objects by `u32` id, paged, with cheap clones.
//! - [`directory`]: the two-level copy-on-write vector that both stand on.
//! - [`rng`]: the seeded generator.

pub mod directory;
pub mod rng;
pub mod slab;
pub mod table;

pub use rng::Rng;
pub use slab::Slab;
pub use table::{HashSeed, KeyHash, Slot, Table};

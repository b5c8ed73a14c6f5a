//! Data structures: bytes in, bytes out, randomness as an argument. They know nothing of Redis's types.
//!
//! - [`counted_tree`]: the tree of pages under the ordered tree, the sequence and the stream index.
//! - [`table`]: the paged hash table under the keyspace (and big hashes and sets).
//! - [`sequence`]: items that hold several elements each, in a row.
//! - [`slab`]: objects by `u32` id, paged, with cheap clones.
//! - [`directory`]: the two-level copy-on-write vector that both stand on.
//! - [`ordered_tree`]: (score, member) in a sorted set's order, with ranks.
//! - [`rng`]: the seeded generator.

pub(crate) mod counted_tree;
pub mod directory;
pub mod ordered_tree;
pub mod rng;
pub mod sequence;
pub mod slab;
pub mod table;

pub use ordered_tree::OrderedTree;
pub use rng::Rng;
pub use sequence::Sequence;
pub use slab::Slab;
pub use table::{HashSeed, KeyHash, Slot, Table};

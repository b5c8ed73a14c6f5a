//! Data structures: bytes in, bytes out, randomness as an argument. They know nothing of Redis's types.
//!
//! - [`counted_tree`]: the tree of pages under the ordered tree, the sequence and the stream index.
//! - [`table`]: the paged hash table under the keyspace (and big hashes and sets).
//! - [`sequence`]: items that hold several elements each, in a row.
//! - [`slab`]: objects by `u32` id, paged, with cheap clones.
//! - [`directory`]: the two-level copy-on-write vector that both stand on.
//! - [`listpack`]: strings and integers in one piece of bytes, as Redis packs them.
//! - [`packed`]: the shared bytes that a packed value is.
//! - [`byte_map`]: a map from bytes to bytes of any length, over the table.
//! - [`ordered_tree`]: (score, member) in a sorted set's order, with ranks.
//! - [`rng`]: the seeded generator.

pub mod byte_map;
pub(crate) mod counted_tree;
pub mod directory;
pub mod listpack;
pub mod ordered_tree;
pub mod packed;
pub mod rng;
pub mod sequence;
pub mod slab;
pub mod table;

pub use byte_map::ByteMap;
pub use listpack::{Item, ListpackMut, ListpackRef};
pub use ordered_tree::OrderedTree;
pub use packed::Packed;
pub use rng::Rng;
pub use sequence::Sequence;
pub use slab::Slab;
pub use table::{HashSeed, KeyHash, Slot, Table};

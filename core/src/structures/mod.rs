//! Data structures: bytes in, bytes out, randomness as an argument. They know nothing of Redis's types.
//!
//! Redis's own bytes:
//!
//! - [`listpack`]: strings and integers in one piece of bytes, as Redis packs them.
//! - [`intset`]: sorted integers.
//! - [`hyperloglog`]: estimates of cardinality.
//! - [`geohash`]: points on the earth as integers, and searches among them.
//! - [`bits`]: counting, searching, fields and logic in bit strings.
//!
//! Our own, paged, with cheap clones:
//!
//! - [`table`]: the paged hash table under the keyspace (and big hashes and sets).
//! - [`byte_map`]: a map from bytes to bytes of any length, over the table.
//! - [`counted_tree`]: the tree of pages under the ordered tree, the sequence and the stream index.
//! - [`ordered_tree`]: (score, member) in a sorted set's order, with ranks.
//! - [`sequence`]: items that hold several elements each, in a row.
//! - [`stream_index`]: a stream's nodes by id.
//! - [`id_map`]: values by stream id.
//! - [`slab`]: objects by `u32` id, paged, with cheap clones.
//! - [`directory`]: the two-level copy-on-write vector that table and slab stand on.
//! - [`packed`]: the shared bytes that a packed value is.
//! - [`shed`]: freeing any of them in pieces.
//!
//! And [`rng`], the seeded generator.

pub mod bits;
pub mod byte_map;
pub(crate) mod counted_tree;
pub mod directory;
pub mod geohash;
pub mod hyperloglog;
pub mod id_map;
pub mod intset;
pub mod listpack;
pub mod ordered_tree;
pub mod packed;
mod partial_sort;
pub mod rng;
pub mod sequence;
pub mod shed;
pub mod slab;
pub mod stream_index;
pub mod table;

pub use byte_map::ByteMap;
pub use id_map::IdMap;
pub use intset::{IntSet, IntSetRef};
pub use listpack::{Item, ListpackMut, ListpackRef};
pub use ordered_tree::OrderedTree;
pub use packed::Packed;
pub use partial_sort::sort_part;
pub use rng::Rng;
pub use sequence::Sequence;
pub use shed::Shed;
pub use slab::Slab;
pub use stream_index::{StreamId, StreamIndex};
pub use table::{HashSeed, KeyHash, Slot, Table};

//! What all collections have in common, so that the keyspace can take them out, put them back and hand them around.

use super::{Object, ValueRef};
use crate::structures::{HashSeed, Packed};

/// The packed forms that may lie in a page of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedKind {
    /// A listpack: the only node of a quicklist.
    List,
    /// A listpack: field, value, field, value…
    Hash,
    /// An intset.
    SetIntset,
    /// A listpack of members. OBJECT ENCODING calls it `hashtable`: 7.0 knows no packed sets of strings.
    SetListpack,
    /// A listpack: member, score, member, score… in order.
    SortedSet,
}

/// What decides between packed and big forms, from the configuration; and the secret of the tables inside big ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub seed: HashSeed,
    /// `hash-max-listpack-entries`, `hash-max-listpack-value`
    pub hash_listpack_entries_max: u64,
    pub hash_listpack_value_bytes_max: u64,
    /// `set-max-intset-entries`
    pub set_intset_entries_max: u64,
    /// `zset-max-listpack-entries`, `zset-max-listpack-value`
    pub sorted_set_listpack_entries_max: u64,
    pub sorted_set_listpack_value_bytes_max: u64,
    /// `list-max-listpack-size`: entries if positive, −1 … −5: 4, 8, 16, 32, 64 KiB.
    pub list_listpack_size: i32,
    /// `list-compress-depth`
    pub list_compress_depth: u32,
    /// `stream-node-max-bytes`, `stream-node-max-entries`
    pub stream_node_bytes_max: u64,
    pub stream_node_entries_max: i64,
    /// `hll-sparse-max-bytes`
    pub hll_sparse_bytes_max: u64,
    /// DEBUG QUICKLIST-PACKED-THRESHOLD: a longer element is a node of its own.
    pub list_packed_threshold_bytes: u64,
}

impl Default for Limits {
    /// The defaults of 7.0.15.
    fn default() -> Limits {
        Limits {
            seed: HashSeed(0, 0),
            hash_listpack_entries_max: 512,
            hash_listpack_value_bytes_max: 64,
            set_intset_entries_max: 512,
            sorted_set_listpack_entries_max: 128,
            sorted_set_listpack_value_bytes_max: 64,
            list_listpack_size: -2,
            list_compress_depth: 0,
            stream_node_bytes_max: 4096,
            stream_node_entries_max: 100,
            hll_sparse_bytes_max: 3000,
            list_packed_threshold_bytes: 1 << 30,
        }
    }
}

/// A list, hash, set, sorted set or stream in its owned form.
pub trait Collection: Sized + Into<Object> {
    /// The borrowed form.
    type Ref<'a>: Copy;

    /// Whether the key stays when nothing is left inside (streams).
    const STAYS_EMPTY: bool = false;

    /// The value, if it is of this type.
    fn of(value: ValueRef<'_>) -> Option<Self::Ref<'_>>;

    /// The owned value, if it is of this type.
    fn of_object(object: Object) -> Option<Self>;

    /// The value of packed bytes. Panics if the kind belongs to another type.
    fn of_packed(kind: PackedKind, packed: Packed) -> Self;

    /// An empty collection, which takes over the memory of `scratch` (whatever its bytes are) if it begins packed.
    fn empty(scratch: Packed, limits: &Limits) -> Self;

    fn borrowed(&self) -> Self::Ref<'_>;

    fn is_empty(&self) -> bool;
}

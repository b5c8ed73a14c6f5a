//! The fuzz entry of RDB objects, called by `cargo test` over a corpus and by cargo-fuzz.

use super::length::Reader;
use super::value::{self, Loaded};
use crate::structures::HashSeed;
use crate::types::digest::Digest;
use crate::types::{Limits, StringRef, ValueRef};

/// Reads `data` as RESTORE reads a payload: a type byte and an object of that type, under two sets of limits. If it is
/// one: the value is whole, its length can be told, it is written and read back as the same value.
///
/// # Panics
///
/// When one of these does not hold.
pub fn fuzz_rdb_value(data: &[u8]) {
    let Some((&kind, object)) = data.split_first() else { return };
    let roomy = Limits { seed: HashSeed(1, 2), ..Limits::default() };
    let tight = Limits {
        hash_listpack_entries_max: 1,
        set_intset_entries_max: 1,
        sorted_set_listpack_entries_max: 1,
        list_listpack_size: 1,
        ..roomy
    };
    let digests = [roomy, tight].map(|limits| round_trip(kind, object, &limits));
    assert_eq!(digests[0], digests[1], "limits change the form only");
}

/// The digest of the value, if there is one. It may hold no more than a multiple of what the payload has.
fn round_trip(kind: u8, object: &[u8], limits: &Limits) -> Option<Digest> {
    let loaded = value::read(kind, &mut Reader::new(object), limits).ok()?;
    let first = digest(&loaded);
    let mut out = Vec::new();
    let written = borrowed(&loaded);
    assert!(
        !matches!(loaded, Loaded::Object(_))
            || kind == value::TYPE_STREAM
            || kind == value::TYPE_STREAM_2
            || !written.is_empty()
    );
    let kind = value::type_of(written);
    value::append(&mut out, written, true);
    let mut reader = Reader::new(&out);
    let again = value::read(kind, &mut reader, limits).expect("what is written reads back");
    assert!(reader.rest().is_empty(), "what is written is read to its end");
    assert_eq!(first, digest(&again), "a value reads back as it was written");
    Some(first)
}

fn borrowed<'a>(loaded: &'a Loaded<'_>) -> ValueRef<'a> {
    match loaded {
        Loaded::String(bytes) => ValueRef::String(StringRef::Raw(bytes)),
        Loaded::Object(object) => object.borrowed(),
    }
}

fn digest(loaded: &Loaded<'_>) -> Digest {
    if let Loaded::Object(object) = loaded {
        object.check();
        assert!(object.heap_bytes() > 0);
    }
    let mut digest = Digest::default();
    borrowed(loaded).digest(&mut digest, false);
    digest
}

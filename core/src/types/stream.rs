//! Streams.
//!
//! Not built yet: nothing makes a stream so far.

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::structures::Packed;

/// A stream, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub struct Stream {}

impl Stream {
    pub fn encoding_name(&self) -> &'static str {
        "stream"
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        unreachable!("nothing makes a stream yet")
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the contents to a digest, in order.
    pub fn digest(&self, _: &mut Digest) {
        unreachable!("nothing makes a stream yet")
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        unreachable!("nothing makes a stream yet")
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        unreachable!("nothing makes a stream yet")
    }
}

impl Collection for Stream {
    type Ref<'a> = &'a Stream;

    const STAYS_EMPTY: bool = true;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<&Stream> {
        match value {
            ValueRef::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<Stream> {
        match object {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn of_packed(_: PackedKind, _: Packed) -> Stream {
        unreachable!("streams are never packed")
    }

    fn empty(_: Packed, _: &Limits) -> Stream {
        unreachable!("nothing makes a stream yet")
    }

    fn borrowed(&self) -> &Stream {
        self
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Stream> for Object {
    fn from(stream: Stream) -> Object {
        Object::Stream(stream)
    }
}

//! Strings: integers, short bytes inside a page of the table, and large strings on pages of their own.
//!
//! Three encodings are observable (OBJECT ENCODING): `int` for what prints as a 64-bit integer, `embstr` for at most 44
//! bytes written whole, `raw` for longer strings and for every string that was modified in place.
//!
//! A large string is one shared slice up to [`CHUNK_BYTES`], above that a list of chunks of that size, so that a write
//! under a live snapshot copies one chunk and not the value:
//!
//! ```text
//!   Whole:   Arc<[u8]>
//!   Chunked: Arc<Directory of [ Arc<chunk 0: 16 KiB>, Arc<chunk 1: 16 KiB>, …, Arc<last: 1 byte to 16 KiB> ]>
//! ```
//!
//! A directory, and no plain vector, because 512 MB are 32,768 chunks: the first write after a clone would count up that many
//! references, two milliseconds.

use std::borrow::Cow;
use std::sync::Arc;

use crate::numbers::integer;
use crate::resp::Reply;
use crate::structures::Shed;
use crate::structures::directory::Directory;

/// Bytes of a chunk of a large string; a write copies at most that much when a snapshot is alive.
pub const CHUNK_BYTES: usize = 16 * 1024;
/// Longest string that OBJECT ENCODING calls `embstr`.
pub const EMBSTR_BYTES_MAX: usize = 44;

/// Integers that Redis keeps once for all keys; OBJECT REFCOUNT shows it.
pub const SHARED_INTEGERS: std::ops::Range<i64> = 0..10_000;

/// The encodings of strings that OBJECT ENCODING shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringEncoding {
    Int,
    Embstr,
    Raw,
}

impl StringEncoding {
    pub fn name(self) -> &'static str {
        match self {
            StringEncoding::Int => "int",
            StringEncoding::Embstr => "embstr",
            StringEncoding::Raw => "raw",
        }
    }
}

/// A string value, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum StringRef<'a> {
    Int(i64),
    Embstr(&'a [u8]),
    Raw(&'a [u8]),
    Large(&'a LargeString),
}

impl<'a> StringRef<'a> {
    pub fn encoding(self) -> StringEncoding {
        match self {
            StringRef::Int(_) => StringEncoding::Int,
            StringRef::Embstr(_) => StringEncoding::Embstr,
            StringRef::Raw(_) | StringRef::Large(_) => StringEncoding::Raw,
        }
    }

    /// Length in bytes, as printed.
    pub fn len(self) -> usize {
        match self {
            StringRef::Int(value) => itoa::Buffer::new().format(value).len(),
            StringRef::Embstr(bytes) | StringRef::Raw(bytes) => bytes.len(),
            StringRef::Large(large) => large.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The bytes; copied for integers and chunked strings only.
    pub fn bytes(self) -> Cow<'a, [u8]> {
        match self {
            StringRef::Int(value) => Cow::Owned(itoa::Buffer::new().format(value).as_bytes().to_vec()),
            StringRef::Embstr(bytes) | StringRef::Raw(bytes) => Cow::Borrowed(bytes),
            StringRef::Large(large) => large.bytes(),
        }
    }

    /// The bytes from `start` up to `end` (exclusive); both within the string.
    pub fn range(self, start: usize, end: usize) -> Cow<'a, [u8]> {
        match self {
            StringRef::Int(_) => Cow::Owned(self.bytes()[start..end].to_vec()),
            StringRef::Embstr(bytes) | StringRef::Raw(bytes) => Cow::Borrowed(&bytes[start..end]),
            StringRef::Large(large) => large.range(start, end),
        }
    }

    /// The value as a 64-bit integer, by the strict rules of INCR.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            StringRef::Int(value) => Some(value),
            StringRef::Embstr(bytes) | StringRef::Raw(bytes) => integer::parse_i64(bytes),
            StringRef::Large(large) if large.len() <= 20 => integer::parse_i64(&large.bytes()),
            StringRef::Large(_) => None,
        }
    }

    /// Writes the value as a bulk string.
    #[inline]
    pub fn reply_bulk(self, reply: &mut Reply) {
        match self {
            StringRef::Int(value) => reply.bulk_integer(value),
            StringRef::Embstr(bytes) | StringRef::Raw(bytes) => reply.bulk(bytes),
            StringRef::Large(large) => reply.bulk_pieces(large.len(), large.chunks()),
        }
    }
}

/// A string on pages of its own. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum LargeString {
    Whole(Arc<[u8]>),
    Chunked(Arc<Chunks>),
}

/// A chunk is never `None`: the directory's spare places are.
type Chunk = Option<Arc<Vec<u8>>>;

/// The chunks of a large string: all full but the last.
#[derive(Clone, Debug)]
pub struct Chunks {
    chunks: Directory<Chunk>,
    len: usize,
    /// Capacities of all chunks together.
    capacity: usize,
}

impl LargeString {
    pub fn new(bytes: &[u8]) -> LargeString {
        if bytes.len() <= CHUNK_BYTES {
            return LargeString::Whole(Arc::from(bytes));
        }
        LargeString::Chunked(Arc::new(Chunks::new(bytes)))
    }

    /// A string of `len` bytes, of which `fill` gets one piece after the other, all zeros, with its offset. O(len).
    pub fn build(len: usize, mut fill: impl FnMut(usize, &mut [u8])) -> LargeString {
        let piece = |start: usize| {
            let mut bytes = vec![0; CHUNK_BYTES.min(len - start)];
            fill(start, &mut bytes);
            bytes
        };
        let mut pieces = (0..len).step_by(CHUNK_BYTES).map(piece);
        if len <= CHUNK_BYTES {
            return LargeString::Whole(Arc::from(pieces.next().unwrap_or_default()));
        }
        LargeString::Chunked(Arc::new(Chunks::of(pieces)))
    }

    pub fn len(&self) -> usize {
        match self {
            LargeString::Whole(bytes) => bytes.len(),
            LargeString::Chunked(chunked) => chunked.len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The contents, piece by piece: pieces of [`CHUNK_BYTES`], but for the last.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks_from(0)
    }

    /// The pieces from number `first` on.
    pub fn chunks_from(&self, first: usize) -> impl Iterator<Item = &[u8]> {
        let (whole, chunked) = match self {
            LargeString::Whole(bytes) => (Some(&**bytes).filter(|bytes| first == 0 && !bytes.is_empty()), None),
            LargeString::Chunked(chunked) => (None, Some(chunked)),
        };
        whole.into_iter().chain(chunked.into_iter().flat_map(move |chunked| chunked.iter_from(first)))
    }

    /// The contents in one piece; O(n) copy when chunked.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            LargeString::Whole(bytes) => Cow::Borrowed(bytes),
            LargeString::Chunked(_) => self.range(0, self.len()),
        }
    }

    /// The bytes from `start` up to `end`; O(end - start).
    pub fn range(&self, start: usize, end: usize) -> Cow<'_, [u8]> {
        let chunked = match self {
            LargeString::Whole(bytes) => return Cow::Borrowed(&bytes[start..end]),
            LargeString::Chunked(chunked) => chunked,
        };
        if start >= end {
            return Cow::Borrowed(&[]);
        }
        let (first, last) = (start / CHUNK_BYTES, (end - 1) / CHUNK_BYTES);
        if first == last {
            let base = first * CHUNK_BYTES;
            return Cow::Borrowed(&chunked.chunk(first)[start - base..end - base]);
        }
        let mut out = Vec::with_capacity(end - start);
        for index in first..=last {
            let base = index * CHUNK_BYTES;
            let chunk = chunked.chunk(index);
            out.extend_from_slice(&chunk[start.saturating_sub(base)..(end - base).min(chunk.len())]);
        }
        Cow::Owned(out)
    }

    /// Becomes `bytes` if it is one slice of that length which nobody else shares. O(n), allocates nothing.
    pub fn overwrite(&mut self, bytes: &[u8]) -> bool {
        let LargeString::Whole(old) = self else { return false };
        match Arc::get_mut(old) {
            Some(old) if old.len() == bytes.len() => {
                old.copy_from_slice(bytes);
                true
            }
            _ => false,
        }
    }

    /// Writes `data` at `offset`, growing with zero bytes as needed. O(data + growth), plus one chunk copied for each
    /// chunk that a snapshot shares.
    pub fn write_at(&mut self, offset: usize, data: &[u8]) {
        let len = self.len().max(offset + data.len());
        if let LargeString::Whole(bytes) = self {
            if len <= CHUNK_BYTES {
                if len == bytes.len() && Arc::get_mut(bytes).is_some() {
                    Arc::get_mut(bytes).expect("just checked")[offset..offset + data.len()].copy_from_slice(data);
                } else {
                    let mut grown = bytes.to_vec();
                    grown.resize(len, 0);
                    grown[offset..offset + data.len()].copy_from_slice(data);
                    *bytes = Arc::from(grown);
                }
                return;
            }
            *self = LargeString::Chunked(Arc::new(Chunks::new(bytes)));
        }
        let LargeString::Chunked(chunked) = self else { unreachable!("converted above") };
        let chunked = Arc::make_mut(chunked);
        chunked.grow(len);
        chunked.overwrite(offset, data);
    }

    /// Appends `data`. Amortised O(data).
    pub fn append(&mut self, data: &[u8]) {
        self.write_at(self.len(), data);
    }

    /// Bytes of heap held. O(1): it is asked before and after every change.
    pub fn heap_bytes(&self) -> usize {
        const ARC_BYTES: usize = 16;
        match self {
            LargeString::Whole(bytes) => ARC_BYTES + bytes.len(),
            LargeString::Chunked(chunked) => {
                let heads = chunked.chunks.len() * (ARC_BYTES + size_of::<Vec<u8>>());
                ARC_BYTES + size_of::<Chunks>() + chunked.chunks.heap_bytes() + heads + chunked.capacity
            }
        }
    }
}

impl Chunks {
    fn new(bytes: &[u8]) -> Chunks {
        Chunks::of(bytes.chunks(CHUNK_BYTES).map(<[u8]>::to_vec))
    }

    fn of(pieces: impl Iterator<Item = Vec<u8>>) -> Chunks {
        let mut chunks = Chunks { chunks: Directory::new(), len: 0, capacity: 0 };
        pieces.for_each(|piece| chunks.push(piece));
        chunks
    }

    fn push(&mut self, chunk: Vec<u8>) {
        self.len += chunk.len();
        self.capacity += chunk.capacity();
        self.chunks.push(Some(Arc::new(chunk)));
    }

    #[inline]
    fn chunk(&self, index: usize) -> &[u8] {
        self.chunks.get(index).as_ref().expect("a place in use has a chunk")
    }

    fn iter_from(&self, first: usize) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter_from(first).flatten().map(|chunk| chunk.as_slice())
    }

    /// Changes one chunk, which is copied first if a snapshot shares it.
    fn change<R>(&mut self, index: usize, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let chunk = self.chunks.get_mut(index).as_mut().expect("a place in use has a chunk");
        let before = chunk.capacity();
        let chunk = Arc::make_mut(chunk);
        let result = change(chunk);
        self.capacity = self.capacity - before + chunk.capacity();
        result
    }

    fn grow(&mut self, len: usize) {
        while self.len < len {
            let missing = len - self.len;
            let room = self.chunks.len() * CHUNK_BYTES - self.len;
            if room == 0 {
                self.push(vec![0; missing.min(CHUNK_BYTES)]);
                continue;
            }
            let added = missing.min(room);
            self.change(self.chunks.len() - 1, |last| last.resize(last.len() + added, 0));
            self.len += added;
        }
    }

    fn overwrite(&mut self, mut offset: usize, mut data: &[u8]) {
        while !data.is_empty() {
            let (index, within) = (offset / CHUNK_BYTES, offset % CHUNK_BYTES);
            let count = data.len().min(self.chunk(index).len() - within);
            self.change(index, |chunk| chunk[within..within + count].copy_from_slice(&data[..count]));
            data = &data[count..];
            offset += count;
        }
    }
}

impl Shed for Chunks {
    fn shed(&mut self) -> bool {
        self.chunks.shed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_large_string_is_a_vector_of_bytes(
            start in 0usize..40_000,
            writes in prop::collection::vec((0usize..70_000, 0usize..20_000, any::<u8>()), 1..12),
        ) {
            let mut model: Vec<u8> = (0..start).map(|i| i as u8).collect();
            let mut large = LargeString::new(&model);
            for (offset, len, byte) in writes {
                let snapshot = (large.clone(), model.clone());
                let data = vec![byte; len];
                if model.len() < offset + len {
                    model.resize(offset + len, 0);
                }
                model[offset..offset + len].copy_from_slice(&data);
                large.write_at(offset, &data);
                prop_assert_eq!(large.len(), model.len());
                prop_assert!(large.bytes().as_ref() == &model[..]);
                prop_assert_eq!(large.chunks().map(<[u8]>::len).sum::<usize>(), model.len());
                let (a, b) = (model.len() / 3, model.len() * 2 / 3);
                prop_assert!(large.range(a, b).as_ref() == &model[a..b]);
                prop_assert!(snapshot.0.bytes().as_ref() == &snapshot.1[..]);
                if let LargeString::Chunked(chunked) = &large {
                    prop_assert_eq!(chunked.capacity, chunked.chunks.iter().flatten().map(|c| c.capacity()).sum::<usize>());
                }
                let built = LargeString::build(model.len(), |at, piece| piece.copy_from_slice(&model[at..at + piece.len()]));
                prop_assert!(built.bytes().as_ref() == &model[..]);
            }
        }
    }
}

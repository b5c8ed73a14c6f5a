//! A vector of pages in two levels, whose clone is a few pointers.
//!
//! ```text
//!   chunks: Vec<Arc<[P]>>          one pointer for 64 pages
//!             │
//!             └─► [ P P P … ]      64 pages (or handles of pages); the first chunk grows 1, 2, 4 … 64
//! ```
//!
//! A clone copies the upper level. A write reaches its page through `Arc::make_mut`, which copies the 64 handles of
//! the chunk if a clone still shares them; `P` then decides the same for the page itself. So a write after a clone
//! costs at most one chunk and one page, whatever the size of the whole.
//!
//! Invariants: every chunk but a lone first one has exactly 64 entries; entries at `len` and beyond are
//! `P::default()`; there is no chunk without a page in use.

use std::mem::size_of;
use std::sync::Arc;

use super::shed::Shed;

/// Pages in a chunk. Small, because the first write into a chunk after a clone copies that many handles, and each
/// copy touches the reference count of a page; large enough that the upper level of 10 million keys stays small.
const CHUNK: usize = 64;
const CHUNK_BITS: u32 = CHUNK.trailing_zeros();
/// What an `Arc` adds before its contents: the two counts.
pub(crate) const ARC_HEAD_BYTES: usize = 2 * size_of::<usize>();

/// A growable vector with copy-on-write chunks. `Clone` is O(len / 64).
#[derive(Clone, Debug)]
pub(crate) struct Directory<P> {
    chunks: Vec<Arc<[P]>>,
    len: usize,
}

impl<P: Clone + Default> Directory<P> {
    pub fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// O(1). Panics when `index` is out of range.
    #[inline]
    pub fn get(&self, index: usize) -> &P {
        &self.chunks[index >> CHUNK_BITS][index % CHUNK]
    }

    /// O(1), after copying the chunk if a clone shares it.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> &mut P {
        debug_assert!(index < self.len);
        &mut Arc::make_mut(&mut self.chunks[index >> CHUNK_BITS])[index % CHUNK]
    }

    /// Appends a page. O(1), apart from the doubling of the upper level (8 bytes for every 32 pages).
    pub fn push(&mut self, page: P) {
        let (chunk, at) = (self.len >> CHUNK_BITS, self.len % CHUNK);
        if chunk == self.chunks.len() {
            let size = if chunk == 0 { 1 } else { CHUNK };
            self.chunks.push(std::iter::repeat_with(P::default).take(size).collect());
        } else if at == self.chunks[chunk].len() {
            let old = Arc::make_mut(&mut self.chunks[chunk]);
            let moved = old.iter_mut().map(std::mem::take);
            let grown: Vec<P> = moved.chain(std::iter::repeat_with(P::default).take(at)).collect();
            self.chunks[chunk] = grown.into();
        }
        self.len += 1;
        *self.get_mut(self.len - 1) = page;
    }

    /// Removes and returns the last page.
    pub fn pop(&mut self) -> Option<P> {
        let last = self.len.checked_sub(1)?;
        let page = std::mem::take(self.get_mut(last));
        self.len = last;
        if last % CHUNK == 0 {
            self.chunks.pop();
            if self.chunks.capacity() > 4 * self.chunks.len() + 4 {
                self.chunks.shrink_to(2 * self.chunks.len());
            }
        }
        Some(page)
    }

    pub fn iter(&self) -> impl Iterator<Item = &P> {
        self.iter_from(0)
    }

    /// The pages from `index` on. O(1) to begin with.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = &P> {
        let chunks = self.chunks.get(index >> CHUNK_BITS..).unwrap_or_default();
        let pages = chunks.iter().flat_map(|chunk| chunk.iter());
        pages.take(self.len - (index & !(CHUNK - 1)).min(self.len)).skip(index % CHUNK)
    }

    /// Takes the last chunk off, for freeing: the rest is no directory any more. `None`: nothing is left.
    pub fn shed_chunk(&mut self) -> Option<Arc<[P]>> {
        self.chunks.pop()
    }

    /// Bytes of both levels, without what the pages hold elsewhere. O(1).
    pub fn heap_bytes(&self) -> usize {
        let entries = match self.chunks.len() {
            0 => 0,
            1 => self.chunks[0].len(),
            n => n * CHUNK,
        };
        self.chunks.capacity() * size_of::<Arc<[P]>>() + self.chunks.len() * ARC_HEAD_BYTES + entries * size_of::<P>()
    }
}

impl<P: Clone + Default> Shed for Directory<P> {
    fn shed(&mut self) -> bool {
        self.shed_chunk();
        !self.chunks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_and_pops_across_chunks_like_a_vector() {
        let mut directory = Directory::new();
        for i in 0..1000u32 {
            directory.push(i);
            assert!((0..=i).all(|j| *directory.get(j as usize) == j));
        }
        assert!(directory.iter().copied().eq(0..1000));
        assert!(
            [0, 1, 63, 64, 777, 1000, 5000].into_iter().all(|i| directory.iter_from(i).copied().eq(i as u32..1000))
        );
        for i in (0..1000u32).rev() {
            assert_eq!(directory.pop(), Some(i));
            assert_eq!(directory.len(), i as usize);
            assert_eq!(directory.chunks.len(), (i as usize).div_ceil(CHUNK));
        }
        assert_eq!(directory.pop(), None);
    }

    #[test]
    fn a_clone_keeps_its_values_while_the_original_changes() {
        let mut directory = Directory::new();
        (0..500u32).for_each(|i| directory.push(i));
        let before = directory.clone();
        (0..500).for_each(|i| *directory.get_mut(i) += 1);
        (0..300).for_each(|_| _ = directory.pop());
        assert!(before.iter().copied().eq(0..500));
        assert!(directory.iter().copied().eq(1..201));
    }

    #[test]
    fn the_bytes_are_those_of_the_allocations() {
        let mut directory = Directory::<u64>::new();
        assert_eq!(directory.heap_bytes(), 0);
        for i in 0..200 {
            directory.push(i);
            let recount: usize = directory.chunks.iter().map(|c| 16 + c.len() * 8).sum();
            assert_eq!(directory.heap_bytes(), recount + directory.chunks.capacity() * 16);
        }
    }
}

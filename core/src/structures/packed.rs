//! The bytes of a packed value (a listpack, an intset): one allocation, shared with the snapshots that still need it.

use std::sync::Arc;

use super::directory::ARC_HEAD_BYTES;
use super::listpack::{ListpackMut, ListpackRef};

/// Bytes with a reference count. Clone: O(1); the first change after it copies the bytes.
#[derive(Clone, Debug)]
pub struct Packed(Arc<Vec<u8>>);

impl Packed {
    /// No bytes at all, which is no valid value of any kind: to be filled by the caller.
    pub fn blank() -> Packed {
        Packed(Arc::new(Vec::new()))
    }

    pub fn from_bytes(bytes: &[u8]) -> Packed {
        Packed(Arc::new(bytes.to_vec()))
    }

    /// Takes the bytes over. O(1).
    pub fn from_vec(bytes: Vec<u8>) -> Packed {
        Packed(Arc::new(bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes for changing: copied first if they are shared.
    pub fn edit(&mut self) -> &mut Vec<u8> {
        Arc::make_mut(&mut self.0)
    }

    /// Becomes these bytes, in its old memory if nobody shares it.
    pub fn overwrite(&mut self, bytes: &[u8]) {
        match Arc::get_mut(&mut self.0) {
            Some(own) => {
                own.clear();
                own.extend_from_slice(bytes);
            }
            None => *self = Packed::from_bytes(bytes),
        }
    }

    /// Gives spare memory back if there is much of it.
    pub fn tighten(&mut self) {
        if let Some(own) = Arc::get_mut(&mut self.0)
            && own.capacity() - own.len() > 32 + own.len() / 4
        {
            own.shrink_to_fit();
        }
    }

    /// Gives all spare memory back: for what is not going to grow.
    pub fn fit(&mut self) {
        if let Some(own) = Arc::get_mut(&mut self.0) {
            own.shrink_to_fit();
        }
    }

    /// The listpack that the bytes are.
    pub fn listpack(&self) -> ListpackRef<'_> {
        ListpackRef::new(&self.0)
    }

    /// The listpack that the bytes are, for changing.
    pub fn listpack_mut(&mut self) -> ListpackMut<'_> {
        ListpackMut::new(self.edit())
    }

    /// Bytes of heap held.
    pub fn heap_bytes(&self) -> usize {
        ARC_HEAD_BYTES + size_of::<Vec<u8>>() + self.0.capacity()
    }
}

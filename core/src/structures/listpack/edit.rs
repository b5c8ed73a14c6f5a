//! Changing a listpack in place. Every operation moves the bytes behind the change once.

use super::{COUNT_UNKNOWN, EMPTY_BYTES, END, HEADER_BYTES, Item, ListpackRef, Place, back_len, int_body_len};

/// A listpack in a vector, to be changed.
#[derive(Debug)]
pub struct ListpackMut<'v> {
    bytes: &'v mut Vec<u8>,
}

impl<'v> ListpackMut<'v> {
    /// The listpack in `bytes`, which are valid.
    pub fn new(bytes: &'v mut Vec<u8>) -> ListpackMut<'v> {
        debug_assert!(bytes.len() >= EMPTY_BYTES && bytes.last() == Some(&END), "these bytes are no listpack");
        ListpackMut { bytes }
    }

    /// Makes `bytes` an empty listpack, whatever they were; keeps their memory.
    pub fn init(bytes: &'v mut Vec<u8>) -> ListpackMut<'v> {
        bytes.clear();
        bytes.extend_from_slice(&[EMPTY_BYTES as u8, 0, 0, 0, 0, 0, END]);
        ListpackMut { bytes }
    }

    pub fn as_ref(&self) -> ListpackRef<'_> {
        ListpackRef::new(self.bytes)
    }

    pub fn len(&self) -> usize {
        self.as_ref().len()
    }

    pub fn is_empty(&self) -> bool {
        self.as_ref().is_empty()
    }

    pub fn push_back(&mut self, item: Item<'_>) {
        self.splice(self.bytes.len() - 1, 0, Some(item), 1);
    }

    pub fn push_front(&mut self, item: Item<'_>) {
        self.splice(HEADER_BYTES, 0, Some(item), 1);
    }

    /// Inserts before the entry at `place`. Returns where the new one is.
    pub fn insert_before(&mut self, place: Place, item: Item<'_>) -> Place {
        self.splice(place.0, 0, Some(item), 1);
        place
    }

    /// Inserts behind the entry at `place`. Returns where the new one is.
    pub fn insert_after(&mut self, place: Place, item: Item<'_>) -> Place {
        let at = place.0 + self.as_ref().entry_len(place.0);
        self.splice(at, 0, Some(item), 1);
        Place(at)
    }

    /// Replaces the element at `place`, which stays the place of the new one.
    pub fn replace(&mut self, place: Place, item: Item<'_>) {
        let len = self.as_ref().entry_len(place.0);
        self.splice(place.0, len, Some(item), 0);
    }

    /// Removes `count` elements from `place` on (fewer if there are no more). Returns the place of the one that followed.
    pub fn remove(&mut self, place: Place, count: usize) -> Option<Place> {
        let view = self.as_ref();
        let (mut end, mut removed) = (place.0, 0);
        while removed < count && view.bytes()[end] != END {
            end += view.entry_len(end);
            removed += 1;
        }
        self.splice(place.0, end - place.0, None, -(removed as isize));
        (self.bytes[place.0] != END).then_some(place)
    }

    /// Removes `count` elements from `index` on (negative: from the end). O(n).
    pub fn remove_range(&mut self, index: i64, count: usize) {
        if let Some(place) = self.as_ref().seek(index) {
            self.remove(place, count);
        }
    }

    /// Appends all elements of another listpack. O(its bytes).
    pub fn append(&mut self, other: ListpackRef<'_>) {
        let count = self.len() + other.len();
        self.bytes.pop();
        self.bytes.extend_from_slice(&other.bytes()[HEADER_BYTES..]);
        self.write_header(count);
    }

    /// Replaces `old_len` bytes at `at` by the entry of `item`, if any, and keeps the header.
    fn splice(&mut self, at: usize, old_len: usize, item: Option<Item<'_>>, count_change: isize) {
        let count = usize::from(u16::from_le_bytes([self.bytes[4], self.bytes[5]]));
        let mut head = [0; 16];
        let (head_len, data, body) = match item {
            None => (0, &[][..], 0),
            Some(Item::Int(value)) => {
                let len = encode_int(&mut head, value);
                (len, &[][..], len)
            }
            Some(Item::Bytes(data)) => {
                let len = encode_string_head(&mut head, data.len());
                (len, data, len + data.len())
            }
        };
        let back = if item.is_some() { back_len(body) } else { 0 };
        self.resize_gap(at, old_len, body + back);
        self.bytes[at..at + head_len].copy_from_slice(&head[..head_len]);
        self.bytes[at + head_len..at + body].copy_from_slice(data);
        if back > 0 {
            write_back_len(&mut self.bytes[at + body..at + body + back], body);
        }
        let count = if count == COUNT_UNKNOWN { count } else { count.saturating_add_signed(count_change) };
        self.write_header(count);
    }

    fn resize_gap(&mut self, at: usize, old_len: usize, new_len: usize) {
        let (total, tail) = (self.bytes.len(), at + old_len);
        if new_len > old_len {
            let more = new_len - old_len;
            if self.bytes.capacity() - total < more {
                // An eighth of room: doubling would waste more than the packed form saves.
                self.bytes.reserve_exact(more.max(total / 8));
            }
            self.bytes.resize(total + more, 0);
            self.bytes.copy_within(tail..total, at + new_len);
        } else if new_len < old_len {
            self.bytes.copy_within(tail..total, at + new_len);
            self.bytes.truncate(total - (old_len - new_len));
        }
    }

    fn write_header(&mut self, count: usize) {
        let total = u32::try_from(self.bytes.len()).expect("a listpack stays far below 4 GiB");
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
        let count = count.min(COUNT_UNKNOWN) as u16;
        self.bytes[4..HEADER_BYTES].copy_from_slice(&count.to_le_bytes());
    }
}

fn encode_int(out: &mut [u8; 16], value: i64) -> usize {
    let len = int_body_len(value);
    match len {
        1 => out[0] = value as u8,
        2 => {
            out[0] = 0xc0 | ((value >> 8) & 0x1f) as u8;
            out[1] = value as u8;
        }
        _ => {
            out[0] = match len {
                3 => 0xf1,
                4 => 0xf2,
                5 => 0xf3,
                _ => 0xf4,
            };
            out[1..len].copy_from_slice(&value.to_le_bytes()[..len - 1]);
        }
    }
    len
}

fn encode_string_head(out: &mut [u8; 16], len: usize) -> usize {
    match len {
        0..=63 => {
            out[0] = 0x80 | len as u8;
            1
        }
        64..=4095 => {
            out[0] = 0xe0 | (len >> 8) as u8;
            out[1] = len as u8;
            2
        }
        _ => {
            out[0] = 0xf0;
            out[1..5].copy_from_slice(&u32::try_from(len).expect("a string within a listpack is short").to_le_bytes());
            5
        }
    }
}

/// Writes the length of the body: the lowest seven bits last, the high bit set on all bytes but the first.
fn write_back_len(out: &mut [u8], body: usize) {
    let last = out.len() - 1;
    for (i, byte) in out.iter_mut().enumerate() {
        let group = (body >> (7 * (last - i))) as u8 & 0x7f;
        *byte = if i == 0 { group } else { group | 0x80 };
    }
}

//! Reading a listpack: from either end, by index, by value. Nothing allocates.

use super::{COUNT_UNKNOWN, EMPTY_BYTES, END, HEADER_BYTES, Item, Place, back_len, body_len};
use crate::numbers::integer;

/// A listpack, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct ListpackRef<'a> {
    bytes: &'a [u8],
}

impl<'a> ListpackRef<'a> {
    /// The listpack in `bytes`, which are valid.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> ListpackRef<'a> {
        debug_assert!(bytes.len() >= EMPTY_BYTES && bytes[bytes.len() - 1] == END, "these bytes are no listpack");
        ListpackRef { bytes }
    }

    /// The whole listpack, as DUMP writes it.
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Number of elements. O(1) below 65,535.
    #[inline]
    pub fn len(self) -> usize {
        match usize::from(u16::from_le_bytes([self.bytes[4], self.bytes[5]])) {
            COUNT_UNKNOWN => self.count(),
            count => count,
        }
    }

    pub fn is_empty(self) -> bool {
        self.bytes.len() == EMPTY_BYTES
    }

    fn count(self) -> usize {
        let mut count = 0;
        let mut at = HEADER_BYTES;
        while self.bytes[at] != END {
            at += self.entry_len(at);
            count += 1;
        }
        count
    }

    #[inline]
    pub fn first(self) -> Option<Place> {
        self.place_at(HEADER_BYTES)
    }

    pub fn last(self) -> Option<Place> {
        self.before(self.bytes.len() - 1)
    }

    #[inline]
    pub fn next(self, place: Place) -> Option<Place> {
        self.place_at(place.0 + self.entry_len(place.0))
    }

    pub fn previous(self, place: Place) -> Option<Place> {
        self.before(place.0)
    }

    /// The entry at `index`; a negative one counts from the end. O(distance from the nearer end).
    pub fn seek(self, index: i64) -> Option<Place> {
        let len = self.len() as i64;
        let index = if index < 0 { len + index } else { index };
        if !(0..len).contains(&index) {
            return None;
        }
        if index <= len / 2 {
            let mut at = HEADER_BYTES;
            (0..index).for_each(|_| at += self.entry_len(at));
            return Some(Place(at));
        }
        let mut place = self.last();
        for _ in index + 1..len {
            place = place.and_then(|place| self.previous(place));
        }
        place
    }

    /// The element at a place.
    #[inline]
    pub fn get(self, place: Place) -> Item<'a> {
        item_at(self.bytes, place.0)
    }

    /// The first element equal to `text`, from `from` on; after each comparison `skip` elements are left out (1: only the
    /// fields of a hash). O(n).
    #[inline]
    pub fn find(self, from: Option<Place>, text: &[u8], skip: usize) -> Option<Place> {
        let mut at = from?.0;
        // Integers are few in most lists: the text is parsed when the first one is met.
        let mut number: Option<Option<i64>> = None;
        while self.bytes[at] != END {
            let equal = match item_at(self.bytes, at) {
                Item::Bytes(bytes) => bytes == text,
                Item::Int(value) => *number.get_or_insert_with(|| integer::parse_i64(text)) == Some(value),
            };
            if equal {
                return Some(Place(at));
            }
            at += self.entry_len(at);
            for _ in 0..skip {
                if self.bytes[at] == END {
                    return None;
                }
                at += self.entry_len(at);
            }
        }
        None
    }

    /// All elements, from either end.
    pub fn iter(self) -> Iter<'a> {
        Iter { listpack: self, front: HEADER_BYTES, back: self.bytes.len() - 1 }
    }

    /// The elements from `place` on.
    pub fn iter_from(self, place: Place) -> Iter<'a> {
        Iter { listpack: self, front: place.0, back: self.bytes.len() - 1 }
    }

    /// Elements two by two: fields and values, members and scores.
    pub fn pairs(self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> + Clone {
        let mut iter = self.iter();
        std::iter::from_fn(move || Some((iter.next()?, iter.next()?)))
    }

    /// Bytes of the entry at `place`, the length at its end included.
    pub fn entry_len_at(self, place: Place) -> usize {
        self.entry_len(place.0)
    }

    #[inline]
    pub(super) fn entry_len(self, at: usize) -> usize {
        let body = body_len(self.bytes, at);
        body + back_len(body)
    }

    #[inline]
    fn place_at(self, at: usize) -> Option<Place> {
        (self.bytes[at] != END).then_some(Place(at))
    }

    /// The entry that ends before `end`.
    fn before(self, end: usize) -> Option<Place> {
        if end == HEADER_BYTES {
            return None;
        }
        let (mut body, mut shift, mut at) = (0usize, 0, end - 1);
        loop {
            let byte = self.bytes[at];
            body |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
            at -= 1;
        }
        Some(Place(end - body - back_len(body)))
    }
}

/// The element of the entry that begins at `at`.
#[inline]
pub(super) fn item_at(bytes: &[u8], at: usize) -> Item<'_> {
    let first = bytes[at];
    let signed = |count: usize| {
        let mut value = [0; 8];
        value[8 - count..].copy_from_slice(&bytes[at + 1..at + 1 + count]);
        // The number stands in the highest bytes, so that the shift extends its sign.
        i64::from_le_bytes(value) >> (64 - 8 * count)
    };
    match first >> 4 {
        0..=7 => Item::Int(first.into()),
        0x8..=0xb => Item::Bytes(&bytes[at + 1..at + 1 + usize::from(first & 0x3f)]),
        0xc | 0xd => {
            // 13 bits, moved up to the sign of 16 and back.
            Item::Int((i16::from_be_bytes([first, bytes[at + 1]]) << 3 >> 3).into())
        }
        0xe => {
            let len = usize::from(first & 0x0f) << 8 | usize::from(bytes[at + 1]);
            Item::Bytes(&bytes[at + 2..at + 2 + len])
        }
        _ => match first {
            0xf1 => Item::Int(signed(2)),
            0xf2 => Item::Int(signed(3)),
            0xf3 => Item::Int(signed(4)),
            0xf4 => Item::Int(signed(8)),
            _ => {
                let len = body_len(bytes, at);
                Item::Bytes(&bytes[at + 5..at + len])
            }
        },
    }
}

/// The elements of a listpack, from either end.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    listpack: ListpackRef<'a>,
    front: usize,
    back: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        if self.front == self.back {
            return None;
        }
        let item = item_at(self.listpack.bytes, self.front);
        self.front += self.listpack.entry_len(self.front);
        Some(item)
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<Item<'a>> {
        if self.front == self.back {
            return None;
        }
        self.back = self.listpack.before(self.back).expect("an entry lies before the end").0;
        Some(item_at(self.listpack.bytes, self.back))
    }
}

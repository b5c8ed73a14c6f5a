//! Bytes from elsewhere (RESTORE, an RDB file): whether they are a listpack.
//!
//! One pass checks and reads at once, at about a nanosecond an entry: loading a file is mostly this. Nothing is looked up
//! before it is known to be there, so no bytes can make it panic.

use super::{COUNT_UNKNOWN, EMPTY_BYTES, END, HEADER_BYTES, Item, ListpackRef, back_len};

/// The bytes are no listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The listpack that `bytes` are, every entry looked at: the total, the count, each length and its repetition. O(bytes).
pub fn validate(bytes: &[u8]) -> Result<ListpackRef<'_>, Malformed> {
    let mut walk = Walk::begin(bytes)?;
    while walk.step()? {}
    Ok(walk.end())
}

/// The elements of bytes that may be no listpack, each checked before it is given. They are one if it comes to the end.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    bytes: &'a [u8],
    /// Without the end mark.
    entries: &'a [u8],
    at: usize,
    count: usize,
}

impl<'a> Walk<'a> {
    /// Checks the total and the end mark. O(1).
    pub fn begin(bytes: &'a [u8]) -> Result<Walk<'a>, Malformed> {
        let Some((&END, entries)) = bytes.split_last() else { return Err(Malformed) };
        let total = bytes.first_chunk::<4>().map(|total| u32::from_le_bytes(*total) as usize);
        if bytes.len() < EMPTY_BYTES || total != Some(bytes.len()) {
            return Err(Malformed);
        }
        Ok(Walk { bytes, entries, at: HEADER_BYTES, count: 0 })
    }

    /// How many elements the head claims; `None` if it leaves that open.
    pub fn claimed_len(&self) -> Option<usize> {
        let claimed = usize::from(u16::from_le_bytes([self.bytes[4], self.bytes[5]]));
        (claimed != COUNT_UNKNOWN).then_some(claimed)
    }

    /// Whether all elements have been read. The count is checked by whoever reads on.
    pub fn is_over(&self) -> bool {
        self.at == self.entries.len()
    }

    /// Goes over the next element; `false` after the last, as [`Walk::next`] has it.
    #[inline]
    pub fn step(&mut self) -> Result<bool, Malformed> {
        // The two forms that nearly all elements have, without a call.
        let len = match self.entries.get(self.at..) {
            Some(&[0..=0x7f, 1, ..]) => 2,
            Some(rest @ &[first @ 0x80..=0xbf, ..]) => {
                let body = usize::from(first & 0x3f) + 1;
                if rest.get(body).is_none_or(|&back| usize::from(back) != body) {
                    return Err(Malformed);
                }
                body + 1
            }
            _ => return self.next().map(|item| item.is_some()),
        };
        self.at += len;
        self.count += 1;
        Ok(true)
    }

    /// The next element, which must be there, as an integer.
    #[inline]
    pub fn integer(&mut self) -> Result<i64, Malformed> {
        if let Some(&[value @ 0..=0x7f, 1, ..]) = self.entries.get(self.at..) {
            self.at += 2;
            self.count += 1;
            return Ok(value.into());
        }
        self.next()?.and_then(Item::as_i64).ok_or(Malformed)
    }

    /// The next element; `None` after the last, if there are as many as the head claims.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Item<'a>>, Malformed> {
        let Some(rest) = self.entries.get(self.at..) else { return Err(Malformed) };
        let Some(&first) = rest.first() else {
            return if self.claimed_len().is_none_or(|claimed| claimed == self.count) {
                Ok(None)
            } else {
                Err(Malformed)
            };
        };
        let (item, len) = match first {
            0..=0x7f => (Item::Int(first.into()), short_entry::<1>(rest)?.1),
            0x80..=0xbf => {
                let text_len = usize::from(first & 0x3f);
                let Some((&back, body)) = rest.get(..text_len + 2).and_then(<[u8]>::split_last) else {
                    return Err(Malformed);
                };
                if usize::from(back) != text_len + 1 {
                    return Err(Malformed);
                }
                (Item::Bytes(&body[1..]), text_len + 2)
            }
            0xc0..=0xdf => {
                let (&[high, low], len) = short_entry::<2>(rest)?;
                // 13 bits, moved up to the sign of 16 and back.
                (Item::Int((i16::from_be_bytes([high, low]) << 3 >> 3).into()), len)
            }
            0xe0..=0xf0 => long_entry(rest)?,
            0xf1 => {
                let (&[_, a, b], len) = short_entry::<3>(rest)?;
                (Item::Int(i16::from_le_bytes([a, b]).into()), len)
            }
            0xf2 => {
                let (&[_, a, b, c], len) = short_entry::<4>(rest)?;
                (Item::Int((i32::from_le_bytes([0, a, b, c]) >> 8).into()), len)
            }
            0xf3 => {
                let (&[_, a, b, c, d], len) = short_entry::<5>(rest)?;
                (Item::Int(i32::from_le_bytes([a, b, c, d]).into()), len)
            }
            0xf4 => {
                let (body, len) = short_entry::<9>(rest)?;
                let number = body.last_chunk::<8>().expect("nine bytes end in eight");
                (Item::Int(i64::from_le_bytes(*number)), len)
            }
            0xf5..=0xff => return Err(Malformed),
        };
        self.at += len;
        self.count += 1;
        Ok(Some(item))
    }

    /// Goes over `count` elements, which must be there.
    #[inline]
    pub fn skip(&mut self, count: usize) -> Result<(), Malformed> {
        for _ in 0..count {
            if !self.step()? {
                return Err(Malformed);
            }
        }
        Ok(())
    }

    /// The listpack that the bytes are. Panics unless all elements have been read.
    pub fn end(self) -> ListpackRef<'a> {
        assert_eq!(self.at, self.entries.len(), "the walk is not over");
        ListpackRef::new(self.bytes)
    }
}

/// The body of `BODY` bytes, below 128, of the entry at the front, and the length of the entry.
#[inline]
fn short_entry<const BODY: usize>(rest: &[u8]) -> Result<(&[u8; BODY], usize), Malformed> {
    match rest.split_first_chunk::<BODY>() {
        Some((body, [back, ..])) if usize::from(*back) == BODY => Ok((body, BODY + 1)),
        _ => Err(Malformed),
    }
}

/// The string of the entry at the front, of one of the two forms with a length of its own, and the length of the entry.
fn long_entry(rest: &[u8]) -> Result<(Item<'_>, usize), Malformed> {
    let (head, text_len) = match *rest {
        [first @ 0xe0..=0xef, low, ..] => (2, usize::from(first & 0x0f) << 8 | usize::from(low)),
        [0xf0, a, b, c, d, ..] => (5, u32::from_le_bytes([a, b, c, d]) as usize),
        _ => return Err(Malformed),
    };
    let body = text_len.checked_add(head).ok_or(Malformed)?;
    let end = body.checked_add(back_len(body)).ok_or(Malformed)?;
    let entry = rest.get(..end).ok_or(Malformed)?;
    let mut repeated = 0;
    for (index, &byte) in entry[body..].iter().enumerate() {
        if (byte & 0x80 != 0) != (index > 0) {
            return Err(Malformed);
        }
        repeated = repeated << 7 | usize::from(byte & 0x7f);
    }
    if repeated == body { Ok((Item::Bytes(&entry[head..body]), end)) } else { Err(Malformed) }
}

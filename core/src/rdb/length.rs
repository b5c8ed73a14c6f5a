//! Lengths in RDB, and the reader that everything in this folder shares.
//!
//! ```text
//! 00nnnnnn                       0 ..= 63
//! 01nnnnnn nnnnnnnn              64 ..= 16383, big end first
//! 10000000 + 4 bytes             up to 2^32 − 1, big end first
//! 10000001 + 8 bytes             any u64, big end first
//! 11eeeeee                       no length: special encoding e of a string
//! ```

use super::Corrupt;

/// What stands where a length is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Plain(u64),
    Special(u8),
}

/// Appends a length in its shortest form.
pub fn append_length(out: &mut Vec<u8>, length: u64) {
    if length < 1 << 6 {
        out.push(length as u8);
    } else if length < 1 << 14 {
        out.extend_from_slice(&(0x4000 | length as u16).to_be_bytes());
    } else if let Ok(length) = u32::try_from(length) {
        out.push(0x80);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(0x81);
        out.extend_from_slice(&length.to_be_bytes());
    }
}

/// Appends the marker of a special encoding (below 64).
pub fn append_special(out: &mut Vec<u8>, encoding: u8) {
    debug_assert!(encoding < 64);
    out.push(0xc0 | encoding);
}

/// Takes bytes off the front of a payload. Every method fails with [`Corrupt`] rather than read past the end.
///
/// The bytes may be the front of something longer, a file: then [`Reader::missing`] tells a failure for want of bytes that
/// are still to come from one that is final. Claims are held against the length of the whole.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// How much follows behind `rest`.
    beyond: u64,
    missing: u64,
    is_overrun: bool,
    is_empty_collection: bool,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::in_file(bytes, 0)
    }

    /// Reads bytes after which `beyond` more will come.
    pub fn in_file(bytes: &'a [u8], beyond: u64) -> Self {
        Self { rest: bytes, beyond, missing: 0, is_overrun: false, is_empty_collection: false }
    }

    /// After a failure: how many bytes more than there are it takes at least; 0 if more bytes would not help.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Whether the failure was that something goes on behind the end of all bytes.
    pub fn is_overrun(&self) -> bool {
        self.is_overrun
    }

    /// Whether the failure was that a collection had no elements; it has been read to its end then.
    pub fn is_empty_collection(&self) -> bool {
        self.is_empty_collection
    }

    /// The failure of a collection without elements.
    pub(super) fn empty_collection(&mut self) -> Corrupt {
        self.is_empty_collection = true;
        Corrupt
    }

    /// A number of things that take a byte each at least. More than there are bytes, here and to come, is a failure.
    pub(super) fn count(&mut self) -> Result<usize, Corrupt> {
        let count = self.length_or_marker()?;
        if count > self.beyond.saturating_add(self.rest.len() as u64) {
            self.is_overrun = true;
            return Err(Corrupt);
        }
        Ok(count as usize)
    }

    #[cold]
    fn short_of(&mut self, length: u64) -> Corrupt {
        let missing = length - self.rest.len() as u64;
        if missing <= self.beyond {
            self.missing = missing;
        } else {
            self.is_overrun = true;
        }
        Corrupt
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn byte(&mut self) -> Result<u8, Corrupt> {
        Ok(self.array::<1>()?[0])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        let Some((front, rest)) = self.rest.split_first_chunk::<N>() else { return Err(self.short_of(N as u64)) };
        self.rest = rest;
        Ok(*front)
    }

    /// The next `length` bytes, borrowed: whoever copies them allocates no more than the payload holds.
    pub fn bytes(&mut self, length: u64) -> Result<&'a [u8], Corrupt> {
        if length > self.rest.len() as u64 {
            return Err(self.short_of(length));
        }
        let (front, rest) = self.rest.split_at(length as usize);
        self.rest = rest;
        Ok(front)
    }

    /// A length or the marker of a special encoding.
    pub fn length(&mut self) -> Result<Length, Corrupt> {
        let first = self.byte()?;
        let low = first & 0x3f;
        match first >> 6 {
            0 => Ok(Length::Plain(low.into())),
            1 => Ok(Length::Plain(u64::from(low) << 8 | u64::from(self.byte()?))),
            3 => Ok(Length::Special(low)),
            _ if first == 0x80 => Ok(Length::Plain(u32::from_be_bytes(self.array()?).into())),
            _ if first == 0x81 => Ok(Length::Plain(u64::from_be_bytes(self.array()?))),
            _ => Err(Corrupt),
        }
    }

    /// Counts, and the lengths of a compressed string: a marker counts as the number in its low bits, as Redis reads it.
    pub fn length_or_marker(&mut self) -> Result<u64, Corrupt> {
        match self.length()? {
            Length::Plain(length) => Ok(length),
            Length::Special(low) => Ok(low.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn the_forms_change_at_their_limits() {
        for (length, bytes) in [
            (0, &[0u8][..]),
            (63, &[63]),
            (64, &[0x40, 64]),
            (16383, &[0x7f, 0xff]),
            (16384, &[0x80, 0, 0, 0x40, 0]),
            (u32::MAX.into(), &[0x80, 255, 255, 255, 255]),
            (1 << 32, &[0x81, 0, 0, 0, 1, 0, 0, 0, 0]),
        ] {
            let mut out = Vec::new();
            append_length(&mut out, length);
            assert_eq!(out, bytes, "{length}");
        }
    }

    #[test]
    fn unknown_forms_and_cut_lengths_are_corrupt() {
        for bytes in [&[][..], &[0x40], &[0x80, 0, 0, 0], &[0x81, 0, 0, 0, 0, 0, 0, 0], &[0x82, 0, 0, 0, 0]] {
            assert_eq!(Reader::new(bytes).length(), Err(Corrupt));
        }
        assert_eq!(Reader::new(&[0xc3]).length(), Ok(Length::Special(3)));
        assert_eq!(Reader::new(&[0xc3]).length_or_marker(), Ok(3));
        assert_eq!(Reader::new(b"abc").bytes(u64::MAX), Err(Corrupt));
    }

    quickcheck! {
        fn a_length_reads_back(length: u64, shift: u8) -> bool {
            let length = length >> (shift % 64);
            let mut out = Vec::new();
            append_length(&mut out, length);
            let mut reader = Reader::new(&out);
            reader.length() == Ok(Length::Plain(length)) && reader.rest().is_empty()
        }
    }
}

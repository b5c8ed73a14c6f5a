//! What the table stores with a key: the payload of a record, byte by byte.
//!
//! ```text
//!   byte 0       kind (low 4 bits), EXPIRES (bit 7)
//!   bytes 1..4   recency, little endian: LRU clock in seconds, or LFU (16 bits minutes, 8 bits counter)
//!   [8 bytes]    expiry, Unix milliseconds, signed little endian; only with EXPIRES
//!   rest         body, by kind:
//!     Int        1, 2, 4 or 8 bytes, signed little endian: the shortest that holds the value, except that a small
//!                integer made by COPY takes 8, which says that it is not shared (OBJECT REFCOUNT)
//!     Embstr     the bytes, at most 44
//!     Raw        the bytes, at most INLINE_BYTES_MAX
//!     Object     4 bytes: id in the slab of objects
//!     List, Hash, SetIntset, SetListpack, SortedSet
//!                the bytes of a packed collection, at most INLINE_PACKED_BYTES_MAX
//! ```
//!
//! Key, value and expiry of a small string so sit together, in one place of one page.

use crate::keyspace::recency::Recency;
use crate::time::UnixMillis;
use crate::types::PackedKind;

/// Longest string kept inside a page of the table. Longer ones live in the slab of objects.
pub const INLINE_BYTES_MAX: usize = 192;

const EXPIRES: u8 = 0x80;
const KIND_MASK: u8 = 0x0f;
/// Kind and recency.
pub const HEADER_BYTES: usize = 4;
const EXPIRY_BYTES: usize = 8;

/// How the body is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int = 0,
    Embstr = 1,
    Raw = 2,
    Object = 3,
    List = 4,
    Hash = 5,
    SetIntset = 6,
    SetListpack = 7,
    SortedSet = 8,
}

impl Kind {
    /// Which packed collection the body is, if it is one.
    #[inline]
    pub fn packed(self) -> Option<PackedKind> {
        match self {
            Kind::Int | Kind::Embstr | Kind::Raw | Kind::Object => None,
            Kind::List => Some(PackedKind::List),
            Kind::Hash => Some(PackedKind::Hash),
            Kind::SetIntset => Some(PackedKind::SetIntset),
            Kind::SetListpack => Some(PackedKind::SetListpack),
            Kind::SortedSet => Some(PackedKind::SortedSet),
        }
    }
}

impl From<PackedKind> for Kind {
    fn from(kind: PackedKind) -> Kind {
        match kind {
            PackedKind::List => Kind::List,
            PackedKind::Hash => Kind::Hash,
            PackedKind::SetIntset => Kind::SetIntset,
            PackedKind::SetListpack => Kind::SetListpack,
            PackedKind::SortedSet => Kind::SortedSet,
        }
    }
}

/// A parsed payload.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    bytes: &'a [u8],
}

impl<'a> Payload<'a> {
    pub fn new(bytes: &'a [u8]) -> Payload<'a> {
        debug_assert!(bytes.len() >= HEADER_BYTES, "a payload has a header");
        Payload { bytes }
    }

    #[inline]
    pub fn kind(self) -> Kind {
        match self.bytes[0] & KIND_MASK {
            0 => Kind::Int,
            1 => Kind::Embstr,
            2 => Kind::Raw,
            3 => Kind::Object,
            4 => Kind::List,
            5 => Kind::Hash,
            6 => Kind::SetIntset,
            7 => Kind::SetListpack,
            8 => Kind::SortedSet,
            kind => unreachable!("no such kind: {kind}"),
        }
    }

    #[inline]
    pub fn expires(self) -> bool {
        self.bytes[0] & EXPIRES != 0
    }

    #[inline]
    pub fn expiry(self) -> Option<UnixMillis> {
        if !self.expires() {
            return None;
        }
        let bytes = self.bytes[HEADER_BYTES..HEADER_BYTES + EXPIRY_BYTES].try_into();
        Some(UnixMillis(i64::from_le_bytes(bytes.expect("eight bytes"))))
    }

    #[inline]
    pub fn recency(self) -> Recency {
        Recency::from_bytes([self.bytes[1], self.bytes[2], self.bytes[3]])
    }

    #[inline]
    pub fn body(self) -> &'a [u8] {
        &self.bytes[header_bytes(self.expires())..]
    }

    /// The integer of an `Int` body.
    #[inline]
    pub fn int(self) -> i64 {
        let body = self.body();
        match *body {
            [a] => a as i8 as i64,
            [a, b] => i16::from_le_bytes([a, b]) as i64,
            [a, b, c, d] => i32::from_le_bytes([a, b, c, d]) as i64,
            _ => i64::from_le_bytes(body.try_into().expect("an integer has 1, 2, 4 or 8 bytes")),
        }
    }

    /// Whether an `Int` body counts as a shared object if the value is small: true of all but those that COPY made.
    #[inline]
    pub fn is_shared_int(self) -> bool {
        self.body().len() < 8
    }

    /// The slab id of an `Object` body.
    #[inline]
    pub fn object_id(self) -> u32 {
        u32::from_le_bytes(self.body().try_into().expect("an object's id has 4 bytes"))
    }
}

/// Bytes before the body.
#[inline]
pub fn header_bytes(expires: bool) -> usize {
    HEADER_BYTES + if expires { EXPIRY_BYTES } else { 0 }
}

/// Writes kind, recency and expiry; the payload has the right length already.
#[inline]
pub fn write_header(payload: &mut [u8], kind: Kind, recency: Recency, expiry: Option<UnixMillis>) {
    payload[0] = kind as u8 | if expiry.is_some() { EXPIRES } else { 0 };
    payload[1..HEADER_BYTES].copy_from_slice(&recency.to_bytes());
    if let Some(UnixMillis(ms)) = expiry {
        payload[HEADER_BYTES..HEADER_BYTES + EXPIRY_BYTES].copy_from_slice(&ms.to_le_bytes());
    }
}

/// Replaces the recency of a payload.
#[inline]
pub fn write_recency(payload: &mut [u8], recency: Recency) {
    payload[1..HEADER_BYTES].copy_from_slice(&recency.to_bytes());
}

/// The shortest body that holds an integer: the bytes and how many of them count.
#[inline]
pub fn int_body(value: i64) -> ([u8; 8], usize) {
    let bytes = if value == value as i8 as i64 {
        1
    } else if value == value as i16 as i64 {
        2
    } else if value == value as i32 as i64 {
        4
    } else {
        8
    };
    (value.to_le_bytes(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn an_integer_body_reads_back(value: i64, shift: u8, expiry: Option<i64>, lru: u32) -> bool {
            let value = value >> (shift % 64);
            let expiry = expiry.map(UnixMillis);
            let recency = Recency::from_bits(lru & 0xff_ffff);
            let (body, len) = int_body(value);
            let header = header_bytes(expiry.is_some());
            let mut payload = vec![0; header + len];
            write_header(&mut payload, Kind::Int, recency, expiry);
            payload[header..].copy_from_slice(&body[..len]);
            let read = Payload::new(&payload);
            read.int() == value
                && read.expiry() == expiry
                && read.recency() == recency
                && read.kind() == Kind::Int
        }
    }
}

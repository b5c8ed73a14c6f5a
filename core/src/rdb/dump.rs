//! Payloads of DUMP and RESTORE.
//!
//! ```text
//! type (1 byte)  object …  version (2 bytes, little end first)  CRC-64 of all before it (8 bytes, little end first)
//! ```
//!
//! RESTORE of 7.0.15 refuses a version above its own and a wrong checksum (a checksum of zero is no exception, unlike in RDB
//! files) with one text, and an object that cannot be read with another. It ignores bytes between the object and the
//! footer, and lets an object that claims too much run into the footer (both observed).

use super::length::Reader;
use super::{Corrupt, RDB_VERSION, string};
use crate::checksum::crc64::crc64;
use crate::types::ValueRef;
use std::borrow::Cow;

/// Version and checksum.
pub const FOOTER_LEN: usize = 10;

#[cfg(test)]
use super::value::TYPE_STRING;

/// Why RESTORE refuses a payload; the texts clients see belong to the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// "DUMP payload version or checksum are wrong"
    VersionOrChecksum,
    /// "Bad data format"
    BadDataFormat,
}

impl From<Corrupt> for PayloadError {
    fn from(_: Corrupt) -> Self {
        Self::BadDataFormat
    }
}

/// The payload of any value, as DUMP answers it. O(value).
pub fn dump(value: ValueRef<'_>, compression: bool) -> Vec<u8> {
    let mut out = vec![super::value::type_of(value)];
    super::value::append(&mut out, value, compression);
    append_footer(&mut out);
    out
}

/// The payload of a string value, as DUMP answers it. `compression` is the parameter `rdbcompression`. O(length).
pub fn dump_string(value: &[u8], compression: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 6 + FOOTER_LEN);
    out.push(super::value::TYPE_STRING);
    string::append_string(&mut out, value, compression);
    append_footer(&mut out);
    out
}

/// The payload of an integer value, which never needs compression.
pub fn dump_integer(value: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(22 + FOOTER_LEN);
    out.push(super::value::TYPE_STRING);
    string::append_integer(&mut out, value);
    append_footer(&mut out);
    out
}

/// Closes a payload: version, then the checksum of everything including the version.
pub fn append_footer(out: &mut Vec<u8>) {
    out.extend_from_slice(&RDB_VERSION.to_le_bytes());
    let crc = crc64(0, out);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// Checks the footer and gives the type byte and what follows it, footer included (see above). With `skip_checksum` (DEBUG SET-SKIP-CHECKSUM-VALIDATION) only the version counts.
pub fn verify_and_split(payload: &[u8], skip_checksum: bool) -> Result<(u8, Reader<'_>), PayloadError> {
    verify(payload, skip_checksum)?;
    let (kind, object) = payload.split_first().expect("a footer is there at least");
    Ok((*kind, Reader::new(object)))
}

/// Checks the footer alone.
pub fn verify(payload: &[u8], skip_checksum: bool) -> Result<(), PayloadError> {
    let body_len = payload.len().checked_sub(FOOTER_LEN).ok_or(PayloadError::VersionOrChecksum)?;
    let footer = &payload[body_len..];
    let version = u16::from_le_bytes([footer[0], footer[1]]);
    if version > RDB_VERSION {
        return Err(PayloadError::VersionOrChecksum);
    }
    let crc = crc64(0, &payload[..body_len + 2]).to_le_bytes();
    if !skip_checksum && crc != footer[2..] {
        return Err(PayloadError::VersionOrChecksum);
    }
    Ok(())
}

/// Reads the object of a string payload; whatever follows it is ignored, as Redis does.
pub fn restore_string(object: &[u8]) -> Result<Cow<'_, [u8]>, PayloadError> {
    Ok(string::read_string(&mut Reader::new(object))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn unhex(text: &str) -> Vec<u8> {
        let digits = if text == "-" { "" } else { text };
        (0..digits.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("the table is hexadecimal"))
            .collect()
    }

    #[test]
    fn every_payload_recorded_from_the_real_server_is_made_byte_for_byte() {
        let mut compressed = 0;
        for line in include_str!("recorded_dumps.txt").lines().skip(1) {
            let (value, payload) = line.split_once(' ').expect("two columns");
            let (value, payload) = (unhex(value), unhex(payload));
            assert!(dump_string(&value, true) == payload, "{}", value.escape_ascii());
            let (kind, object) = verify_and_split(&payload, false).expect("a good payload");
            assert_eq!((kind, restore_string(object.rest()).as_deref()), (TYPE_STRING, Ok(&value[..])));
            compressed += usize::from(payload[1] == 0xc3);
        }
        assert!(compressed > 100, "{compressed}");
    }

    #[test]
    fn every_restore_recorded_from_the_real_server_ends_alike() {
        for line in include_str!("recorded_restores.txt").lines().skip(1) {
            let (payload, expected) = line.split_once(' ').expect("two columns");
            let payload = unhex(payload);
            let outcome = match verify_and_split(&payload, false) {
                Ok((TYPE_STRING, object)) => restore_string(object.rest()),
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            let expected = match expected {
                "checksum" => Err(PayloadError::VersionOrChecksum),
                "format" => Err(PayloadError::BadDataFormat),
                value => Ok(Cow::Owned(unhex(value))),
            };
            assert_eq!(outcome, expected, "{}", payload.escape_ascii());
        }
    }

    #[test]
    fn short_payloads_and_later_versions_are_refused() {
        assert_eq!(verify_and_split(b"123456789", false).err(), Some(PayloadError::VersionOrChecksum));
        let mut payload = b"\0\x01a".to_vec();
        payload.extend_from_slice(&11u16.to_le_bytes());
        payload.extend_from_slice(&crc64(0, &payload).to_le_bytes());
        assert_eq!(verify_and_split(&payload, true).err(), Some(PayloadError::VersionOrChecksum));
    }

    quickcheck! {
        fn a_dump_restores(value: Vec<u8>, repeat: u8, compression: bool) -> bool {
            let value = value.repeat(usize::from(repeat % 9));
            let payload = dump_string(&value, compression);
            verify_and_split(&payload, false).and_then(|(_, object)| restore_string(object.rest())).as_deref() == Ok(&value[..])
        }

        fn any_flipped_bit_is_noticed(value: Vec<u8>, place: usize) -> bool {
            let mut payload = dump_string(&value, true);
            let place = place % (payload.len() * 8);
            payload[place / 8] ^= 1 << (place % 8);
            verify_and_split(&payload, false).is_err()
        }

        fn no_object_makes_it_panic(object: Vec<u8>) -> bool {
            restore_string(&object).is_ok_and(|value| value.len() <= 88 * object.len() + 20)
                || restore_string(&object).is_err()
        }
    }
}

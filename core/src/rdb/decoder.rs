//! Reading an RDB file, chunk by chunk: every version from 1 to 10, every type and encoding.
//!
//! ```text
//!   feed(bytes) ──► next() ──► Fact, Library, Key, EmptyKey … ──► next() ──► Wants(bytes) ──► feed …   End
//! ```
//!
//! Memory: what has been fed and not been consumed, which is the record that is being read and one chunk; a record that does
//! not fit is read again when twice as much (or as much as it says) is there. No claim in the file makes anything larger
//! than what the file still holds. Databases, duplicates and expiry are the caller's.
//!
//! Deviation: all four digits of the version must be some (7.0.15 reads `001x` as version 1, which has no checksum), and everything
//! inside values is checked, as `sanitize-dump-payload yes` would. Trailing bytes behind the end
//! are ignored, as 7.0.15 does.

use std::borrow::Cow;
use std::fmt;

use super::file::*;
use super::length::Reader;
use super::value::{self, Loaded, TYPE_MODULE, TYPE_MODULE_2};
use super::{Corrupt, RDB_VERSION, string};
use crate::checksum::crc64::crc64;
use crate::time::UnixMillis;
use crate::types::Limits;

/// The nine characters of a module's name are in the upper 54 bits of its id.
const MODULE_NAME_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// One thing that a file says.
#[derive(Debug)]
pub enum Record<'a> {
    /// More of the file is needed: at least that many bytes.
    Wants(u64),
    /// A fact about the file.
    Fact {
        name: Cow<'a, [u8]>,
        value: Cow<'a, [u8]>,
    },
    /// The source code of a library of functions.
    Library(Cow<'a, [u8]>),
    /// What follows belongs to that database.
    Select(u64),
    /// Keys to expect in this database, and how many of them expire.
    Resize {
        keys: u64,
        volatile: u64,
    },
    Key(KeyRecord<'a>),
    /// A collection without elements, which some old servers have written: to be left out.
    EmptyKey(Cow<'a, [u8]>),
    /// Complete, and the checksum is right if one is there.
    End {
        has_checksum: bool,
    },
}

/// A key with all that belongs to it.
#[derive(Debug)]
pub struct KeyRecord<'a> {
    pub key: Cow<'a, [u8]>,
    pub value: Loaded<'a>,
    pub expiry: Option<UnixMillis>,
    pub idle_s: Option<u64>,
    pub frequency: Option<u8>,
}

/// Why a file can't be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdbError {
    /// Bytes from the beginning of the file.
    pub offset: u64,
    pub reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It doesn't begin as RDB files do.
    Signature,
    Version(i64),
    /// It ends in the middle.
    Truncated,
    /// Something inside means nothing; of a key's value, with the key.
    Malformed {
        key: Option<Vec<u8>>,
    },
    UnknownType(u8),
    /// Data of a module: there are none here.
    Module(String),
    /// The form that functions had before 7.0 was released.
    PrereleaseFunctions,
    Checksum {
        expected: u64,
        found: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Signature => write!(f, "Wrong signature trying to load DB from file"),
            Reason::Version(version) => write!(f, "Can't handle RDB format version {version}"),
            Reason::Truncated => write!(f, "Unexpected end of the file"),
            Reason::Malformed { key: None } => write!(f, "Malformed data"),
            Reason::Malformed { key: Some(key) } => write!(f, "Malformed data at key '{}'", key.escape_ascii()),
            Reason::UnknownType(kind) => write!(f, "Unknown RDB encoding type {kind}"),
            Reason::Module(name) => {
                write!(f, "The RDB file contains module data I can't load: no matching module '{name}'")
            }
            Reason::PrereleaseFunctions => write!(f, "Pre-release function format not supported."),
            Reason::Checksum { expected, found } => {
                write!(f, "Wrong RDB checksum expected: ({expected:x}) but got ({found:x}). Aborting now.")
            }
        }
    }
}

impl fmt::Display for RdbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at offset {})", self.reason, self.offset)
    }
}

/// How a record could not be read.
enum Failure {
    /// The reader knows whether more bytes would help.
    Bytes,
    /// The same, inside of this key's value.
    Value(Vec<u8>),
    Final(Reason),
}

impl From<Corrupt> for Failure {
    fn from(_: Corrupt) -> Failure {
        Failure::Bytes
    }
}

/// A file that is being read.
#[derive(Clone, Debug)]
pub struct RdbDecoder {
    buffer: Vec<u8>,
    /// How much of it has been consumed.
    at: usize,
    /// Where the buffer begins in the file.
    buffer_offset: u64,
    file_bytes: u64,
    /// 0 until the head has been read.
    version: u16,
    verify: bool,
    /// Of all consumed bytes before the buffer.
    checksum: u64,
}

impl RdbDecoder {
    /// A file of that length. `verify`: the parameter `rdbchecksum`.
    pub fn new(file_bytes: u64, verify: bool) -> RdbDecoder {
        RdbDecoder { buffer: Vec::new(), at: 0, buffer_offset: 0, file_bytes, version: 0, verify, checksum: 0 }
    }

    /// Adds the next bytes of the file. O(bytes).
    pub fn feed(&mut self, bytes: &[u8]) {
        let consumed = &self.buffer[..self.at];
        if self.verify {
            self.checksum = crc64(self.checksum, consumed);
        }
        self.buffer_offset += self.at as u64;
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The file is shorter than was thought: there will be no more bytes.
    pub fn feed_end(&mut self) {
        self.file_bytes = self.buffer_offset + self.buffer.len() as u64;
    }

    /// Takes what has been fed and not been read: what follows the end.
    pub fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.buffer.split_off(self.at);
        self.file_bytes = self.offset();
        rest
    }

    /// How far the file has been read.
    pub fn offset(&self) -> u64 {
        self.buffer_offset + self.at as u64
    }

    /// The next record. After `End` and after an error there is nothing more to ask. O(record).
    pub fn next<'d>(&'d mut self, limits: &Limits) -> Result<Record<'d>, RdbError> {
        let fed = self.buffer_offset + self.buffer.len() as u64;
        let beyond = self.file_bytes.saturating_sub(fed);
        let rest = &self.buffer[self.at..];
        let mut reader = Reader::in_file(rest, beyond);
        let head = if self.version == 0 { read_head(&mut reader) } else { Ok(self.version) };
        let result = head.and_then(|version| read_record(&mut reader, limits, version).map(|record| (record, version)));
        let consumed = rest.len() - reader.rest().len();
        let offset = self.buffer_offset + (self.at + consumed) as u64;
        match result {
            Ok((Record::End { .. }, version)) => {
                let end = self.at + consumed;
                self.version = version;
                let has_checksum = self.check_end(end).map_err(|reason| RdbError { offset, reason })?;
                self.at = end;
                Ok(Record::End { has_checksum })
            }
            Ok((record, version)) => {
                self.version = version;
                self.at += consumed;
                Ok(record)
            }
            Err(Failure::Final(reason)) => Err(RdbError { offset, reason }),
            // Twice as much, so that a long record is not read again for every chunk.
            Err(_) if reader.missing() > 0 => Ok(Record::Wants(reader.missing().max(rest.len() as u64).min(beyond))),
            Err(failure) => {
                let key = if let Failure::Value(key) = failure { Some(key) } else { None };
                let reason = if reader.is_overrun() { Reason::Truncated } else { Reason::Malformed { key } };
                Err(RdbError { offset, reason })
            }
        }
    }

    /// Compares the checksum that ends at `end`. Whether there is one.
    fn check_end(&self, end: usize) -> Result<bool, Reason> {
        if self.version < CHECKSUM_VERSION_MIN {
            return Ok(false);
        }
        let (before, footer) = self.buffer[..end].split_last_chunk::<8>().expect("the footer was read");
        let found = u64::from_le_bytes(*footer);
        if !self.verify || found == 0 {
            return Ok(found != 0);
        }
        let expected = crc64(self.checksum, before);
        if expected == found { Ok(true) } else { Err(Reason::Checksum { expected, found }) }
    }
}

fn read_head(reader: &mut Reader<'_>) -> Result<u16, Failure> {
    let head: [u8; HEAD_BYTES] = reader.array()?;
    let Some(digits) = head.strip_prefix(MAGIC) else { return Err(Failure::Final(Reason::Signature)) };
    let leading = digits.iter().take_while(|digit| digit.is_ascii_digit());
    let version = leading.fold(0, |version, digit| version * 10 + u16::from(digit - b'0'));
    if !(1..=RDB_VERSION).contains(&version) {
        return Err(Failure::Final(Reason::Version(version.into())));
    }
    // One bit more or less, and it would be an old version that has no checksum.
    match digits.iter().all(u8::is_ascii_digit) {
        true => Ok(version),
        false => Err(Failure::Final(Reason::Signature)),
    }
}

fn read_record<'a>(reader: &mut Reader<'a>, limits: &Limits, version: u16) -> Result<Record<'a>, Failure> {
    let (mut expiry, mut idle_s, mut frequency) = (None, None, None);
    loop {
        match reader.byte()? {
            OPCODE_EXPIRY_S => {
                let seconds = i32::from_le_bytes(reader.array()?);
                expiry = Some(UnixMillis(i64::from(seconds) * 1000));
            }
            OPCODE_EXPIRY_MS => {
                // Before version 9 in the order of the machine that wrote it: all that matter have this one.
                expiry = Some(UnixMillis(i64::from_le_bytes(reader.array()?)));
            }
            OPCODE_FREQUENCY => frequency = Some(reader.byte()?),
            OPCODE_IDLE => idle_s = Some(reader.length_or_marker()?),
            OPCODE_END => {
                if version >= CHECKSUM_VERSION_MIN {
                    reader.array::<8>()?;
                }
                return Ok(Record::End { has_checksum: false });
            }
            OPCODE_SELECT => return Ok(Record::Select(reader.length_or_marker()?)),
            OPCODE_RESIZE => {
                let (keys, volatile) = (reader.length_or_marker()?, reader.length_or_marker()?);
                return Ok(Record::Resize { keys, volatile });
            }
            OPCODE_AUX => {
                let (name, value) = (string::read_string(reader)?, string::read_string(reader)?);
                return Ok(Record::Fact { name, value });
            }
            OPCODE_FUNCTION => return Ok(Record::Library(string::read_string(reader)?)),
            OPCODE_FUNCTION_PRERELEASE => return Err(Failure::Final(Reason::PrereleaseFunctions)),
            OPCODE_MODULE => {
                let id = reader.length_or_marker()?;
                return Err(Failure::Final(Reason::Module(module_name(id))));
            }
            kind => {
                let key = string::read_string(reader)?;
                if matches!(kind, TYPE_MODULE | TYPE_MODULE_2) {
                    let id = reader.length_or_marker()?;
                    return Err(Failure::Final(Reason::Module(module_name(id))));
                }
                if !value::is_type(kind) {
                    return Err(Failure::Final(Reason::UnknownType(kind)));
                }
                return match value::read(kind, reader, limits) {
                    Ok(value) => Ok(Record::Key(KeyRecord { key, value, expiry, idle_s, frequency })),
                    Err(Corrupt) if reader.is_empty_collection() => Ok(Record::EmptyKey(key)),
                    Err(Corrupt) => Err(Failure::Value(key.into_owned())),
                };
            }
        }
    }
}

/// The nine characters of a module type's id.
fn module_name(id: u64) -> String {
    (0..9).map(|place| char::from(MODULE_NAME_CHARS[(id >> (58 - 6 * place)) as usize & 63])).collect()
}

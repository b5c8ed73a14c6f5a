//! The RDB format, version 10, as pure functions over bytes.
//!
//! ```text
//! length.rs   lengths and the markers of special encodings
//! lzf.rs      compression of strings, byte for byte that of Redis
//! string.rs   a string as an RDB object: integer, compressed or raw
//! value.rs    a value of any type: its type byte, writing, reading
//! hash.rs …   one file a type
//! dump.rs     a value with type byte and footer, as DUMP gives it and RESTORE takes it
//! file.rs     what stands around the values in a file
//! encoder.rs  a file from a snapshot, chunk by chunk
//! decoder.rs  a file's records, chunk by chunk
//! ```
//!
//! Invariant of everything that reads: a claim (a length, a count) is held against the bytes that are there before anything is allocated for
//! it. Source: the format as 7.0.15 writes it.

pub mod decoder;
pub mod dump;
pub mod encoder;
pub mod file;
pub mod fuzz;
mod hash;
pub mod length;
mod list;
pub mod lzf;
mod set;
mod sorted_set;
mod stream;
pub mod string;
pub mod value;
mod ziplist;
mod zipmap;

/// The version written, and the highest that is read.
pub const RDB_VERSION: u16 = 10;

/// The bytes do not follow the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

#[cfg(test)]
mod tests;

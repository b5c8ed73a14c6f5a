//! What an RDB file consists of around its values: the opcodes and the fixed parts.
//!
//! ```text
//!   REDIS0010
//!   FA name value                 a fact about the file: redis-ver, redis-bits, ctime, used-mem, aof-base …
//!   F5 code                       a library of functions
//!   FE number                     the database of what follows
//!   FB keys volatile-keys         how many to expect there
//!   [FC 8 bytes | FD 4 bytes]     expiry of the next key: Unix milliseconds (signed, little end first), or seconds
//!   [F8 seconds | F9 byte]        its idle time, or how often it was used
//!   type key value
//!   FF  CRC-64 of all before it (8 bytes, little end first; 0: not computed; since version 5)
//! ```
//!
//! F6 is the form of functions before the release of 7.0, F7 data of modules outside of keys: both are refused, as 7.0.15 does
//! without the module.

pub const MAGIC: &[u8; 5] = b"REDIS";
/// Magic and four digits of the version.
pub const HEAD_BYTES: usize = 9;
/// From this version on a checksum follows the end.
pub const CHECKSUM_VERSION_MIN: u16 = 5;

pub const OPCODE_FUNCTION: u8 = 0xf5;
pub const OPCODE_FUNCTION_PRERELEASE: u8 = 0xf6;
pub const OPCODE_MODULE: u8 = 0xf7;
pub const OPCODE_IDLE: u8 = 0xf8;
pub const OPCODE_FREQUENCY: u8 = 0xf9;
pub const OPCODE_AUX: u8 = 0xfa;
pub const OPCODE_RESIZE: u8 = 0xfb;
pub const OPCODE_EXPIRY_MS: u8 = 0xfc;
pub const OPCODE_EXPIRY_S: u8 = 0xfd;
pub const OPCODE_SELECT: u8 = 0xfe;
pub const OPCODE_END: u8 = 0xff;

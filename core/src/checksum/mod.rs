//! The two checksums of Redis: CRC-64 under everything persistent, CRC-16 for cluster slots.

pub mod crc16;
pub mod crc64;

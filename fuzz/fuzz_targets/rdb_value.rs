//! Objects of RDB payloads: no panic, no unsound value, and what is written reads back the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etalon_core::rdb::fuzz::fuzz_rdb_value(data));

//! Append-only files: refused with a place and left alone, or loaded, and the same after every further start.
#![no_main]

mod peak;

libfuzzer_sys::fuzz_target!(|data: &[u8]| peak::bounded(etalon_core::engine::persistence::aof::fuzz::fuzz_log, data));

//! Manifests of an append-only file: refused with a line, or what is written reads back as the same.
#![no_main]

mod peak;

libfuzzer_sys::fuzz_target!(|data: &[u8]| peak::bounded(etalon_core::engine::persistence::aof::fuzz::fuzz_manifest, data));

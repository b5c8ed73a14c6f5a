//! Arbitrary traffic of several connections against the engine.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etalon_core::engine::fuzz::fuzz_traffic(data));

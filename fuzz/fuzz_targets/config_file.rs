//! The configuration file: no panic, and what is rewritten reads back the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etalon_core::config::fuzz_config_file(data));

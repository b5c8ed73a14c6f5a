//! Payloads of lists: refused, or a sound value that dumps and restores; and no more memory than the bytes may ask for.
#![no_main]

mod peak;

libfuzzer_sys::fuzz_target!(|data: &[u8]| peak::bounded(etalon_core::engine::fuzz::payload::fuzz_list, data));

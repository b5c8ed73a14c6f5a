//! Files: refused, or a sound data set that makes a file again; and no more memory than the bytes may ask for.
#![no_main]

mod peak;

libfuzzer_sys::fuzz_target!(|data: &[u8]| peak::bounded(etalon_core::rdb::fuzz::fuzz_file, data));

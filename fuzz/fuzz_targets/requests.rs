//! The request parser: any splitting of the bytes gives the same requests.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etalon_core::resp::fuzz_request_parser(data));

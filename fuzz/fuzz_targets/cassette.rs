//! See `mock_ce_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mock_ce_fuzz::cassette(input));

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tfjs::fuzzing::import(data));

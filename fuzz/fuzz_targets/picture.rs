#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        // Decoders run under catch_unwind: what they do with a hostile file ends there, and libFuzzer must not hear of it.
        std::panic::set_hook(Box::new(|_| ()));
    },
    |data: &[u8]| inference::fuzzing::picture(data)
);

//! `cargo +nightly fuzz run pem seeds/pem`
#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::pem(input));

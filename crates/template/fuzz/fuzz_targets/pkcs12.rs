//! `cargo +nightly fuzz run pkcs12 seeds/pkcs12`
#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::pkcs12(input));

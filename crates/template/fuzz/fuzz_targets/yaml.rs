//! `cargo +nightly fuzz run yaml seeds/yaml`
#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::yaml(input));

//! `cargo +nightly fuzz run parser seeds/parser`
#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::parser(input));

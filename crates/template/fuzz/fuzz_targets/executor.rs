//! `cargo +nightly fuzz run executor seeds/executor`
#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::executor(input));

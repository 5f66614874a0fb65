//! Tasks of the workspace: generated files, checks, tests, images, the demo and the benchmark.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line program talks to people

pub mod consent;
pub mod demo;
pub mod generate;
pub mod image;
pub mod parity;
pub mod test;
pub mod tidy;

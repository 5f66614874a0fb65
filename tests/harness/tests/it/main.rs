//! The harness, tried on itself: with real parts throughout.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failing test may panic, and one speaks to its parent through stdout"
)]

mod api_proxy;
mod aws_faults;
mod aws_identity;
mod control_plane;
mod node;
mod operator;
mod processes;

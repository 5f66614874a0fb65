//! The admission webhook: objects that could never work are refused when they are applied.
//!
//! What is absent on purpose: no rule is made here. Rules are `check` functions of `eso-plan` and of the backends, which the controller
//! asks as well; this crate reads reviews, asks, and writes answers.

pub mod admission;
pub mod args;
pub mod certificates;
mod connection;
pub mod handler;
pub mod metrics;
mod patience;
pub mod review;
mod run;
pub mod server;

pub use run::run;

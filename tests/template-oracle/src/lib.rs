//! Compares the template engine with Go's: generated templates are rendered by both, and what differs must be known.
//!
//! The oracle program is the Go module beside this file; `eso-harness` builds it as the part `TemplateOracle`.
#![allow(clippy::expect_used, clippy::indexing_slicing)] // A test package: generated data is what it says it is.

pub mod calls;
pub mod compare;
pub mod data;
pub mod expression;
pub mod grammar;
pub mod known;
pub mod oracle;
pub mod pools;
pub mod random;
pub mod run;
pub mod typical;
pub mod yaml;
pub mod yaml_pools;

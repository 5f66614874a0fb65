//! The planner, played: small worlds in which an `ExternalSecret` is looked at turn after turn.
//!
//! One test crate with a module per subject, so that the shared world is compiled and linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod audit_bites;
mod audit_holds;
mod data;
mod deletion;
mod failures;
mod manifests;
mod ownership;
mod policies;
mod refresh;
mod rules;
mod store_access;
mod store_status;
mod templates;
mod unsupported;
mod world;
mod writes;

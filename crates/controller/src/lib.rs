//! The controller: watches feed an index, a queue says whose turn it is, and each turn is observe, needs, plan, apply, conclude.
//!
//! What is absent on purpose: no decision is made here (they are in `eso-plan`), and no backend is known by name.

pub mod args;
mod connections;
mod context;
mod externalsecret;
mod host;
mod index;
mod lean;
mod manifests;
mod report;
mod run;
mod store;
mod watches;

pub use run::run;

//! Webhook and cert-controller against a real API server, which calls the webhook through `clientConfig.service`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests fail loudly
#![allow(missing_docs)]

mod certificates;
mod manifests;
mod metrics;
mod objects;
mod outages;
mod replicas;
mod stage;
mod traffic;

//! The cert-controller: makes the certificate of the webhook, keeps it in a Secret, and tells the API server whom to trust.
//!
//! A turn reads the Secret, the webhook configurations and the webhook's endpoints, asks `eso_plan::certs` what to do, does it, and goes
//! on until there is nothing to do. Changes of any of the three begin a turn, and so does a timer.
//!
//! What is absent on purpose: when to rotate is not decided here.

pub mod args;
mod authorities;
mod crds;
mod endpoints;
mod hooks;
pub mod mint;
mod readiness;
mod run;
mod secret;
mod turn;

pub use run::run;

//! Vocabulary shared by every crate: custom resources, secret bytes, names, faults and the roles of a secret backend.
//!
//! What is absent on purpose: this crate does no I/O, knows no provider by name and no Kubernetes client.

pub mod certificate;
pub mod condition;
pub mod crd;
pub mod fault;
pub mod go_duration;
pub mod hash;
pub mod names;
pub mod provider;
pub mod secret_bytes;

pub use fault::{Fault, FaultKind};
pub use secret_bytes::{SecretBytes, SecretMap};

//! Custom resources, one file per kind.
//!
//! The structs are the source of `deploy/crds`; a test compares every field with ESO's.

mod external_secret;
mod schema;
mod selectors;
mod store;

pub use external_secret::*;
pub use selectors::*;
pub use store::*;

/// Time with a resolution of one second, as Kubernetes stores it.
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

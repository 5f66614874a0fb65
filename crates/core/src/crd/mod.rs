//! Custom resources: a file per kind, and one for each large part of it.
//!
//! The structs are the source of `deploy/crds`; a test compares every field with ESO's.

mod condition;
mod data;
mod external_secret;
mod rewrite;
mod schema;
mod selectors;
mod store;
mod template;

pub use condition::*;
pub use data::*;
pub use external_secret::*;
pub use rewrite::*;
pub use selectors::*;
pub use store::*;
pub use template::*;

/// Time with a resolution of one second, as Kubernetes stores it.
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

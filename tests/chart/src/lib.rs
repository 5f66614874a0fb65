//! What the tests of chart and Terraform module share: Helm, and what it renders.

pub mod effects;
mod render;

use std::path::PathBuf;

use eso_harness::workspace;

pub use render::{Helm, Rendered};

/// The release's name in every test. It is the one of the guide, and makes the shortest names.
pub const RELEASE: &str = "external-secrets";
/// Its namespace.
pub const NAMESPACE: &str = "external-secrets";

/// The chart's folder.
///
/// # Errors
/// Outside a checkout.
pub fn chart() -> anyhow::Result<PathBuf> {
    Ok(workspace::root()?.join("charts/external-secrets"))
}

/// Every value of ESO 2.9's chart with its default.
///
/// # Errors
/// When the list is not JSON.
pub fn contract() -> anyhow::Result<Vec<(String, serde_json::Value)>> {
    Ok(serde_json::from_str(include_str!("../contract.json"))?)
}

//! Changes to the keys that a `dataFrom` entry yields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One change to the keys: exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct Rewrite {
    /// Replaces what a regular expression matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regexp: Option<RewriteRegexp>,
    /// Renders each key through a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<RewriteTransform>,
    /// Merges values that are JSON objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<RewriteMerge>,
}

/// Replaces what a regular expression matches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RewriteRegexp {
    /// The expression (RE2 syntax).
    pub source: String,
    /// The replacement; `$1` and `${name}` stand for groups.
    pub target: String,
}

/// Renders each key through a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RewriteTransform {
    /// The template; `.value` is the key.
    pub template: String,
}

/// Merges values that are JSON objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RewriteMerge {
    /// Key of the merged object, with strategy JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = ""))]
    pub into: Option<String>,
    /// Keys that are merged last, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Vec<String>>,
    /// Whether a priority key that is missing is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Strict"))]
    pub priority_policy: Option<RewriteMergePriorityPolicy>,
    /// Whether two values for one key are an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Error"))]
    pub conflict_policy: Option<RewriteMergeConflictPolicy>,
    /// What the merged object becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Extract"))]
    pub strategy: Option<RewriteMergeStrategy>,
}

/// Whether a priority key that is missing is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RewriteMergePriorityPolicy {
    /// It is passed over.
    IgnoreNotFound,
    /// It is an error.
    Strict,
}

/// Whether two values for one key are an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RewriteMergeConflictPolicy {
    /// The later one wins.
    Ignore,
    /// It is an error.
    Error,
}

/// What a merged object becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RewriteMergeStrategy {
    /// Its members become the keys.
    Extract,
    /// It becomes one JSON value.
    #[serde(rename = "JSON")]
    Json,
}

//! Which crate may use which, and what must not be in a crate's tree.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Finding, Findings};

/// Crate, and the crates of this workspace that it may use outside its tests. `eso-provider-*` stands for every backend.
const ALLOWED: [(&str, &[&str]); 19] = [
    ("eso-core", &[]),
    ("eso-template", &["eso-core"]),
    ("eso-plan", &["eso-core", "eso-template"]),
    ("eso-provider-kit", &["eso-core"]),
    ("eso-provider-*", &["eso-core", "eso-provider-kit"]),
    ("eso-registry", &["eso-core", "eso-provider-*"]),
    ("eso-runtime", &["eso-core"]),
    ("eso-controller", &["eso-core", "eso-plan", "eso-provider-kit", "eso-registry", "eso-runtime"]),
    ("eso-webhook", &["eso-core", "eso-plan", "eso-registry", "eso-runtime"]),
    ("eso-cert-controller", &["eso-core", "eso-plan", "eso-runtime"]),
    // packages for tests may see what a user sees: the custom resources, and the programs
    ("eso-harness", &["eso-core"]),
    ("eso-golden", &["eso-core", "eso-harness"]),
    ("eso-e2e", &["eso-core", "eso-harness"]),
    ("eso-bench", &["eso-core", "eso-harness"]),
    ("eso-chart", &["eso-harness"]),
    ("eso-template-oracle", &["eso-template"]),
    ("esoctl", &["eso-core", "eso-plan", "eso-template"]),
    ("xtask", &["eso-bench", "eso-controller", "eso-core", "eso-harness", "eso-registry", "eso-template"]),
    ("eso-faults", &["eso-core", "eso-harness"]),
];

/// Crates that cannot do I/O.
const PURE: [&str; 3] = ["eso-core", "eso-template", "eso-plan"];
/// What makes I/O possible.
const IO: [&str; 5] = ["tokio", "reqwest", "hyper", "kube-client", "kube-runtime"];
/// Crates that may talk to the API server; of the others, none has a client in its tree.
const CLUSTER: [&str; 10] = [
    "eso-runtime",
    "eso-controller",
    "eso-webhook",
    "eso-cert-controller",
    "eso-harness",
    "eso-golden",
    "eso-e2e",
    "eso-bench",
    "eso-chart",
    "xtask",
];
/// The client.
const CLIENT: [&str; 2] = ["kube-client", "kube-runtime"];

/// Compares the workspace's `Cargo.toml` files with the lists above.
pub fn check(root: &Path) -> Result<Findings> {
    let text = cargo(root, &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&text).context("reading cargo metadata")?;
    let mut findings = Findings::default();
    for package in metadata.get("packages").and_then(Value::as_array).into_iter().flatten() {
        let name = text_of(package, "name");
        let manifest = Path::new(text_of(package, "manifest_path"));
        let file = manifest.strip_prefix(root).unwrap_or(manifest).to_string_lossy().into_owned();
        findings.errors.extend(edges(name, package).into_iter().map(|text| Finding::whole(&file, text)));
        let banned: &[&str] = match name {
            _ if PURE.contains(&name) => &IO,
            _ if CLUSTER.contains(&name) => continue,
            _ => &CLIENT,
        };
        let tree = cargo(root, &["tree", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}"])?;
        for found in in_tree(&tree, banned) {
            let text = format!("{name} has {found} in its tree: see `cargo tree -p {name} -e normal -i {found}`");
            findings.errors.push(Finding::whole(&file, text));
        }
    }
    Ok(findings)
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn cargo(root: &Path, args: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(args).current_dir(root).output().context("running cargo")?;
    if !output.status.success() {
        bail!("cargo {} failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is wrong with the edges of one package of the metadata.
fn edges(name: &str, package: &Value) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(of, _)| *of == class(name)) else {
        return vec![format!("{name} is new: give it its edges in xtask/src/tidy/edges.rs")];
    };
    let mut wrong = Vec::new();
    for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
        let other = text_of(dependency, "name");
        let ours = dependency.get("path").is_some_and(Value::is_string);
        let for_tests = text_of(dependency, "kind") == "dev";
        if ours && !for_tests && !allowed.contains(&class(other)) {
            wrong.push(format!("{name} must not use {other}; it may use {allowed:?}"));
        }
    }
    wrong
}

/// Backends are all alike; other crates stand for themselves.
fn class(name: &str) -> &str {
    if name.starts_with("eso-provider-") && name != "eso-provider-kit" && name != "eso-provider-suite" {
        "eso-provider-*"
    } else {
        name
    }
}

fn in_tree<'a>(tree: &str, banned: &[&'a str]) -> BTreeSet<&'a str> {
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    banned.iter().copied().filter(|name| names.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_edge_that_is_not_listed_is_found_and_one_for_tests_is_not() {
        let package = json!({ "dependencies": [
            { "name": "eso-core", "path": "x" }, { "name": "eso-runtime", "path": "x" },
            { "name": "eso-harness", "path": "x", "kind": "dev" }, { "name": "tokio" } ] });
        assert_eq!(
            edges("eso-plan", &package),
            ["eso-plan must not use eso-runtime; it may use [\"eso-core\", \"eso-template\"]"]
        );
        assert_eq!(edges("eso-provider-new", &package).len(), 1);
        assert_eq!(edges("eso-unheard-of", &package).len(), 1);
    }

    #[test]
    fn a_banned_crate_in_a_tree_is_found() {
        assert_eq!(in_tree("eso-core v0.1.0\ntokio-util v1\ntokio v1.2.3\n", &IO), BTreeSet::from(["tokio"]));
    }
}

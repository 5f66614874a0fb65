//! What a program is made of, as `CycloneDX` 1.5.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// `cargo metadata` of the workspace with all dependencies, for the platform that we run on and build for.
pub fn metadata(root: &Path) -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", &platform])
        .current_dir(root)
        .output()
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("reading cargo metadata")
}

/// The SBOM of a package: itself, everything that is compiled into it, and what depends on what. `lock` is the text of `Cargo.lock`.
///
/// Features are those of the whole workspace, so a few crates may be named that this package alone would not have.
pub fn sbom(metadata: &Value, lock: &str, package: &str) -> Result<Value> {
    let packages: BTreeMap<&str, &Value> =
        list(metadata, "/packages").map(|package| (text(package, "id"), package)).collect();
    let nodes: BTreeMap<&str, &Value> = list(metadata, "/resolve/nodes").map(|node| (text(node, "id"), node)).collect();
    let root = packages.values().find(|of| text(of, "name") == package && text(of, "source").is_empty());
    let root = root.with_context(|| format!("the workspace has no package {package}"))?;
    let edges = closure(&nodes, text(root, "id"));
    let sums = checksums(lock);
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for (id, uses) in &edges {
        let of = packages.get(id).with_context(|| format!("cargo metadata does not describe {id}"))?;
        let uses: BTreeSet<String> = uses.iter().filter_map(|id| packages.get(id)).map(|of| purl(of)).collect();
        dependencies.push(json!({ "ref": purl(of), "dependsOn": uses }));
        if text(of, "id") != text(root, "id") {
            components.push(component("library", of, &sums));
        }
    }
    let by_ref = |a: &Value, b: &Value, key: &str| text(a, key).cmp(text(b, key));
    components.sort_by(|a, b| by_ref(a, b, "bom-ref"));
    dependencies.sort_by(|a, b| by_ref(a, b, "ref"));
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component("application", root, &sums) },
        "components": components,
        "dependencies": dependencies
    }))
}

/// Everything that is compiled into `root`, each with what it uses itself. Build scripts and tests are not part of a program.
fn closure<'a>(nodes: &BTreeMap<&'a str, &'a Value>, root: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root];
    while let Some(id) = waiting.pop() {
        if found.contains_key(id) {
            continue;
        }
        let compiled_in = |dependency: &&'a Value| {
            list(dependency, "/dep_kinds").any(|kind| kind.get("kind").is_some_and(Value::is_null))
        };
        let node = nodes.get(id).copied().unwrap_or(&Value::Null);
        let uses: Vec<&str> =
            list(node, "/deps").filter(compiled_in).map(|dependency| text(dependency, "pkg")).collect();
        waiting.extend(&uses);
        found.insert(id, uses);
    }
    found
}

fn component(kind: &str, package: &Value, sums: &BTreeMap<(String, String), String>) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let mut component = json!({
        "type": kind, "name": name, "version": version, "purl": purl(package), "bom-ref": purl(package)
    });
    let Some(fields) = component.as_object_mut() else { return component };
    // crates of old write alternatives with a slash
    let license = text(package, "license").replace('/', " OR ").replace("  OR  ", " OR ");
    if !license.is_empty() {
        fields.insert("licenses".into(), json!([{ "expression": license }]));
    }
    if let Some(sum) = sums.get(&(name.to_owned(), version.to_owned())) {
        fields.insert("hashes".into(), json!([{ "alg": "SHA-256", "content": sum }]));
    }
    component
}

/// Name and version to checksum, of `Cargo.lock`.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let sum = |block: &str| Some(((field(block, "name")?, field(block, "version")?), field(block, "checksum")?));
    lock.split("[[package]]").filter_map(sum).collect()
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(package, "name"), text(package, "version").replace('+', "%2B"))
}

fn list<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up() -> Value {
        let package = |name: &str, source: Value| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "source": source });
        let registry = json!("registry+x");
        let uses = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [package("app", Value::Null), package("lib", registry.clone()), package("deep", registry.clone()),
                package("builder", registry.clone()), package("tester", registry)],
            "resolve": { "nodes": [
                { "id": "app", "deps": [uses("lib", Value::Null), uses("builder", json!("build")), uses("tester", json!("dev"))] },
                { "id": "lib", "deps": [uses("deep", Value::Null)] }, { "id": "deep", "deps": [] },
                { "id": "builder", "deps": [] }, { "id": "tester", "deps": [] }
            ] }
        })
    }

    #[test]
    fn what_is_compiled_in_is_listed_and_what_builds_and_tests_is_not() {
        let lock = "[[package]]\nname = \"lib\"\nversion = \"1.0.0\"\nsource = \"x\"\nchecksum = \"abc\"\n";
        let sbom = sbom(&made_up(), lock, "app").unwrap();
        let names: Vec<&str> = list(&sbom, "/components").map(|component| text(component, "purl")).collect();
        assert_eq!(names, ["pkg:cargo/deep@1.0.0", "pkg:cargo/lib@1.0.0"]);
        assert_eq!(sbom["metadata"]["component"]["name"], "app");
        assert_eq!(sbom["components"][1]["hashes"], json!([{ "alg": "SHA-256", "content": "abc" }]));
        assert_eq!(sbom["components"][1]["licenses"], json!([{ "expression": "MIT OR Apache-2.0" }]));
        assert_eq!(
            sbom["dependencies"][0],
            json!({ "ref": "pkg:cargo/app@1.0.0", "dependsOn": ["pkg:cargo/lib@1.0.0"] })
        );
    }

    #[test]
    fn a_package_that_is_not_there_is_an_error() {
        assert!(sbom(&made_up(), "", "eso-webhook").unwrap_err().to_string().contains("no package eso-webhook"));
    }

    #[test]
    fn the_controller_is_described_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
        let sbom = sbom(&metadata(root).unwrap(), &lock, "eso-controller").unwrap();
        let references: BTreeSet<&str> = list(&sbom, "/dependencies").map(|entry| text(entry, "ref")).collect();
        for component in list(&sbom, "/components") {
            let name = text(component, "name");
            assert!(references.contains(text(component, "bom-ref")), "{name}");
            assert!(component.get("licenses").is_some(), "{name}");
            assert!(component.get("hashes").is_some() || name.starts_with("eso-"), "{name}");
            assert!(!["proptest", "cc", "cmake"].contains(&name), "{name} is no part of the program");
        }
        assert!(references.iter().any(|purl| purl.starts_with("pkg:cargo/rustls@")));
    }
}

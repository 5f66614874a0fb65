//! Generated files: CRDs, RBAC, the chart's schema and README, Dockerfiles, the manual of the template functions, the test column of
//! `docs/parity.md`.

pub mod crd;
pub mod provider_blocks;
pub mod rbac;
pub mod schema;
pub mod templates;
pub mod values;
pub mod yaml;

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::image::dockerfile;
use crate::{parity, tidy::source};

/// Whether files are written or only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write what differs.
    Write,
    /// Fail when something differs.
    Check,
}

/// First lines of every generated YAML file.
const HEAD: &str = "# Written by `cargo xtask gen`. Do not edit.\n";

/// Every generated file: path below the workspace's root, and content.
pub fn files(root: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let mut resources = Vec::new();
    for (plural, definition) in crd::definitions()? {
        let text = format!("{HEAD}{}", yaml::document(&definition)?);
        let group = definition.pointer("/spec/group").and_then(Value::as_str).context("a CRD has no group")?.to_owned();
        for folder in ["deploy/crds", "charts/external-secrets/files/crds"] {
            files.push((format!("{folder}/{group}_{plural}.yaml"), text.clone()));
        }
        resources.push((group, plural));
    }
    files.push(("deploy/manifests/controller-rbac.yaml".into(), format!("{HEAD}{}", rbac::manifest::controller()?)));
    files.push((
        "deploy/manifests/cert-controller-rbac.yaml".into(),
        format!("{HEAD}{}", rbac::manifest::cert_controller()?),
    ));
    files.push((rbac::chart::FILE.into(), rbac::chart::templates(resources)?));
    files.extend(chart(root)?);
    files.extend(dockerfile::all());
    files.push((templates::FILE.into(), templates::page(root)?));
    files.push((parity::FILE.into(), parity::filled(root, &source::all(root)?)?));
    Ok(files)
}

/// What is made from the chart's values.
fn chart(root: &Path) -> Result<Vec<(String, String)>> {
    let read = |name: &str| std::fs::read_to_string(root.join(name)).with_context(|| format!("reading {name}"));
    let entries = values::entries(&read(values::FILE)?)?;
    Ok(vec![
        (values::SCHEMA.into(), values::schema(&entries)?),
        (values::README.into(), values::readme(&read(values::README)?, &entries)?),
    ])
}

/// Writes or checks every generated file below `root`.
pub fn run(root: &Path, mode: Mode) -> Result<()> {
    let mut stale = Vec::new();
    for (name, content) in files(root)? {
        let path = root.join(&name);
        let now = std::fs::read_to_string(&path).unwrap_or_default();
        if now == content {
            println!("  same     {name}");
        } else if mode == Mode::Check {
            println!("  differs  {name}");
            stale.push(name);
        } else {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
            }
            std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
            println!("  written  {name}");
        }
    }
    if !stale.is_empty() {
        bail!("{} generated file(s) are not up to date: run `cargo xtask gen`", stale.len());
    }
    Ok(())
}

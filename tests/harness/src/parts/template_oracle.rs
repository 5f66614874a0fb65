//! The oracle of the template engine: a small Go program of this project, always built here.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;

use super::progress::Task;
use super::run::run;

pub(super) const TITLE: &str = "the template oracle";
pub(super) const REMEDY: &str =
    "install Go 1.26 or newer with access to the Go module proxy, or set ESO_TEMPLATE_ORACLE to the program";

/// Seconds on a machine with 2 cores and an empty cache.
const EXPECTED: Duration = Duration::from_secs(40);

/// The module that is built, and all its dependencies with their hashes.
const MODULE: [(&str, &str); 3] = [
    ("go.mod", include_str!("../../../template-oracle/go.mod")),
    ("go.sum", include_str!("../../../template-oracle/go.sum")),
    ("main.go", include_str!("../../../template-oracle/main.go")),
];

/// Its folder in the cache: another source is another program.
pub(super) fn key() -> String {
    let mut hasher = DefaultHasher::new();
    MODULE.hash(&mut hasher);
    format!("template-oracle-{:016x}", hasher.finish())
}

/// Builds the program into the folder.
pub(super) async fn install(folder: &Path, task: &Task) -> anyhow::Result<()> {
    task.step("building with Go; once per machine", Some(EXPECTED));
    let source = folder.join("src");
    std::fs::create_dir(&source).context("no folder for the sources")?;
    for (name, text) in MODULE {
        std::fs::write(source.join(name), text).with_context(|| format!("{name} cannot be written"))?;
    }
    let mut go = Command::new("go");
    go.current_dir(&source).env("CGO_ENABLED", "0").env("GOWORK", "off");
    go.args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o"])
        .arg(folder.join("template-oracle"))
        .arg(".");
    run(&mut go, task, |line| line.strip_prefix("go: downloading ").map(str::to_owned)).await
}

//! Licences, sources and banned crates, by cargo-deny.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::{seconds, shown};

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// Checks the tree of dependencies against `deny.toml`.
pub fn run(root: &Path) -> Result<()> {
    let program = program(root)?;
    println!("      cargo deny check bans licenses sources");
    // it warns of every crate that is there in two versions; deny.toml allows those
    shown(
        Command::new(program).args(["--log-level", "error", "check", "bans", "licenses", "sources"]).current_dir(root),
    )
}

/// The one on PATH when its version fits, else the one in the cache, which is built when it is missing.
fn program(root: &Path) -> Result<PathBuf> {
    let on_path = PathBuf::from("cargo-deny");
    if version(&on_path).is_some_and(|found| found == VERSION) {
        return Ok(on_path);
    }
    let folder = cache()?.join(format!("cargo-deny-{VERSION}"));
    let cached = folder.join("bin").join("cargo-deny");
    if version(&cached).is_some_and(|found| found == VERSION) {
        return Ok(cached);
    }
    println!("      building cargo-deny {VERSION} from the crate registry into {}", folder.display());
    println!("      once per machine; 3 to 6 minutes on two cores");
    let begun = Instant::now();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut install = Command::new(cargo);
    install.args(["install", "cargo-deny", "--locked", "--no-track", "--version", VERSION, "--root"]).arg(&folder);
    shown(install.current_dir(root)).context("cargo-deny could not be built")?;
    println!("      built in {}", seconds(begun.elapsed()));
    Ok(cached)
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().strip_prefix("cargo-deny ").map(str::to_owned)
}

/// `${XDG_CACHE_HOME:-~/.cache}/eso-rs/tools`.
fn cache() -> Result<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    Ok(base.context("there is no place for a cache: set HOME or XDG_CACHE_HOME")?.join("eso-rs").join("tools"))
}

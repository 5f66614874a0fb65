//! The programs as images ship them: one file that needs no other.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use eso_harness::shipped::link_as_shipped;
use serde_json::Value;

/// Fails when a program has no package yet.
pub fn check_packages(metadata: &Value, names: &[&str]) -> Result<()> {
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists no packages")?;
    let has = |name: &str| packages.iter().any(|package| package.get("name").is_some_and(|of| of == name));
    match names.iter().find(|name| !has(name)) {
        Some(missing) => bail!(
            "the workspace has no package {missing}: add it, take it out of PROGRAMS in xtask/src/image/mod.rs, or name the programs to build"
        ),
        None => Ok(()),
    }
}

/// Builds the programs and gives their paths, in the order of `names`. Fails when one comes out that needs shared libraries.
pub fn static_programs(root: &Path, profile: &str, names: &[&str]) -> Result<Vec<PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--profile", profile, "--message-format=json-render-diagnostics"]);
    for name in names {
        command.args(["--package", name, "--bin", name]);
    }
    link_as_shipped(&mut command);
    // Set for the package that we are; a build script elsewhere could mistake them for its own.
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_PKG_NAME").current_dir(root).stdin(Stdio::null());
    let output = command.stderr(Stdio::inherit()).output().context("cargo cannot be run")?;
    ensure!(output.status.success(), "the programs do not build, see above");
    let messages = String::from_utf8_lossy(&output.stdout);
    names.iter().map(|name| checked(executable(&messages, name)?)).collect()
}

/// The path of a program in cargo's messages.
fn executable(messages: &str, name: &str) -> Result<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of = |message: Value| {
        let ours = message.pointer("/target/name")? == name;
        if ours { message.get("executable")?.as_str().map(PathBuf::from) } else { None }
    };
    messages.into_iter().find_map(of).with_context(|| format!("cargo names no program {name}"))
}

fn checked(program: PathBuf) -> Result<PathBuf> {
    let bytes = std::fs::read(&program).with_context(|| format!("reading {}", program.display()))?;
    ensure!(
        is_static(&bytes).with_context(|| format!("{} is not a 64-bit ELF program", program.display()))?,
        "{} needs shared libraries, which the image does not have: install the C library's static archive (libc6-dev, glibc 2.36 or newer)",
        program.display()
    );
    Ok(program)
}

/// Whether an ELF program starts without an interpreter, that is, without the loader of shared libraries. `None` when it is no
/// 64-bit little-endian ELF file.
fn is_static(elf: &[u8]) -> Option<bool> {
    const INTERPRETER: u64 = 3;
    let number = |at: usize, bytes: usize| {
        let field = elf.get(at..at.checked_add(bytes)?)?;
        Some(field.iter().rev().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)))
    };
    elf.strip_prefix(b"\x7fELF\x02\x01")?;
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let kind = |index: u64| number(usize::try_from(table.checked_add(index * size)?).ok()?, 4);
    let kinds: Option<Vec<u64>> = (0..count).map(kind).collect();
    Some(!kinds?.contains(&INTERPRETER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_program_without_a_package_is_a_clear_error() {
        let metadata = json!({ "packages": [{ "name": "eso-controller" }] });
        assert!(check_packages(&metadata, &["eso-controller"]).is_ok());
        let error = check_packages(&metadata, &["eso-controller", "eso-webhook"]).unwrap_err().to_string();
        assert!(error.contains("no package eso-webhook"), "{error}");
    }

    #[test]
    fn the_path_of_a_program_is_read_from_the_messages_of_cargo() {
        let messages = "noise\n{\"target\":{\"name\":\"other\"},\"executable\":\"/a\"}\n{\"target\":{\"name\":\"eso-webhook\"},\"executable\":\"/b\"}\n";
        assert_eq!(executable(messages, "eso-webhook").unwrap(), Path::new("/b"));
        assert!(executable(messages, "eso-controller").is_err());
    }

    fn elf(kinds: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64, 0);
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = kinds.len().try_into().unwrap();
        for kind in kinds {
            let at = bytes.len();
            bytes.resize(at + 56, 0);
            bytes[at] = *kind;
        }
        bytes
    }

    #[test]
    fn a_program_with_an_interpreter_needs_shared_libraries() {
        assert_eq!(is_static(&elf(&[1, 2])), Some(true));
        assert_eq!(is_static(&elf(&[1, 3])), Some(false));
        assert_eq!(is_static(b"#!/bin/sh"), None);
        assert_eq!(is_static(&elf(&[1, 2])[..100]), None);
    }
}

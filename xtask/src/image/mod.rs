//! `cargo xtask image`: one image per program, without a container engine.
//!
//! An image holds one static program, the certificates of public authorities and an `/etc/passwd`. The same input gives the same bytes.

mod archive;
mod authorities;
mod build;
pub mod dockerfile;
mod sbom;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

pub use archive::{Archive, Image, archive};

/// A program that is shipped. Package, program and image have the same name.
pub struct Shipped {
    /// That name.
    pub name: &'static str,
    /// What it is, for the image's label.
    pub title: &'static str,
}

/// Every program that is shipped; images, Dockerfiles and SBOMs are made from this list.
pub const PROGRAMS: [Shipped; 3] = [
    Shipped { name: "eso-controller", title: "Keeps Kubernetes Secrets in step with external secret stores" },
    Shipped { name: "eso-webhook", title: "Refuses custom resources of eso-rs that cannot work" },
    Shipped { name: "eso-cert-controller", title: "Makes and renews the certificate of eso-webhook" },
];

/// Registry and folder of the images, as in the chart's values.
pub const REGISTRY: &str = "ghcr.io/eso-rs";
/// User and group that the programs run as where nothing else is said.
pub const USER: u32 = 65_532;
/// `/etc/passwd` of the images.
pub const PASSWD: &str = "eso:x:65532:65532:eso-rs:/:/sbin/nologin\n";
/// Largest sum of the compressed images, in bytes.
const LARGEST: usize = 30 * 1024 * 1024;

/// Arguments of `cargo xtask image`.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// Folder for the archives and SBOMs.
    #[arg(long, value_name = "FOLDER", default_value = "target/images")]
    out: PathBuf,
    /// Tag of the images; by default v and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Profile that cargo builds with.
    #[arg(long, value_name = "PROFILE", default_value = "release")]
    profile: String,
    /// Only these programs.
    #[arg(value_name = "PROGRAM", value_parser = PROGRAMS.map(|program| program.name))]
    only: Vec<String>,
}

/// The tag that images have by default, which is the chart's too.
pub fn default_tag() -> String {
    format!("v{}", env!("CARGO_PKG_VERSION"))
}

/// Builds every program with that profile of cargo and writes its image, with the default tag, into a folder. Gives the archives.
pub fn archives(root: &Path, profile: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let names = PROGRAMS.map(|program| program.name);
    let programs = build::static_programs(root, profile, &names)?;
    let written = PROGRAMS.iter().zip(programs).map(|(shipped, program)| {
        let bytes = std::fs::read(&program).with_context(|| format!("reading {}", program.display()))?;
        let image = Image { shipped, program: bytes, tag: default_tag(), authorities: authorities::bundle() };
        let path = folder.join(format!("{}.tar", shipped.name));
        write(&path, &archive(&image)?.bytes)?;
        Ok(path)
    });
    written.collect()
}

/// Builds the programs and writes an archive and an SBOM for each.
pub fn run(root: &Path, args: &ImageArgs) -> Result<()> {
    let wanted: Vec<&Shipped> = PROGRAMS
        .iter()
        .filter(|program| args.only.is_empty() || args.only.iter().any(|name| name == program.name))
        .collect();
    let tag = args.tag.clone().unwrap_or_else(default_tag);
    let metadata = sbom::metadata(root)?;
    let names: Vec<&str> = wanted.iter().map(|program| program.name).collect();
    build::check_packages(&metadata, &names)?;
    println!("Building {} ...", names.join(", "));
    let programs = build::static_programs(root, &args.profile, &names)?;
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let out = root.join(&args.out);
    std::fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    let mut sum = 0;
    println!("{:<22} {:>11} {:>11}  digest", "image", "program", "compressed");
    for (shipped, program) in wanted.into_iter().zip(programs) {
        let bytes = std::fs::read(&program).with_context(|| format!("reading {}", program.display()))?;
        let size = bytes.len();
        let image = Image { shipped, program: bytes, tag: tag.clone(), authorities: authorities::bundle() };
        let archive = archive(&image)?;
        let stem = format!("{}-{tag}-{}", shipped.name, archive::architecture());
        write(&out.join(format!("{stem}.tar")), &archive.bytes)?;
        let sbom = serde_json::to_vec_pretty(&sbom::sbom(&metadata, &lock, shipped.name)?)?;
        write(&out.join(format!("{stem}.cdx.json")), &sbom)?;
        sum += archive.layer_bytes;
        println!(
            "{:<22} {:>11} {:>11}  {}",
            shipped.name,
            mebibytes(size),
            mebibytes(archive.layer_bytes),
            archive.digest
        );
    }
    println!("In {}: `ctr images import` and `docker load` read the archives.", out.display());
    ensure!(
        sum <= LARGEST,
        "the images have {} compressed, which is over the budget of {}",
        mebibytes(sum),
        mebibytes(LARGEST)
    );
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// As `7.25 MiB`.
fn mebibytes(bytes: usize) -> String {
    let hundredths = bytes.saturating_mul(100) / (1024 * 1024);
    format!("{}.{:02} MiB", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::values;

    #[test]
    fn the_chart_names_the_images_that_are_built() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let entries = values::entries(&std::fs::read_to_string(root.join(values::FILE)).unwrap()).unwrap();
        for (value, shipped) in ["image", "webhook.image", "certController.image"].iter().zip(&PROGRAMS) {
            let name = format!("{value}.repository");
            let entry = entries.iter().find(|entry| entry.path.join(".") == name).unwrap();
            assert_eq!(entry.default, format!("{REGISTRY}/{}", shipped.name), "{name}");
        }
    }

    #[test]
    fn sizes_are_told_in_mebibytes() {
        assert_eq!(
            (mebibytes(0), mebibytes(LARGEST), mebibytes(1_600_000)),
            ("0.00 MiB".into(), "30.00 MiB".into(), "1.52 MiB".into())
        );
    }
}

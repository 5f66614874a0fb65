//! Image archives as small as they can be: one layer with some files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use aws_lc_rs::digest;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// What is in an image.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// As pods name it, with its tag: `localhost/web:1`.
    pub name: &'a str,
    /// The command line that it starts with.
    pub entrypoint: &'a [&'a str],
    /// Programs on this machine, and their absolute paths in the image.
    pub programs: &'a [(&'a Path, &'a str)],
}

impl Image<'_> {
    /// Writes it as an OCI archive, which `ctr images import` and `kind load image-archive` read. `folder` is for what is made on
    /// the way, and must be empty.
    ///
    /// # Errors
    /// When a program cannot be read, a file cannot be written, or `tar` fails.
    pub fn write(&self, folder: &Path, archive: &Path) -> anyhow::Result<()> {
        let layout = folder.join("layout");
        fs::create_dir_all(layout.join("blobs/sha256")).context("no folder for an image")?;
        let layer = Blob::write(&layout, LAYER, &self.layer(folder)?)?;
        let config = json!({
            "architecture": architecture(),
            "os": "linux",
            "config": { "Entrypoint": self.entrypoint },
            // The layer is not compressed, so it is its own difference.
            "rootfs": { "type": "layers", "diff_ids": [layer.digest] },
        });
        let config = Blob::write(&layout, CONFIG, config.to_string().as_bytes())?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(&json!({})),
            "layers": [layer.descriptor(&json!({}))],
        });
        let manifest = Blob::write(&layout, MANIFEST, manifest.to_string().as_bytes())?;
        let name = json!({ "io.containerd.image.name": self.name });
        let index = json!({ "schemaVersion": 2, "manifests": [manifest.descriptor(&name)] });
        fs::write(layout.join("index.json"), index.to_string()).context("an index cannot be written")?;
        fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).context("no layout")?;
        tar(&layout, archive)
    }

    fn layer(&self, folder: &Path) -> anyhow::Result<Vec<u8>> {
        let root = folder.join("root");
        fs::create_dir_all(root.join("etc")).context("no folder for an image")?;
        fs::write(root.join("etc/passwd"), "root:x:0:0::/:\nnobody:x:65534:65534::/:\n").context("no passwd")?;
        for (program, place) in self.programs {
            let target = root.join(place.trim_start_matches('/'));
            fs::create_dir_all(target.parent().unwrap_or(&root)).context("no folder for a program")?;
            fs::copy(program, &target).with_context(|| format!("{} cannot be copied", program.display()))?;
        }
        let layer = folder.join("layer.tar");
        tar(&root, &layer)?;
        fs::read(&layer).context("the layer cannot be read")
    }
}

/// A file of the layout, which goes by its digest.
struct Blob {
    media_type: &'static str,
    digest: String,
    size: usize,
}

impl Blob {
    fn write(layout: &Path, media_type: &'static str, bytes: &[u8]) -> anyhow::Result<Self> {
        let hex = sha256(bytes);
        fs::write(layout.join("blobs/sha256").join(&hex), bytes).context("a blob cannot be written")?;
        Ok(Self { media_type, digest: format!("sha256:{hex}"), size: bytes.len() })
    }

    fn descriptor(&self, annotations: &Value) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.size, "annotations": annotations })
    }
}

/// Compiles a C program into one file that needs no other.
///
/// # Errors
/// With what the compiler says.
pub(crate) fn compile_static(source: &str, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let file = folder.join(format!("{name}.c"));
    fs::write(&file, source).with_context(|| format!("{} cannot be written", file.display()))?;
    let program = folder.join(name);
    let output = Command::new("cc").args(["-static", "-O2", "-s", "-o"]).arg(&program).arg(&file).output();
    let output = output.context("cc cannot be run: install a C compiler")?;
    anyhow::ensure!(output.status.success(), "{name} does not compile: {}", String::from_utf8_lossy(&output.stderr));
    Ok(program)
}

/// Compiles a Rust program of one file, with nothing but the standard library, into one file that needs no other.
///
/// # Errors
/// With what the compiler says.
pub fn compile_static_rust(source: &Path, program: &Path) -> anyhow::Result<()> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "-Copt-level=s", "-Cstrip=symbols", "-Ctarget-feature=+crt-static", "-o"]);
    let output = rustc.arg(program).arg(source).output().context("rustc cannot be run")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{} does not compile: {stderr}", source.display());
    Ok(())
}

fn tar(folder: &Path, archive: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("tar");
    command.args(["--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--mtime=@0", "-cf"]);
    let output = command.arg(archive).arg("-C").arg(folder).arg(".").output().context("tar cannot be run")?;
    anyhow::ensure!(output.status.success(), "tar fails: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    digest::digest(&digest::SHA256, bytes).as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// As images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

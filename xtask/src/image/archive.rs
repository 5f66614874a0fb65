//! An image as one file that every common tool reads: an OCI layout, with the list that `docker load` looks for beside it.
//!
//! Format: OCI image layout 1.0 and image manifest 1.1; the list is `manifest.json` of `docker save`.

use std::io::Write as _;

use anyhow::{Context, Result};
use aws_lc_rs::digest;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use tar::{EntryType, Header};

use super::{PASSWD, REGISTRY, Shipped, USER};

/// What goes into an image.
pub struct Image<'a> {
    /// Which program.
    pub shipped: &'a Shipped,
    /// The program's bytes.
    pub program: Vec<u8>,
    /// The image's tag.
    pub tag: String,
    /// Certificates of authorities, as PEM.
    pub authorities: String,
}

/// An image that is ready to be written.
pub struct Archive {
    /// The file.
    pub bytes: Vec<u8>,
    /// Digest of the image's manifest, by which registries know it.
    pub digest: String,
    /// Size of the compressed content.
    pub layer_bytes: usize,
}

/// When everything was made, so that the same input gives the same bytes.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// A file among the archive's blobs.
struct Blob {
    bytes: Vec<u8>,
    digest: String,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        Self { digest: sha256(&bytes), bytes }
    }

    fn json(value: &Value) -> Result<Self> {
        Ok(Self::new(serde_json::to_vec(value)?))
    }

    fn path(&self) -> String {
        format!("blobs/{}", self.digest.replace(':', "/"))
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

/// Packs an image.
pub fn archive(image: &Image) -> Result<Archive> {
    let files = layer(image)?;
    let layer = Blob::new(compressed(&files)?);
    let config = Blob::json(&config(image, &sha256(&files)))?;
    let manifest = Blob::json(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config.descriptor("application/vnd.oci.image.config.v1+json"),
        "layers": [layer.descriptor("application/vnd.oci.image.layer.v1.tar+gzip")]
    }))?;
    let name = format!("{REGISTRY}/{}:{}", image.shipped.name, image.tag);
    let list = json!([{ "Config": config.path(), "RepoTags": [name], "Layers": [layer.path()] }]);
    let mut tar = Tar::new();
    tar.folder("blobs/")?;
    tar.folder("blobs/sha256/")?;
    for blob in [&config, &layer, &manifest] {
        tar.file(&blob.path(), 0o644, &blob.bytes)?;
    }
    tar.file("index.json", 0o644, &serde_json::to_vec(&index(image, &manifest, &name))?)?;
    tar.file("manifest.json", 0o644, &serde_json::to_vec(&list)?)?;
    tar.file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(Archive { bytes: tar.finish()?, digest: manifest.digest, layer_bytes: layer.bytes.len() })
}

/// Name of the processor that we run on, and build for, as images have it.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The image's files.
fn layer(image: &Image) -> Result<Vec<u8>> {
    let mut tar = Tar::new();
    tar.file(image.shipped.name, 0o755, &image.program)?;
    tar.folder("etc/")?;
    tar.file("etc/passwd", 0o644, PASSWD.as_bytes())?;
    tar.folder("etc/ssl/")?;
    tar.folder("etc/ssl/certs/")?;
    tar.file("etc/ssl/certs/ca-certificates.crt", 0o644, image.authorities.as_bytes())?;
    tar.finish()
}

fn config(image: &Image, files: &str) -> Value {
    json!({
        "architecture": architecture(),
        "os": "linux",
        "created": CREATED,
        "config": {
            "User": format!("{USER}:{USER}"),
            "Entrypoint": [format!("/{}", image.shipped.name)],
            "Env": ["PATH=/"],
            "WorkingDir": "/",
            "Labels": labels(image)
        },
        "rootfs": { "type": "layers", "diff_ids": [files] },
        "history": [{ "created": CREATED, "created_by": "cargo xtask image" }]
    })
}

fn labels(image: &Image) -> Value {
    json!({
        "org.opencontainers.image.title": image.shipped.name,
        "org.opencontainers.image.description": image.shipped.title,
        "org.opencontainers.image.version": image.tag,
        "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE")
    })
}

fn index(image: &Image, manifest: &Blob, name: &str) -> Value {
    let mut entry = manifest.descriptor("application/vnd.oci.image.manifest.v1+json");
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("platform".into(), json!({ "architecture": architecture(), "os": "linux" }));
        // containerd takes the name from the first, others the tag from the second
        let names = json!({ "io.containerd.image.name": name, "org.opencontainers.image.ref.name": image.tag });
        entry.insert("annotations".into(), names);
    }
    json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry] })
}

fn sha256(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(bytes).context("compressing")?;
    gzip.finish().context("compressing")
}

/// A tar file whose entries have no owner and no time.
struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn folder(&mut self, path: &str) -> Result<()> {
        self.entry(path, (EntryType::Directory, 0o755), &[])
    }

    fn file(&mut self, path: &str, mode: u32, bytes: &[u8]) -> Result<()> {
        self.entry(path, (EntryType::Regular, mode), bytes)
    }

    fn entry(&mut self, path: &str, (kind, mode): (EntryType, u32), bytes: &[u8]) -> Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len().try_into()?);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        self.0.append_data(&mut header, path, bytes).with_context(|| format!("packing {path}"))
    }

    fn finish(self) -> Result<Vec<u8>> {
        self.0.into_inner().context("packing")
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;

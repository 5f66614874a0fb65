//! Images of small made-up programs, read back.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::*;
use crate::image::PROGRAMS;

fn image(program: &[u8]) -> Image<'static> {
    Image { shipped: &PROGRAMS[1], program: program.to_vec(), tag: "v1".into(), authorities: "-----BEGIN\n".into() }
}

/// Path to (mode, content) of a tar file, in which nothing may have an owner or a time.
fn unpacked(bytes: &[u8]) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert!(found.insert(path.clone(), (header.mode().unwrap(), content)).is_none(), "{path} twice");
    }
    found
}

fn json_of(files: &BTreeMap<String, (u32, Vec<u8>)>, path: &str) -> Value {
    serde_json::from_slice(&files.get(path).unwrap_or_else(|| panic!("no {path}")).1).unwrap()
}

fn blob_path(descriptor: &Value) -> String {
    format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"))
}

#[test]
fn the_same_program_gives_the_same_bytes_and_another_one_another_digest() {
    let (first, second) = (archive(&image(b"program")).unwrap(), archive(&image(b"program")).unwrap());
    assert!(first.bytes == second.bytes);
    assert_eq!(first.digest, second.digest);
    assert_ne!(first.digest, archive(&image(b"other")).unwrap().digest);
}

#[test]
fn the_image_holds_program_authorities_and_passwd_and_nothing_else() {
    let archive = archive(&image(b"program")).unwrap();
    let files = unpacked(&archive.bytes);
    let manifest = json_of(&files, &blob_path(&json_of(&files, "index.json")["manifests"][0]));
    let gzipped = &files[&blob_path(&manifest["layers"][0])].1;
    assert_eq!(gzipped.len(), archive.layer_bytes);
    let mut layer = Vec::new();
    flate2::read::GzDecoder::new(gzipped.as_slice()).read_to_end(&mut layer).unwrap();
    let content = unpacked(&layer);
    let names: Vec<(&str, u32)> = content.iter().map(|(path, (mode, _))| (path.as_str(), *mode)).collect();
    let expected = [
        ("eso-webhook", 0o755),
        ("etc/", 0o755),
        ("etc/passwd", 0o644),
        ("etc/ssl/", 0o755),
        ("etc/ssl/certs/", 0o755),
        ("etc/ssl/certs/ca-certificates.crt", 0o644),
    ];
    assert_eq!(names, expected);
    assert_eq!(content["eso-webhook"].1, b"program");
    assert_eq!(content["etc/passwd"].1, PASSWD.as_bytes());
    let config = json_of(&files, &blob_path(&manifest["config"]));
    assert_eq!(config["rootfs"]["diff_ids"], json!([sha256(&layer)]));
}

#[test]
fn every_blob_is_named_by_its_content_and_described_with_its_size() {
    let archive = archive(&image(b"program")).unwrap();
    let files = unpacked(&archive.bytes);
    let blobs: Vec<_> =
        files.iter().filter(|(path, (_, bytes))| path.starts_with("blobs/") && !bytes.is_empty()).collect();
    assert_eq!(blobs.len(), 3);
    for (path, (_, bytes)) in blobs {
        assert_eq!(*path, format!("blobs/{}", sha256(bytes).replace(':', "/")));
    }
    let entry = json_of(&files, "index.json")["manifests"][0].clone();
    assert_eq!(entry["digest"], archive.digest.as_str());
    assert_eq!(entry["annotations"]["io.containerd.image.name"], "ghcr.io/eso-rs/eso-webhook:v1");
    let manifest = json_of(&files, &blob_path(&entry));
    for descriptor in [&entry, &manifest["config"], &manifest["layers"][0]] {
        assert_eq!(descriptor["size"], files[&blob_path(descriptor)].1.len());
    }
}

#[test]
fn docker_load_finds_the_same_config_and_layer() {
    let files = unpacked(&archive(&image(b"program")).unwrap().bytes);
    let list = json_of(&files, "manifest.json");
    let manifest = json_of(&files, &blob_path(&json_of(&files, "index.json")["manifests"][0]));
    assert_eq!(list[0]["RepoTags"], json!(["ghcr.io/eso-rs/eso-webhook:v1"]));
    assert_eq!(list[0]["Config"], blob_path(&manifest["config"]).as_str());
    assert_eq!(list[0]["Layers"], json!([blob_path(&manifest["layers"][0])]));
    assert_eq!(json_of(&files, "oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }));
}

#[test]
fn the_program_starts_as_a_user_without_rights() {
    let files = unpacked(&archive(&image(b"program")).unwrap().bytes);
    let config = json_of(&files, json_of(&files, "manifest.json")[0]["Config"].as_str().unwrap())["config"].clone();
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], json!(["/eso-webhook"]));
    assert_eq!(config["Labels"]["org.opencontainers.image.version"], "v1");
    assert!(PASSWD.contains(&format!(":{USER}:{USER}:")));
}

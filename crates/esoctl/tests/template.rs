//! `esoctl template`, as a person calls it.

#![allow(clippy::unwrap_used)] // a test that fails may panic

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const EXTERNAL_SECRET: &str = "
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: example
spec:
  target:
    name: out
    template:
      type: Opaque
      metadata:
        labels: {team: '{{ .team }}'}
      data:
        url: 'https://{{ .user | lower }}@example.org'
      templateFrom:
      - configMap:
          name: more
          items: [{key: config, templateAs: KeysAndValues}]
      - secret:
          name: parts
          items: [{key: line}]
";

const PUSH_SECRET: &str = "
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: pushed}
spec:
  template:
    data:
      token: '{{ .user | upper }}!'
";

const CONFIG_MAP: &str =
    "{kind: ConfigMap, metadata: {name: more}, data: {config: 'port: {{ printf \"0%s\" .port }}'}}";
const SECRET: &str = "{kind: Secret, metadata: {name: parts}, stringData: {line: 'user={{ .user }}'}}";
/// `QWRh` is Ada, `MTA=` is 10, `cmVk` is red.
const DATA: &str = "user: QWRh\nport: MTA=\nteam: cmVk\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn esoctl(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_esoctl")).arg("template").args(args).current_dir(folder).output().unwrap()
}

#[test]
fn an_external_secret_gives_its_secret() {
    let files = [("es.yaml", EXTERNAL_SECRET), ("data.yaml", DATA), ("cm.yaml", CONFIG_MAP), ("s.yaml", SECRET)];
    let folder = folder(&files);
    let output = esoctl(
        folder.path(),
        &[
            "--source-templated-object=es.yaml",
            "--source-secret-data-file=data.yaml",
            "--template-from-config-map=cm.yaml",
            "--template-from-secret=s.yaml",
        ],
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // YAML 1.1 reads 010 as 8: OA== in base64.
    let expected = "apiVersion: v1\ndata:\n  line: dXNlcj1BZGE=\n  port: OA==\n  url: aHR0cHM6Ly9hZGFAZXhhbXBsZS5vcmc=\n\
                    kind: Secret\nmetadata:\n  labels:\n    team: red\n  name: out\ntype: Opaque\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn a_push_secret_gives_what_would_be_pushed_and_a_file_takes_it() {
    let folder = folder(&[("ps.yaml", PUSH_SECRET), ("data.yaml", DATA)]);
    let args = ["--source-templated-object=ps.yaml", "--source-secret-data-file=data.yaml", "--output=out.yaml"];
    let output = esoctl(folder.path(), &args);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.path().join("out.yaml")).unwrap();
    assert!(text.contains("  token: QURBIQ==\n") && text.contains("  name: pushed\n"), "{text}");
}

#[test]
fn what_is_wrong_is_told_in_a_sentence() {
    let store = "{kind: SecretStore, metadata: {name: x}}";
    let missing = EXTERNAL_SECRET.replace(".team", ".absent");
    for (object, data, said) in [
        (store, DATA, "es.yaml cannot be used: it is a SecretStore, not an ExternalSecret or a PushSecret"),
        ("kind: ExternalSecret", DATA, "it has no template under spec.target.template"),
        (&missing, DATA, "ConfigMap \"more\" does not exist"),
        (PUSH_SECRET, "user: plain text", "the value of user is not base64"),
        (PUSH_SECRET, "{port: MTA=}", "map has no entry for key \"user\""),
    ] {
        let folder = folder(&[("es.yaml", object), ("data.yaml", data)]);
        let args = ["--source-templated-object=es.yaml", "--source-secret-data-file=data.yaml"];
        let output = esoctl(folder.path(), &args);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && text.contains(said), "{text}");
    }
}

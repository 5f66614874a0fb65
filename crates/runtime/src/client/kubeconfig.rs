//! The way to the cluster: a kubeconfig, or what Kubernetes puts into a pod.
//!
//! Own code because kube reads kubeconfigs with a YAML library of 700 KiB, which a pod never uses and every process would carry. The
//! programs have a YAML reader already, for templates, and give it here.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

/// Reads a YAML document. The error says what is wrong and quotes no value.
pub type ReadYaml = fn(&[u8]) -> Result<Value, String>;

/// From `KUBECONFIG` (several files, separated as in `PATH`, are merged), the kubeconfig in the home directory, or the pod's
/// environment, in this order. Files that do not exist count as not named.
///
/// Errors: why there is none, in words for a log.
pub(super) async fn config(yaml: ReadYaml) -> Result<Config, String> {
    let mut merged: Option<Kubeconfig> = None;
    for path in files() {
        let next = read(&path, yaml)?;
        merged = Some(match merged {
            None => next,
            Some(earlier) => earlier.merge(next).map_err(|error| error.to_string())?,
        });
    }
    let Some(kubeconfig) = merged else { return Config::incluster().map_err(|error| error.to_string()) };
    let options = KubeConfigOptions::default();
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| error.to_string())
}

fn files() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let named = match (set("KUBECONFIG"), set("HOME")) {
        (Some(list), _) => std::env::split_paths(&list).collect(),
        (None, Some(home)) => vec![PathBuf::from(home).join(".kube/config")],
        (None, None) => Vec::new(),
    };
    named.into_iter().filter(|path| path.is_file()).collect()
}

fn read(path: &Path, yaml: ReadYaml) -> Result<Kubeconfig, String> {
    let wrong = |why: String| format!("{} is no usable kubeconfig: {why}", path.display());
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut document = yaml(&text).map_err(wrong)?;
    absolute(&mut document, path.parent().unwrap_or(Path::new(".")));
    // The error of a value that does not fit may quote it, and it may be a token.
    serde_json::from_value(document).map_err(|_| wrong("a field is missing or has the wrong type".to_owned()))
}

/// Paths in a kubeconfig are relative to its folder.
fn absolute(document: &mut Value, folder: &Path) {
    for (list, entry, fields) in [
        ("clusters", "cluster", &["certificate-authority"][..]),
        ("users", "user", &["client-certificate", "client-key", "tokenFile"]),
    ] {
        let entries = document.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for inner in entries.filter_map(|named| named.get_mut(entry)) {
            for field in fields {
                let Some(value) = inner.get_mut(*field) else { continue };
                if let Some(path) = value.as_str().filter(|path| !path.is_empty() && !Path::new(path).is_absolute()) {
                    *value = folder.join(path).display().to_string().into();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use serde_json::json;

    use super::{absolute, read};

    fn as_json(text: &[u8]) -> Result<serde_json::Value, String> {
        serde_json::from_slice(text).map_err(|_| "not JSON".to_owned())
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let mut document = json!({
            "clusters": [{"name": "c", "cluster": {"server": "https://a", "certificate-authority": "ca.crt"}}],
            "users": [{"name": "u", "user": {"tokenFile": "/abs/token", "client-key": "sub/key"}}, {"name": "v"}],
        });
        absolute(&mut document, "/etc/kube".as_ref());
        assert_eq!(document["clusters"][0]["cluster"]["certificate-authority"], "/etc/kube/ca.crt");
        assert_eq!(document["users"][0]["user"], json!({"tokenFile": "/abs/token", "client-key": "/etc/kube/sub/key"}));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        for text in ["{", r#"{"users": [{"name": "u", "user": {"token": ["canary"]}}]}"#] {
            std::fs::write(&path, text).unwrap();
            let why = read(&path, as_json).unwrap_err();
            assert!(why.contains("config is no usable kubeconfig") && !why.contains("canary"), "{why}");
        }
    }
}

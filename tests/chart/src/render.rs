//! Helm, and the objects that it makes of the chart.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use anyhow::{Context as _, ensure};
use eso_harness::{Part, Program, ensure as obtain};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{NAMESPACE, RELEASE, chart};

/// Shows the remarks of the chart's notes as an object, because `helm template` does not print notes.
const REMARKS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: remarks-of-the-notes\ndata:\n  remarks: \
     {{ include \"eso.remarks\" . | toJson }}\n";

/// The helm program.
#[derive(Clone)]
pub struct Helm {
    program: PathBuf,
}

/// What a set of values renders to.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The objects.
    pub objects: Vec<Value>,
    /// The lines of the notes about values without effect.
    pub remarks: Vec<String>,
}

impl Helm {
    /// Obtains it.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn obtain() -> anyhow::Result<Self> {
        Ok(Self { program: obtain(&[Part::Helm]).await?.path(Program::Helm)?.to_owned() })
    }

    /// Runs it with `env` added to an environment that leads to no cluster.
    ///
    /// # Errors
    /// When it cannot be run. Its exit code is not looked at.
    pub async fn run(&self, args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(args).env("KUBECONFIG", "no-such-file").envs(env.iter().copied());
        command.stdin(Stdio::null()).kill_on_drop(true).output().await.context("helm cannot be run")
    }

    /// Runs it and gives what it printed on stdout.
    ///
    /// # Errors
    /// When it exits with another code than 0; the message holds its stderr.
    pub async fn run_ok(&self, args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<String> {
        let output = self.run(args, env).await?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "helm {} failed: {}", args.first().unwrap_or(&""), stderr.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What the chart renders to with these values. `kinds` are API versions that the cluster shall have besides Kubernetes' own.
    ///
    /// # Errors
    /// When Helm refuses, with its message.
    pub async fn render(&self, values: &Value, kinds: &[&str]) -> anyhow::Result<Rendered> {
        let mut values = values.clone();
        let root = values.as_object_mut().context("values are an object")?;
        let extra = root.entry("extraObjects").or_insert_with(|| json!([]));
        extra.as_array_mut().context("extraObjects is a list")?.push(REMARKS.into());
        let file = tempfile::NamedTempFile::new().context("no temporary file")?;
        std::fs::write(file.path(), serde_json::to_vec(&values)?).context("the values cannot be written")?;
        let (chart, file) = (chart()?.display().to_string(), file.path().display().to_string());
        let mut args = vec!["template", RELEASE, &chart, "--namespace", NAMESPACE, "--values", &file];
        for kind in kinds {
            args.extend(["--api-versions", kind]);
        }
        let text = self.run_ok(&args, &[]).await?;
        Rendered::read(&text)
    }
}

impl Rendered {
    fn read(text: &str) -> anyhow::Result<Self> {
        let mut objects = Vec::new();
        let mut remarks = String::new();
        for document in text.split("\n---\n") {
            let object: Value = serde_saphyr::from_str(document).with_context(|| format!("not YAML:\n{document}"))?;
            if object.pointer("/metadata/name").is_some_and(|name| name == "remarks-of-the-notes") {
                object.pointer("/data/remarks").and_then(Value::as_str).unwrap_or_default().clone_into(&mut remarks);
            } else if !object.is_null() {
                objects.push(object);
            }
        }
        let remarks = remarks.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Ok(Self { objects, remarks })
    }

    /// The object of that kind and name.
    pub fn object(&self, kind: &str, name: &str) -> Option<&Value> {
        self.objects.iter().find(|object| {
            object.get("kind").is_some_and(|of| of == kind)
                && object.pointer("/metadata/name").is_some_and(|of| of == name)
        })
    }

    /// The objects of that kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object.get("kind").is_some_and(|of| of == kind))
    }

    /// All objects as the text of a YAML file (JSON is YAML).
    pub fn text(&self) -> String {
        self.objects.iter().map(|object| format!("{object}\n")).collect::<Vec<_>>().join("---\n")
    }
}

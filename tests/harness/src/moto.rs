//! AWS, as moto plays it. It accepts any credential; [`crate::aws_proxy`] is where they are checked.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::parts::{Installed, Program};
use crate::ports::Port;
use crate::process::Process;
use crate::wait::eventually_within;
use crate::workdir::WorkDir;

/// The region that [`Moto::aws`] and [`Moto::secrets_manager`] work in.
pub const REGION: &str = "us-west-2";
/// The account that moto plays.
pub const ACCOUNT: &str = "123456789012";

/// A running `moto_server`. It handles about 100 calls a second: not for load.
pub struct Moto {
    // The process ends before its folder goes.
    process: Process,
    folder: WorkDir,
    port: Port,
    installed: Installed,
    http: reqwest::Client,
}

impl Moto {
    /// Starts one and waits until it answers (1 to 3 s).
    ///
    /// # Errors
    /// When it does not start, with the end of its log.
    pub async fn start(installed: &Installed) -> anyhow::Result<Self> {
        crate::install_crypto();
        let folder = WorkDir::new("moto")?;
        let port = Port::claim()?;
        let mut command = Command::new(installed.path(Program::MotoServer)?);
        command.args(["-H", "127.0.0.1", "-p", &port.number().to_string()]);
        command.current_dir(folder.path()).env("HOME", folder.path());
        let process = Process::spawn("moto_server", command, &folder.path().join("moto.log"))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(20))
            .build()
            .context("no HTTP client")?;
        let moto = Self { process, folder, port, installed: installed.clone(), http };
        moto.wait_ready().await?;
        Ok(moto)
    }

    async fn wait_ready(&self) -> anyhow::Result<()> {
        eventually_within(Duration::from_secs(90), "moto_server answers", || async {
            self.process.check_alive()?;
            self.http.get(format!("{}/moto-api/", self.endpoint())).send().await?.error_for_status()?;
            Ok(())
        })
        .await
    }

    /// `http://127.0.0.1:<port>`, for every AWS service.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Forgets everything that has been stored.
    ///
    /// # Errors
    /// When moto does not answer.
    pub async fn reset(&self) -> anyhow::Result<()> {
        let reset = self.http.post(format!("{}/moto-api/reset", self.endpoint())).send().await;
        reset.and_then(reqwest::Response::error_for_status).context("moto cannot be reset")?;
        Ok(())
    }

    /// The environment in which the aws CLI, unmodified, talks to this moto: endpoint, region and made-up credentials.
    pub fn aws_env(&self) -> Vec<(String, String)> {
        let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        vec![
            owned("AWS_ENDPOINT_URL", &self.endpoint()),
            owned("AWS_DEFAULT_REGION", REGION),
            owned("AWS_ACCESS_KEY_ID", "AKIAHARNESSADMIN0001"),
            owned("AWS_SECRET_ACCESS_KEY", "made-up-for-moto"),
            owned("AWS_EC2_METADATA_DISABLED", "true"),
            owned("AWS_PAGER", ""),
        ]
    }

    /// Runs the real aws CLI against moto and waits for its end (about a second). Its exit code is not looked at.
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub async fn aws<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> anyhow::Result<Output> {
        let mut command = tokio::process::Command::new(self.installed.path(Program::Aws)?);
        command.args(args).env_clear().envs(self.aws_env()).env("HOME", self.folder.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        // Launchers of Python version managers look up the version from here.
        for name in ["PYENV_ROOT", "PYENV_VERSION", "VIRTUAL_ENV"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command.output().await.context("aws cannot be run")
    }

    /// Runs the aws CLI and gives what it printed on stdout.
    ///
    /// # Errors
    /// When it exits with another code than 0; the message holds its stderr.
    pub async fn aws_ok<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> anyhow::Result<String> {
        let output = self.aws(args).await?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "aws ended with {}: {}", output.status, stderr.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Calls Secrets Manager in [`REGION`] without the CLI (a few milliseconds): `secrets_manager("CreateSecret", json!({...}))`.
    ///
    /// # Errors
    /// When moto answers with an error; the message holds its body.
    pub async fn secrets_manager(&self, action: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(self.endpoint()).header("authorization", authorization("secretsmanager"));
        let request = request.header("x-amz-target", format!("secretsmanager.{action}"));
        let request = request.header("content-type", "application/x-amz-json-1.1").body(body.to_string());
        let response = request.send().await.with_context(|| format!("moto does not answer {action}"))?;
        let status = response.status();
        let text = response.text().await.with_context(|| format!("moto breaks off {action}"))?;
        anyhow::ensure!(status.is_success(), "moto answers {action} with {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("moto's answer to {action} is not JSON"))
    }

    /// Calls IAM: makes a role that anybody may assume as far as moto is concerned. It may be there already.
    ///
    /// # Errors
    /// When moto answers with an error.
    pub async fn create_role(&self, name: &str) -> anyhow::Result<String> {
        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let form = [
            ("Action", "CreateRole"),
            ("Version", "2010-05-08"),
            ("RoleName", name),
            ("AssumeRolePolicyDocument", trust),
        ];
        let request = self.http.post(self.endpoint()).header("authorization", authorization("iam")).form(&form);
        let response = request.send().await.context("moto does not answer CreateRole")?;
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        anyhow::ensure!(
            status.is_success() || text.contains("EntityAlreadyExists"),
            "moto refuses the role {name}: {text}"
        );
        Ok(format!("arn:aws:iam::{ACCOUNT}:role/{name}"))
    }

    /// What moto has printed: one line per request.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

/// moto reads service and region from here and checks nothing.
fn authorization(service: &str) -> String {
    let scope = format!("AKIAHARNESSADMIN0001/20200101/{REGION}/{service}/aws4_request");
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00")
}

//! Vault, as OpenBao plays it: one unsealed server that listens with and without TLS, and keeps its secrets over a restart.

use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::parts::{Installed, Program};
use crate::pki::Authority;
use crate::ports::Port;
use crate::process::Process;
use crate::wait::eventually_within;
use crate::workdir::WorkDir;

/// A running OpenBao. KV version 2 is mounted at `secret`, version 1 at `kv1`.
pub struct Bao {
    // The process ends before its folder goes.
    process: Mutex<Option<Process>>,
    folder: WorkDir,
    installed: Installed,
    port: Port,
    tls_port: Port,
    // Raft's own; nobody else uses it.
    cluster_port: Port,
    authority: Authority,
    http: reqwest::Client,
    keys: Mutex<Keys>,
}

/// What an initialisation gives.
#[derive(Clone, Default)]
struct Keys {
    unseal: String,
    root: String,
}

impl Bao {
    /// Starts one, initialises and unseals it (about 2 s).
    ///
    /// # Errors
    /// When it does not start, with the end of its log.
    pub async fn start(installed: &Installed) -> anyhow::Result<Self> {
        crate::install_crypto();
        let bao = Self {
            process: Mutex::default(),
            folder: WorkDir::new("bao")?,
            installed: installed.clone(),
            port: Port::claim()?,
            tls_port: Port::claim()?,
            cluster_port: Port::claim()?,
            authority: Authority::new("bao-ca")?,
            http: reqwest::Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .timeout(Duration::from_secs(20))
                .build()
                .context("no HTTP client")?,
            keys: Mutex::default(),
        };
        bao.configure()?;
        bao.launch().await?;
        let init = bao.call("PUT", "sys/init", &json!({"secret_shares": 1, "secret_threshold": 1})).await?;
        let text = |pointer: &str| init.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        *bao.keys.lock() = Keys { unseal: text("/keys/0"), root: text("/root_token") };
        bao.unseal().await?;
        bao.call("POST", "sys/mounts/secret", &json!({"type": "kv", "options": {"version": "2"}})).await?;
        bao.call("POST", "sys/mounts/kv1", &json!({"type": "kv", "options": {"version": "1"}})).await?;
        // A fresh version 2 refuses writes until it has set itself up.
        bao.put("secret/ready", &json!({})).await?;
        Ok(bao)
    }

    /// Writes what the server is started with.
    fn configure(&self) -> anyhow::Result<()> {
        let identity = self.authority.server("bao", &["localhost", "127.0.0.1"])?;
        let file = |name: &str| self.folder.path().join(name);
        let (certificate, key, data) = (file("tls.crt"), file("tls.key"), file("data"));
        std::fs::write(&certificate, &identity.certificate).context("no certificate can be written")?;
        std::fs::write(&key, &identity.key).context("no key can be written")?;
        std::fs::create_dir(&data).context("no folder for data")?;
        let address = |port: &Port| format!("127.0.0.1:{}", port.number());
        let cluster = address(&self.cluster_port);
        let plain = json!({"address": address(&self.port), "cluster_address": cluster, "tls_disable": true});
        let tls = json!({"address": address(&self.tls_port), "cluster_address": "127.0.0.1:0",
            "tls_cert_file": certificate, "tls_key_file": key});
        let config = json!({
            "storage": {"raft": {"path": data, "node_id": "one"}},
            "listener": [{ "tcp": plain }, { "tcp": tls }],
            "api_addr": self.url(),
            "cluster_addr": format!("https://{cluster}"),
        });
        std::fs::write(file("config.json"), config.to_string()).context("no config can be written")
    }

    async fn launch(&self) -> anyhow::Result<()> {
        let mut command = Command::new(self.installed.path(Program::Bao)?);
        let config = self.folder.path().join("config.json");
        command.arg("server").arg(format!("-config={}", config.display()));
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        let process = Process::spawn("bao", command, &self.folder.path().join("bao.log"))?;
        *self.process.lock() = Some(process);
        eventually_within(Duration::from_mins(1), "bao answers", || async {
            self.process.lock().as_ref().context("bao was stopped")?.check_alive()?;
            self.http.get(format!("{}/v1/sys/seal-status", self.url())).send().await?.error_for_status()?;
            Ok(())
        })
        .await
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// `https://localhost:<port>`, with a certificate of [`Self::ca`].
    pub fn tls_url(&self) -> String {
        format!("https://localhost:{}", self.tls_port.number())
    }

    /// The CA of the TLS side, PEM. It signs client certificates as well.
    pub fn ca(&self) -> String {
        self.authority.certificate()
    }

    /// Certificate and private key of a client, PEM.
    ///
    /// # Errors
    /// When none can be made.
    pub fn client_certificate(&self, name: &str) -> anyhow::Result<(String, String)> {
        let identity = self.authority.client(name, None)?;
        Ok((identity.certificate, identity.key))
    }

    /// A token that may do everything.
    pub fn root_token(&self) -> String {
        self.keys.lock().root.clone()
    }

    /// Calls the API as root; `path` is below `/v1/`.
    ///
    /// # Errors
    /// When it answers with an error; the message holds its body.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).context("no such method")?;
        let request = self.http.request(method, format!("{}/v1/{path}", self.url())).body(body.to_string());
        let response = request.header("x-vault-token", self.root_token()).send().await;
        let response = response.with_context(|| format!("bao does not answer {path}"))?;
        let status = response.status();
        let text = response.text().await.with_context(|| format!("bao breaks off {path}"))?;
        anyhow::ensure!(status.is_success(), "bao answers {path} with {status}: {text}");
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("bao's answer to {path} is not JSON"))
    }

    /// Writes a secret: `secret/a` as a new version, `kv1/a` over the old value.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn put(&self, path: &str, data: &Value) -> anyhow::Result<()> {
        let (path, body) = match path.strip_prefix("secret/") {
            Some(key) => (format!("secret/data/{key}"), json!({ "data": data })),
            None => (path.to_owned(), data.clone()),
        };
        eventually_within(Duration::from_secs(20), "a secret is written", || async {
            self.call("PUT", &path, &body).await.map(drop)
        })
        .await
    }

    /// A token with a policy that lets it read everything below `secret` and `kv1`, for an hour.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn reader_token(&self) -> anyhow::Result<String> {
        self.reader_policy().await?;
        let answer = self.call("POST", "auth/token/create", &json!({"policies": ["reader"], "ttl": "1h"})).await?;
        let token = answer.pointer("/auth/client_token").and_then(Value::as_str);
        token.map(str::to_owned).context("bao gives no token")
    }

    /// Makes the policy `reader`, which lets one read everything below `secret` and `kv1` but what is called `denied`.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn reader_policy(&self) -> anyhow::Result<()> {
        let policy = r#"path "secret/*" { capabilities = ["read"] }
            path "secret/data/denied" { capabilities = ["deny"] }
            path "kv1/*" { capabilities = ["read"] }"#;
        self.call("PUT", "sys/policies/acl/reader", &json!({ "policy": policy })).await.map(drop)
    }

    /// Seals it: it answers, but knows nothing.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn seal(&self) -> anyhow::Result<()> {
        self.call("PUT", "sys/seal", &json!({})).await.map(drop)
    }

    /// Unseals it and waits until it is active.
    ///
    /// # Errors
    /// When it does not become active.
    pub async fn unseal(&self) -> anyhow::Result<()> {
        let key = self.keys.lock().unseal.clone();
        self.call("PUT", "sys/unseal", &json!({ "key": key })).await?;
        eventually_within(Duration::from_mins(1), "bao is active", || async {
            self.http.get(format!("{}/v1/sys/health", self.url())).send().await?.error_for_status()?;
            Ok(())
        })
        .await
    }

    /// Takes it off the network.
    pub fn stop(&self) {
        self.process.lock().take();
    }

    /// Starts it again after [`Self::stop`], with all that it knew.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&self) -> anyhow::Result<()> {
        self.launch().await?;
        self.unseal().await
    }

    /// Lets it hang: it takes connections and never answers.
    ///
    /// # Errors
    /// When it does not run.
    pub fn hang(&self) -> anyhow::Result<()> {
        self.process.lock().as_ref().context("bao was stopped")?.signal("STOP")
    }

    /// Ends [`Self::hang`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.process.lock().as_ref().context("bao was stopped")?.signal("CONT")
    }
}

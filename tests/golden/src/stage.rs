//! The control plane and the controller that worlds are played on.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use eso_harness::cluster::{NAMESPACE, SERVICE_ACCOUNT, install_manifests};
use eso_harness::operator::controller_binary;
use eso_harness::{ControlPlane, Controllers, Operator, OperatorOptions, Options, Part, Profile, ensure};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::kinds::{Kind, Kinds};
use crate::pulse::Pulse;
use crate::world::World;

/// What the controller is started with: the worlds shall not wait for it.
const FLAGS: [&str; 2] = ["--concurrent=8", "--client-qps=0"];

/// Kinds that every world has.
pub const USUAL_KINDS: [&str; 2] = ["ExternalSecret", "Secret"];

/// A control plane with our CRDs and RBAC, and the controller running as its `ServiceAccount`.
pub struct Stage {
    operator: Operator,
    pulse: Pulse,
    kinds: Kinds,
    client: Client,
    // Last, so that it outlives whoever talks to it.
    _plane: ControlPlane,
}

/// An answer of the API server.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub code: u16,
    /// Body.
    pub body: Value,
}

impl Stage {
    /// Builds the controller, starts everything, and watches what the worlds will use.
    ///
    /// # Errors
    /// One that names the part that did not start.
    pub async fn set(worlds: &[World]) -> anyhow::Result<Self> {
        let (plane, binary) = tokio::try_join!(control_plane(), controller_binary(Profile::Dev))?;
        let kubeconfig = plane.dir().join("operator.kubeconfig");
        plane.kubeconfig_for_service_account(NAMESPACE, SERVICE_ACCOUNT, &kubeconfig).await?;
        let env = vec![("KUBECONFIG".to_owned(), kubeconfig.display().to_string())];
        let args = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
        let operator = Operator::start(OperatorOptions { binary, args, env, live_flag: None })?;
        operator.wait_ready().await?;
        let client = plane.admin_client();
        let kinds = Kinds::discover(client.clone()).await?;
        let applied = worlds.iter().flat_map(|world| &world.steps).flat_map(|step| &step.did.apply);
        let used: BTreeSet<&str> =
            applied.filter_map(|object| object.get("kind")?.as_str()).chain(USUAL_KINDS).collect();
        let watched: Vec<&Kind> = used.into_iter().chain(["Event"]).filter_map(|kind| kinds.get(kind)).collect();
        let pulse = Pulse::feel(&client, &watched);
        Ok(Self { operator, pulse, kinds, client, _plane: plane })
    }

    /// The kinds that are served.
    pub const fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// When something last happened where.
    pub const fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Fails when the controller has ended, with the end of its log.
    ///
    /// # Errors
    /// See above.
    pub fn check_alive(&self) -> anyhow::Result<()> {
        self.operator.process().check_alive()
    }

    /// The last lines of the controller's log that name the world's namespace.
    pub fn log_of(&self, world: &World, most: usize) -> Vec<String> {
        let quoted = format!("\"{}\"", world.namespace);
        let log = self.operator.log();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(&quoted)).collect();
        lines.iter().skip(lines.len().saturating_sub(most)).map(|&line| line.to_owned()).collect()
    }

    /// Makes the world's namespace.
    ///
    /// # Errors
    /// When there is one already.
    pub async fn make_namespace(&self, name: &str) -> anyhow::Result<()> {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let reply = self.send(Method::POST, "/api/v1/namespaces", Some(("application/json", &body))).await?;
        anyhow::ensure!(reply.code == 201, "namespace {name} cannot be made: {}", reply.body);
        Ok(())
    }

    /// The objects at a path that lists.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut reply = self.send(Method::GET, path, None).await?;
        anyhow::ensure!(reply.code == 200, "GET {path} is answered {}: {}", reply.code, reply.body);
        Ok(reply.body.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default())
    }

    /// One request; a refusal is an answer too. `body` goes with its content type.
    ///
    /// # Errors
    /// When there is no answer within 30 s, or none that is JSON.
    pub async fn send(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> anyhow::Result<Reply> {
        let doing = || format!("{method} {path}");
        let mut request = Request::builder().method(&method).uri(path);
        let mut bytes = Vec::new();
        if let Some((content_type, body)) = body {
            request = request.header(http::header::CONTENT_TYPE, content_type);
            bytes = serde_json::to_vec(body)?;
        }
        let exchange = async {
            let response = self.client.send(request.body(Body::from(bytes))?).await?;
            let code = response.status().as_u16();
            let bytes = response.into_body().collect().await?.to_bytes();
            let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
            anyhow::Ok(Reply { code, body })
        };
        tokio::time::timeout(Duration::from_secs(30), exchange)
            .await
            .with_context(|| format!("{}: no answer", doing()))?
            .with_context(doing)
    }
}

async fn control_plane() -> anyhow::Result<ControlPlane> {
    let installed = ensure(&[Part::ControlPlane, Part::ControllerManager]).await?;
    // Garbage collection shows in the worlds; whatever else would leave traces in their namespaces stays away.
    let controllers =
        ["garbage-collector-controller", "namespace-controller", "serviceaccount-controller"].map(str::to_owned);
    let options = Options { controllers: Controllers::Named(controllers.into()), ..Options::default() };
    let plane = ControlPlane::start(&installed, options).await?;
    install_manifests(&plane).await?;
    Ok(plane)
}

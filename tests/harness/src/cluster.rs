//! Everything together: what an operator finds in a cluster whose `ServiceAccounts` AWS trusts.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::ListParams;
use kube::{Api, Client};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::api_proxy::ApiProxy;
use crate::aws_proxy::{AUDIENCE, AwsProxy};
use crate::control_plane::{ControlPlane, Controllers, ISSUER, Options};
use crate::kubeconfig;
use crate::moto::{ACCOUNT, Moto};
use crate::operator::{Operator, OperatorOptions, Profile, controller_binary};
use crate::parts::{Installed, Part, ensure};
use crate::wait::eventually;
use crate::workdir::WorkDir;
use crate::workspace;

/// The namespace that the operator runs in.
pub const NAMESPACE: &str = "external-secrets";
/// The `ServiceAccount` that it runs as, and the name of its IAM role and of its sessions.
pub const SERVICE_ACCOUNT: &str = "external-secrets";

/// How the operator reaches the API server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Through the [`ApiProxy`].
    #[default]
    Proxy,
    /// Directly.
    Direct,
}

/// What kind of cluster.
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    /// Which of kube-controller-manager's controllers run.
    pub controllers: Controllers,
    /// How the operator reaches the API server.
    pub route: Route,
    /// More arguments for kube-apiserver.
    pub api_server_args: Vec<String>,
    /// How the controller is compiled.
    pub profile: Profile,
}

/// A control plane with our CRDs and RBAC, moto with a role that our `ServiceAccount` may assume, and the two proxies.
pub struct Cluster {
    api_proxy: ApiProxy,
    aws: AwsProxy,
    moto: Moto,
    plane: ControlPlane,
    installed: Installed,
    options: ClusterOptions,
    binary: OnceCell<PathBuf>,
    folder: WorkDir,
}

impl Cluster {
    /// Obtains the parts, starts them all, and prepares what an operator needs. 5 to 8 s once the parts are there.
    ///
    /// # Errors
    /// One that names the part.
    pub async fn start(options: ClusterOptions) -> anyhow::Result<Self> {
        let mut parts = vec![Part::ControlPlane, Part::Moto, Part::AwsCli];
        if options.controllers != Controllers::None {
            parts.push(Part::ControllerManager);
        }
        let installed = ensure(&parts).await?;
        let plane_options =
            Options { controllers: options.controllers.clone(), api_server_args: options.api_server_args.clone() };
        let (plane, moto) = tokio::try_join!(ControlPlane::start(&installed, plane_options), Moto::start(&installed))?;
        let (aws, api_proxy, (), role) = tokio::try_join!(
            start_aws_proxy(&moto, &plane),
            ApiProxy::start(&plane),
            install_manifests(&plane),
            moto.create_role(SERVICE_ACCOUNT),
        )?;
        aws.trust(&role, &subject());
        let folder = WorkDir::new("cluster")?;
        let cluster = Self { api_proxy, aws, moto, plane, installed, options, binary: OnceCell::new(), folder };
        cluster.write_operator_kubeconfig().await?;
        cluster.renew_web_identity_token().await?;
        Ok(cluster)
    }

    /// One cluster for all the tests of a process (with [`Controllers::Usual`]), started by the first that asks. It lives in a
    /// runtime of its own, because each test's runtime ends with the test, and goes when the process ends.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn shared() -> anyhow::Result<&'static Self> {
        static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
        static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
        let build = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let start = || async {
            let runtime =
                RUNTIME.get_or_init(build).as_ref().map_err(|error| anyhow::anyhow!("no runtime: {error}"))?;
            let options = ClusterOptions { controllers: Controllers::Usual, ..ClusterOptions::default() };
            runtime.spawn(Self::start(options)).await.context("the cluster's start was interrupted")?
        };
        CLUSTER.get_or_try_init(start).await
    }

    /// The API server and its admin's tools.
    pub const fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    /// AWS as its administrator sees it.
    pub const fn moto(&self) -> &Moto {
        &self.moto
    }

    /// AWS as the operator sees it: counts and faults.
    pub const fn aws(&self) -> &AwsProxy {
        &self.aws
    }

    /// The API server as the operator sees it with [`Route::Proxy`]: counts and faults.
    pub const fn api_proxy(&self) -> &ApiProxy {
        &self.api_proxy
    }

    /// The programs that were obtained.
    pub const fn installed(&self) -> &Installed {
        &self.installed
    }

    /// A client with all rights.
    pub fn admin_client(&self) -> Client {
        self.plane.admin_client()
    }

    /// A folder for files of the test's own, which goes with the cluster.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// The ARN of the role that the operator logs in to.
    pub fn role_arn(&self) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{SERVICE_ACCOUNT}")
    }

    /// The kubeconfig with which the operator acts as its `ServiceAccount`.
    pub fn operator_kubeconfig(&self) -> PathBuf {
        self.folder.path().join("operator.kubeconfig")
    }

    /// The file with the token that the operator shows to AWS. A test may overwrite or remove it; see
    /// [`Self::renew_web_identity_token`].
    pub fn web_identity_token_path(&self) -> PathBuf {
        self.folder.path().join("aws-token")
    }

    /// Writes a good web identity token again, as the kubelet does.
    ///
    /// # Errors
    /// When the API server gives none.
    pub async fn renew_web_identity_token(&self) -> anyhow::Result<()> {
        let day = Duration::from_hours(24);
        let token = self.plane.service_account_token(NAMESPACE, SERVICE_ACCOUNT, AUDIENCE, day).await?;
        kubeconfig::write_private(&self.web_identity_token_path(), &token)
    }

    async fn write_operator_kubeconfig(&self) -> anyhow::Result<()> {
        let path = self.operator_kubeconfig();
        match self.options.route {
            Route::Proxy => {
                self.api_proxy.kubeconfig_for_service_account(&self.plane, NAMESPACE, SERVICE_ACCOUNT, &path).await
            }
            Route::Direct => self.plane.kubeconfig_for_service_account(NAMESPACE, SERVICE_ACCOUNT, &path).await,
        }
    }

    /// What a pod of the operator has in its environment, with KUBECONFIG in place of the mounted `ServiceAccount`, and the
    /// endpoints in place of AWS's own. No credential is in it.
    pub fn operator_env(&self) -> Vec<(String, String)> {
        let owned = |name: &str, value: String| (name.to_owned(), value);
        vec![
            owned("KUBECONFIG", self.operator_kubeconfig().display().to_string()),
            owned("AWS_WEB_IDENTITY_TOKEN_FILE", self.web_identity_token_path().display().to_string()),
            owned("AWS_ROLE_ARN", self.role_arn()),
            owned("AWS_ROLE_SESSION_NAME", SERVICE_ACCOUNT.to_owned()),
            owned("AWS_SECRETSMANAGER_ENDPOINT", self.aws.endpoint()),
            owned("AWS_STS_ENDPOINT", self.aws.endpoint()),
        ]
    }

    /// What [`Operator::start`] needs for this cluster; the controller is built on the first call.
    ///
    /// # Errors
    /// When it does not build.
    pub async fn operator_options(&self) -> anyhow::Result<OperatorOptions> {
        let binary = self.binary.get_or_try_init(|| controller_binary(self.options.profile)).await?;
        Ok(OperatorOptions { binary: binary.clone(), args: Vec::new(), env: self.operator_env(), live_flag: None })
    }

    /// Starts the controller with these arguments and waits until it is ready.
    ///
    /// # Errors
    /// When it does not build or does not become ready.
    pub async fn start_operator(&self, args: &[&str]) -> anyhow::Result<Operator> {
        let mut options = self.operator_options().await?;
        options.args = args.iter().map(|&arg| arg.to_owned()).collect();
        let operator = Operator::start(options)?;
        operator.wait_ready().await?;
        Ok(operator)
    }
}

/// What the operator's tokens say it is.
fn subject() -> String {
    format!("system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}")
}

async fn start_aws_proxy(moto: &Moto, plane: &ControlPlane) -> anyhow::Result<AwsProxy> {
    AwsProxy::start(&moto.endpoint(), ISSUER, plane.admin_client()).await
}

/// Puts into a cluster what the chart would: the namespace, the `ServiceAccount`, `deploy/crds` and the controller's RBAC. Waits
/// until every kind is served.
///
/// # Errors
/// When a file is missing (`cargo xtask gen` writes them) or the API server refuses one.
pub async fn install_manifests(plane: &ControlPlane) -> anyhow::Result<()> {
    let deploy = workspace::root()?.join("deploy");
    let crds = deploy.join("crds");
    let rbac = deploy.join("manifests/controller-rbac.yaml");
    let is_yaml = |path: &Path| path.extension().is_some_and(|extension| extension == "yaml");
    let has_crds =
        crds.read_dir().is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| is_yaml(&entry.path()))));
    anyhow::ensure!(has_crds, "{} holds no CRDs: run `cargo xtask gen`", crds.display());
    anyhow::ensure!(rbac.is_file(), "{} is missing: run `cargo xtask gen`", rbac.display());
    plane.ensure_service_account(NAMESPACE, SERVICE_ACCOUNT).await?;
    let (crds, rbac) = (crds.display().to_string(), rbac.display().to_string());
    plane.kubectl_ok(&["apply", "--server-side", "--force-conflicts", "-f", &crds, "-f", &rbac]).await?;
    wait_until_served(plane).await
}

async fn wait_until_served(plane: &ControlPlane) -> anyhow::Result<()> {
    let client = plane.admin_client();
    let definitions = Api::<CustomResourceDefinition>::all(client.clone());
    eventually("every custom resource is served", || async {
        for definition in definitions.list(&ListParams::default()).await? {
            let conditions = definition.status.and_then(|status| status.conditions).unwrap_or_default();
            let established =
                conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True");
            anyhow::ensure!(established, "{} is not established", definition.spec.names.plural);
            for version in definition.spec.versions.iter().filter(|version| version.served) {
                let path = format!(
                    "/apis/{}/{}/{}?limit=1",
                    definition.spec.group, version.name, definition.spec.names.plural
                );
                client.request_text(http::Request::get(path).body(Vec::new())?).await?;
            }
        }
        Ok(())
    })
    .await
}

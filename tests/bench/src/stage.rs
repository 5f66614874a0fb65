//! Where operators are measured: a fresh API server with our CRDs and RBAC, and AWS.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use eso_harness::aws_proxy::AUDIENCE;
use eso_harness::cluster::{NAMESPACE, SERVICE_ACCOUNT, install_manifests};
use eso_harness::{ControlPlane, Installed, Options};

use crate::api_client::ApiServer;
use crate::args::BenchArgs;
use crate::aws_stand_in::AwsStandIn;

const KUBECONFIG: &str = "operator.kubeconfig";
const AWS_TOKEN: &str = "aws-token";
/// Longer than any run.
const TOKEN_LIFE: Duration = Duration::from_hours(24);

/// A fresh API server and AWS.
pub(crate) struct Stage {
    pub(crate) plane: ControlPlane,
    pub(crate) aws: AwsStandIn,
    pub(crate) api: ApiServer,
}

impl Stage {
    /// Starts both (about 5 s).
    ///
    /// # Errors
    /// When something does not start.
    pub(crate) async fn start(installed: &Installed, args: &BenchArgs) -> anyhow::Result<Self> {
        let plane = ControlPlane::start(installed, Options::default()).await?;
        install_manifests(&plane).await?;
        if let Some(manifests) = &args.peer_manifests {
            let manifests = manifests.display().to_string();
            plane.kubectl_ok(&["apply", "--server-side", "--force-conflicts", "-f", &manifests]).await?;
        }
        let api = ApiServer::new(plane.admin_kubeconfig()).await?;
        let aws = AwsStandIn::start(args.latency()).await?;
        let stage = Self { plane, aws, api };
        stage.write_tokens().await?;
        Ok(stage)
    }

    /// Tokens for the operator: one for the API server, with exactly the RBAC we ship, and one to show to AWS.
    async fn write_tokens(&self) -> anyhow::Result<()> {
        self.plane.kubeconfig_for_service_account(NAMESPACE, SERVICE_ACCOUNT, &self.file(KUBECONFIG)).await?;
        let token = self.plane.service_account_token(NAMESPACE, SERVICE_ACCOUNT, AUDIENCE, TOKEN_LIFE).await?;
        std::fs::write(self.file(AWS_TOKEN), token).context("the token for AWS cannot be written")
    }

    /// What an operator's pod has in its environment. No AWS credential is in it. Endpoints are given both by ESO's variables and
    /// by the AWS SDKs'.
    pub(crate) fn operator_env(&self) -> Vec<(&'static str, String)> {
        let endpoint = self.aws.endpoint();
        vec![
            ("KUBECONFIG", self.file(KUBECONFIG).display().to_string()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", self.file(AWS_TOKEN).display().to_string()),
            ("AWS_ROLE_ARN", format!("arn:aws:iam::123456789012:role/{SERVICE_ACCOUNT}")),
            ("AWS_ROLE_SESSION_NAME", SERVICE_ACCOUNT.to_owned()),
            ("AWS_REGION", "us-west-2".to_owned()),
            ("AWS_SECRETSMANAGER_ENDPOINT", endpoint.clone()),
            ("AWS_STS_ENDPOINT", endpoint.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint.clone()),
            ("AWS_ENDPOINT_URL_STS", endpoint),
        ]
    }

    /// A file in the control plane's folder, which goes away with it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.plane.dir().join(name)
    }
}

//! Where operators are measured: a fresh API server with our CRDs and RBAC, and AWS.

use std::path::PathBuf;
use std::time::Duration;

use eso_harness::aws_proxy::AUDIENCE;
use eso_harness::cluster::{NAMESPACE, SERVICE_ACCOUNT, install_manifests};
use eso_harness::{ControlPlane, Installed, Options};

use crate::api_client::ApiServer;
use crate::args::BenchArgs;
use crate::aws_stand_in::AwsStandIn;

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
        Ok(Self { plane, aws, api })
    }

    /// What an operator's pod has in its environment: an identity with exactly the RBAC we ship, a web identity token, and no
    /// AWS credential. Endpoints are given both by ESO's variables and by the AWS SDKs'.
    ///
    /// # Errors
    /// When the API server gives no token.
    pub(crate) async fn operator_env(&self) -> anyhow::Result<Vec<(String, String)>> {
        let kubeconfig = self.file("operator.kubeconfig");
        self.plane.kubeconfig_for_service_account(NAMESPACE, SERVICE_ACCOUNT, &kubeconfig).await?;
        let token = self.plane.service_account_token(NAMESPACE, SERVICE_ACCOUNT, AUDIENCE, TOKEN_LIFE).await?;
        let token_file = self.file("aws-token");
        std::fs::write(&token_file, token)?;
        let endpoint = self.aws.endpoint();
        let mut env = vec![
            ("KUBECONFIG", kubeconfig.display().to_string()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token_file.display().to_string()),
            ("AWS_ROLE_ARN", format!("arn:aws:iam::123456789012:role/{SERVICE_ACCOUNT}")),
            ("AWS_ROLE_SESSION_NAME", SERVICE_ACCOUNT.to_owned()),
            ("AWS_REGION", "us-west-2".to_owned()),
        ];
        let endpoints = [
            "AWS_SECRETSMANAGER_ENDPOINT",
            "AWS_STS_ENDPOINT",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "AWS_ENDPOINT_URL_STS",
        ];
        env.extend(endpoints.map(|name| (name, endpoint.clone())));
        Ok(env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A file in the control plane's folder, which goes away with it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.plane.dir().join(name)
    }
}

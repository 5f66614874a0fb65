//! The block `spec.provider.vault.auth`.

use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ways to log in. Of several that are set the first counts, in the order of this list: tokenSecretRef, appRole, kubernetes, ldap,
/// userPass, jwt, cert, iam, gcp.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultAuth {
    /// Namespace of Vault Enterprise to log in to. Left out, the store's own.
    pub namespace: Option<String>,
    /// A token that lies in a Secret.
    pub token_secret_ref: Option<SecretKeySelector>,
    /// Auth method AppRole.
    pub app_role: Option<AppRoleAuth>,
    /// Auth method Kubernetes.
    pub kubernetes: Option<KubernetesAuth>,
    /// Auth method LDAP.
    pub ldap: Option<LdapAuth>,
    /// Auth method Userpass.
    pub user_pass: Option<UserPassAuth>,
    /// Auth method JWT/OIDC.
    pub jwt: Option<JwtAuth>,
    /// Auth method TLS certificates.
    pub cert: Option<CertAuth>,
    /// Auth method AWS, type iam.
    pub iam: Option<IamAuth>,
    /// Auth method Google Cloud.
    pub gcp: Option<GcpAuth>,
}

/// A role and a secret ID.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["path", "secretRef"]))] // ESO requires what has a default
pub struct AppRoleAuth {
    /// Where the auth method is mounted.
    #[serde(default = "approle")]
    pub path: String,
    /// The role's ID. It wins over roleRef.
    pub role_id: Option<String>,
    /// Where the role's ID lies.
    pub role_ref: Option<SecretKeySelector>,
    /// Where the secret ID lies.
    pub secret_ref: SecretKeySelector,
}

/// The token of a ServiceAccount, for Vault to review.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["mountPath", "role"]))] // ESO requires what has a default
pub struct KubernetesAuth {
    /// Where the auth method is mounted.
    #[serde(default = "kubernetes")]
    pub mount_path: String,
    /// The role to log in as.
    pub role: String,
    /// The ServiceAccount that logs in. Left out, secretRef counts, else the controller's own.
    pub service_account_ref: Option<ServiceAccountSelector>,
    /// Where a token of a ServiceAccount lies. Its key in the Secret is token unless it is named.
    pub secret_ref: Option<SecretKeySelector>,
}

/// A user of a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["path", "username"]))] // ESO requires what has a default
pub struct LdapAuth {
    /// Where the auth method is mounted.
    #[serde(default = "ldap")]
    pub path: String,
    /// The user's name.
    pub username: String,
    /// Where the password lies.
    pub secret_ref: Option<SecretKeySelector>,
}

/// A user of Vault's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["path", "username"]))] // ESO requires what has a default
pub struct UserPassAuth {
    /// Where the auth method is mounted.
    #[serde(default = "userpass")]
    pub path: String,
    /// The user's name.
    pub username: String,
    /// Where the password lies.
    pub secret_ref: Option<SecretKeySelector>,
}

/// A JSON web token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["path"]))] // ESO requires what has a default
pub struct JwtAuth {
    /// Where the auth method is mounted.
    #[serde(default = "jwt")]
    pub path: String,
    /// The role to log in as. Left out, the auth method's default role.
    pub role: Option<String>,
    /// Where the token lies. It wins over kubernetesServiceAccountToken.
    pub secret_ref: Option<SecretKeySelector>,
    /// Logs in with a fresh token of a ServiceAccount.
    pub kubernetes_service_account_token: Option<AccountToken>,
}

/// A fresh token of a ServiceAccount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountToken {
    /// The ServiceAccount.
    pub service_account_ref: ServiceAccountSelector,
    /// Audiences of the token, after those of serviceAccountRef; vault when the field is left out. Better named there.
    pub audiences: Option<Vec<String>>,
    /// Life of the token in seconds; 600 when the field is left out.
    pub expiration_seconds: Option<i64>,
}

/// A client certificate that Vault knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertAuth {
    /// Where the auth method is mounted.
    #[serde(default = "cert")]
    pub path: String,
    /// The role to log in as. Left out, Vault tries all.
    pub vault_role: Option<String>,
    /// The certificate, PEM. Its key in the Secret is tls.crt unless it is named.
    pub client_cert: Option<SecretKeySelector>,
    /// Its private key, PEM. Its key in the Secret is tls.key unless it is named.
    pub secret_ref: Option<SecretKeySelector>,
}

/// An identity of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IamAuth {
    /// Where the auth method is mounted; aws when left out.
    pub path: Option<String>,
    /// Region of AWS's token service; us-east-1 when left out.
    pub region: Option<String>,
    /// ARN of the AWS role to assume before logging in.
    pub role: Option<String>,
    /// The role to log in as at Vault.
    pub vault_role: String,
    /// External ID that the AWS role's trust policy asks for.
    #[serde(rename = "externalID")]
    pub external_id: Option<String>,
    /// Value of the header by which Vault knows that a request is meant for it.
    #[serde(rename = "vaultAwsIamServerID")]
    pub server_id: Option<String>,
    /// An access key that lies in Secrets.
    pub secret_ref: Option<IamAccessKey>,
    /// A ServiceAccount that AWS trusts.
    pub jwt: Option<IamAccount>,
}

/// Where the parts of an access key lie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IamAccessKey {
    /// The access key's ID.
    #[serde(rename = "accessKeyIDSecretRef")]
    pub access_key_id_secret_ref: Option<SecretKeySelector>,
    /// The secret access key.
    pub secret_access_key_secret_ref: Option<SecretKeySelector>,
    /// The session token, for keys that are temporary.
    pub session_token_secret_ref: Option<SecretKeySelector>,
}

/// A ServiceAccount that AWS trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IamAccount {
    /// The ServiceAccount.
    pub service_account_ref: Option<ServiceAccountSelector>,
}

/// An identity of Google Cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GcpAuth {
    /// Where the auth method is mounted.
    #[serde(default = "gcp")]
    pub path: String,
    /// The role to log in as.
    pub role: String,
    /// The Google Cloud project.
    #[serde(rename = "projectID")]
    pub project_id: Option<String>,
    /// Location of the cluster.
    pub location: Option<String>,
    /// A service account key that lies in a Secret.
    pub secret_ref: Option<GcpKey>,
    /// A ServiceAccount that Google trusts.
    pub workload_identity: Option<GcpWorkloadIdentity>,
    /// A ServiceAccount of Kubernetes.
    pub service_account_ref: Option<ServiceAccountSelector>,
}

/// Where a service account key of Google lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GcpKey {
    /// The key, JSON.
    pub secret_access_key_secret_ref: Option<SecretKeySelector>,
}

/// A ServiceAccount that Google trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GcpWorkloadIdentity {
    /// The ServiceAccount.
    pub service_account_ref: ServiceAccountSelector,
    /// Location of the cluster.
    pub cluster_location: Option<String>,
    /// Name of the cluster.
    pub cluster_name: Option<String>,
    /// Project of the cluster.
    #[serde(rename = "clusterProjectID")]
    pub cluster_project_id: Option<String>,
}

/// Default mount paths, each named after its auth method.
macro_rules! defaults {
    ($($name:ident)*) => {
        $(fn $name() -> String {
            stringify!($name).to_owned()
        })*
    };
}

defaults!(approle kubernetes ldap userpass jwt cert gcp);

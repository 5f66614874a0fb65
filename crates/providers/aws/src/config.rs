//! The block `spec.provider.aws`.

use std::collections::BTreeMap;

use eso_core::crd::{SecretKeySelector, ServiceAccountSelector};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// How to reach a service of AWS, and with whose credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsConfig {
    /// The service that holds the secrets.
    #[schemars(schema_with = "service")]
    pub service: String,
    /// The region, such as us-west-2.
    pub region: String,
    /// Credentials of the store's own. Left out, those of the controller count: environment, projected token, Pod Identity, node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AwsAuth>,
    /// ARN of the role to read as. It is assumed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// ARNs of roles to assume one after another on the way to role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_roles: Option<Vec<String>>,
    /// External ID that the trust policy of role asks for.
    #[serde(default, rename = "externalID", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Session tags sent when role is assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_tags: Option<Vec<SessionTag>>,
    /// Keys of session tags that stay on when another role is assumed from role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transitive_tag_keys: Option<Vec<String>>,
    /// Where session tags come from. None: sessionTags. Simple: namespace, name and kind of the store's use (esoNamespace, esoStoreName, esoStoreKind). Custom: these and customSessionTags.
    #[serde(default)]
    #[schemars(schema_with = "session_tags_policy")]
    pub session_tags_policy: SessionTagsPolicy,
    /// Session tags of your own for the policy Custom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "!('esoNamespace' in self) && !('esoStoreName' in self) && !('esoStoreKind' in self)",
        "message": "esoNamespace, esoStoreName and esoStoreKind are set by the operator."
    }]))]
    pub custom_session_tags: Option<BTreeMap<String, String>>,
    /// Put before the key of every reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How Secrets Manager deletes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets_manager: Option<DeletionConfig>,
}

/// The store's own credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsAuth {
    /// An access key that lies in Secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<AccessKeyAuth>,
    /// A ServiceAccount that AWS trusts. It wins over secretRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<WebIdentityAuth>,
}

/// Where the parts of an access key lie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessKeyAuth {
    /// The access key's ID.
    #[serde(default, rename = "accessKeyIDSecretRef", skip_serializing_if = "Option::is_none")]
    pub access_key_id_secret_ref: Option<SecretKeySelector>,
    /// The secret access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key_secret_ref: Option<SecretKeySelector>,
    /// The session token, for keys that are temporary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token_secret_ref: Option<SecretKeySelector>,
}

/// A ServiceAccount whose token AWS exchanges for credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebIdentityAuth {
    /// The ServiceAccount. Its annotation eks.amazonaws.com/role-arn names the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_ref: Option<ServiceAccountSelector>,
}

/// A session tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// Where session tags come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionTagsPolicy {
    /// From `sessionTags`.
    #[default]
    None,
    /// Namespace, name and kind of the store's use.
    Simple,
    /// As Simple, and `customSessionTags`.
    Custom,
}

/// How Secrets Manager deletes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletionConfig {
    /// Deletes at once and for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_delete_without_recovery: Option<bool>,
    /// Days in which a deleted secret can be restored: 7 to 30, or 0 for AWS's own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_window_in_days: Option<i64>,
}

fn service(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["SecretsManager", "ParameterStore", "CertificateManager"] })
}

fn session_tags_policy(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["None", "Simple", "Custom"], "default": "None" })
}

impl AwsConfig {
    /// Whether credentials come from whatever namespace uses the store: some reference names none of its own. Source: ESO.
    pub fn is_referent(&self) -> bool {
        let auth = self.auth.as_ref();
        let account = auth.and_then(|auth| auth.jwt.as_ref()).and_then(|jwt| jwt.service_account_ref.as_ref());
        let keys = auth.and_then(|auth| auth.secret_ref.as_ref()).into_iter().flat_map(AccessKeyAuth::references);
        let without = |namespace: Option<&str>| namespace.is_none_or(str::is_empty);
        account.is_some_and(|account| without(account.namespace.as_deref()))
            || keys.into_iter().any(|(_, selector)| without(selector.namespace.as_deref()))
    }
}

impl AccessKeyAuth {
    /// The references that are set, with the names of their fields, in the order in which they are read.
    pub fn references(&self) -> impl Iterator<Item = (&'static str, &SecretKeySelector)> {
        let all = [
            ("secretAccessKeySecretRef", &self.secret_access_key_secret_ref),
            ("accessKeyIDSecretRef", &self.access_key_id_secret_ref),
            ("sessionTokenSecretRef", &self.session_token_secret_ref),
        ];
        all.into_iter().filter_map(|(name, selector)| Some((name, selector.as_ref()?)))
    }
}

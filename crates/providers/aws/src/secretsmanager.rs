//! Reads secrets from AWS Secrets Manager.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use eso_core::provider::{ApiCall, CallResult, Host, Locator, MetadataPolicy, Payload, Reader, Shape};
use eso_core::{Fault, FaultKind, SecretBytes};
use eso_provider_kit::login::Refusal;
use eso_provider_kit::{json_object, properties};
use futures::StreamExt;

use crate::auth::{Login, Provide};
use crate::fault::Asked;
use crate::guard::{self, Retry};

const SERVICE: &str = "AWS Secrets Manager";

/// Label of the call counter.
const METRIC: &str = "AWS/SecretsManager";

/// Requests of one `read` that are under way at a time.
const CONCURRENCY: usize = 4;

/// A connected reader.
pub(crate) struct SecretsManager {
    client: Client,
    login: Arc<Login>,
    host: Arc<dyn Host>,
    region: String,
    prefix: String,
    retry: Retry,
}

/// What one request answers: all locators with the same one share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    /// Name or ARN, with the store's prefix.
    secret: String,
    /// Empty where tags are asked for: they belong to the secret, not to a version.
    version: String,
    metadata: MetadataPolicy,
}

impl SecretsManager {
    /// `AWS_SECRETSMANAGER_ENDPOINT` stands in for the region's own endpoint.
    ///
    /// Faults: Misconfigured, when the store's retry settings cannot be read.
    pub(crate) fn new(sdk: &SdkConfig, login: Arc<Login>, host: Arc<dyn Host>, prefix: &str) -> Result<Self, Fault> {
        let retry = guard::retry(host.retry_settings())?;
        let mut builder =
            aws_sdk_secretsmanager::config::Builder::from(sdk).credentials_provider(Provide(Arc::clone(&login)));
        if let Some(endpoint) = host.env("AWS_SECRETSMANAGER_ENDPOINT") {
            builder = builder.endpoint_url(endpoint);
        }
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        Ok(Self { client: Client::from_conf(builder.build()), login, host, region, prefix: prefix.to_owned(), retry })
    }

    fn request(&self, locator: &Locator) -> Request {
        let version = match locator.metadata {
            MetadataPolicy::None => locator.version.clone(),
            MetadataPolicy::Fetch => String::new(),
        };
        Request { secret: format!("{}{}", self.prefix, locator.key), version, metadata: locator.metadata }
    }

    async fn answer(&self, request: &Request) -> Result<SecretBytes, Fault> {
        // Before the request, so that its deadline is not spent on the login.
        self.login.credentials().await?;
        let answer = match request.metadata {
            MetadataPolicy::None => self.value(request).await,
            MetadataPolicy::Fetch => self.tags(request).await,
        };
        if answer.as_ref().is_err_and(|fault| fault.kind == FaultKind::Unauthenticated) {
            self.login.refused(Refusal::Likely, |_| true);
        }
        answer
    }

    /// `GetSecretValue`: the text if there is one, even an empty one, else the bytes.
    async fn value(&self, request: &Request) -> Result<SecretBytes, Fault> {
        let (id, stage) = match request.version.strip_prefix("uuid/") {
            Some(id) => (Some(id.to_owned()), None),
            None if request.version.is_empty() => (None, Some("AWSCURRENT".to_owned())),
            None => (None, Some(request.version.clone())),
        };
        let asked = self.asked("GetSecretValue", request);
        let answer = guard::send(&asked, self.retry, || async {
            let request = self.client.get_secret_value().secret_id(&request.secret);
            let answer = request.set_version_id(id.clone()).set_version_stage(stage.clone()).send().await;
            self.count("GetSecretValue", CallResult::from(&answer));
            answer
        });
        let answer = answer.await?;
        match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => Ok(SecretBytes::from(text)),
            (None, Some(bytes)) => Ok(SecretBytes::new(bytes.into_inner())),
            (None, None) => {
                let text = format!("{} in {} has neither text nor bytes. Give it a value.", asked.subject, self.region);
                Err(Fault::new(FaultKind::Invalid, text))
            }
        }
    }

    /// `DescribeSecret`: the tags as a JSON object, sorted by key.
    async fn tags(&self, request: &Request) -> Result<SecretBytes, Fault> {
        let asked = self.asked("DescribeSecret", request);
        let answer = guard::send(&asked, self.retry, || async {
            let answer = self.client.describe_secret().secret_id(&request.secret).send().await;
            self.count("DescribeSecret", CallResult::from(&answer));
            answer
        });
        let tags = answer.await?.tags.unwrap_or_default();
        let tags = tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
        let json = serde_json::to_vec(&tags.collect::<BTreeMap<String, String>>()).map_err(|error| {
            Fault::new(FaultKind::Internal, "tags could not be written as JSON.").with_detail(error.to_string())
        })?;
        Ok(SecretBytes::new(json))
    }

    fn asked(&self, operation: &'static str, request: &Request) -> Asked<'_> {
        let subject = match request.version.as_str() {
            "" => format!("secret {:?}", request.secret),
            version => format!("secret {:?} with version {version:?}", request.secret),
        };
        let remedy = match operation {
            "DescribeSecret" => "Allow the store's identity the action secretsmanager:DescribeSecret on it.",
            _ => {
                "Allow the store's identity the action secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a KMS \
                 key of its own."
            }
        };
        let proof = "the credentials of the store".to_owned();
        Asked { service: SERVICE, operation, subject, region: &self.region, proof, remedy }
    }

    fn count(&self, call: &'static str, result: CallResult) {
        self.host.count(ApiCall { provider: METRIC, call, result });
    }
}

#[async_trait]
impl Reader for SecretsManager {
    async fn read(&self, locators: &[Locator]) -> Vec<Result<Payload, Fault>> {
        let mut answers: BTreeMap<Request, Result<SecretBytes, Fault>> = BTreeMap::new();
        let mut requests: Vec<Request> = locators.iter().map(|locator| self.request(locator)).collect();
        requests.sort();
        requests.dedup();
        let asked = requests.into_iter().map(|request| async {
            let answer = self.answer(&request).await;
            (request, answer)
        });
        let mut asked = futures::stream::iter(asked).buffer_unordered(CONCURRENCY);
        while let Some((request, answer)) = asked.next().await {
            answers.insert(request, answer);
        }
        let lost = || Err(Fault::new(FaultKind::Internal, "a request to AWS got lost."));
        let part = |locator: &Locator| match answers.get(&self.request(locator)) {
            Some(Ok(whole)) => part(whole, locator),
            Some(Err(fault)) => Err(fault.clone()),
            None => lost(),
        };
        locators.iter().map(part).collect()
    }
}

/// The part of a secret that `locator` wants.
fn part(whole: &SecretBytes, locator: &Locator) -> Result<Payload, Fault> {
    let value = match locator.property.as_str() {
        "" => whole.duplicate(),
        property => {
            properties::literal_then_path(whole.expose(), property).ok_or_else(|| no_property(whole, locator))?
        }
    };
    match locator.shape {
        Shape::Value => Ok(Payload::Value(value)),
        Shape::Map => json_object::members(value.expose(), &locator.key).map(Payload::Map),
    }
}

/// Why a property was not found. The value is not quoted.
fn no_property(whole: &SecretBytes, locator: &Locator) -> Fault {
    let Locator { key, property, .. } = locator;
    let text = match whole.expose_str() {
        None => format!("key {key:?} has no property {property:?}: its value is binary and not JSON."),
        Some(text) if !text.trim_start().starts_with(['{', '[']) => {
            format!("key {key:?} has no property {property:?}: its value is not JSON.")
        }
        Some(_) => format!("key {key:?} has no property {property:?}. Check the name in the secret's JSON."),
    };
    Fault::new(FaultKind::Invalid, text)
}

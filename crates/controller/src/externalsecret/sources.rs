//! Reads the objects that hold templates.

use eso_core::{Fault, SecretMap};
use eso_plan::SecretObject;
use eso_plan::externalsecret::{SourceKey, SourceKind, Sources};
use eso_runtime::client::api_fault;
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;

use crate::context::Context;

/// Reads each of them anew: templates are not kept.
pub(super) async fn read(context: &Context, namespace: &str, keys: &[SourceKey]) -> Result<Sources, Fault> {
    let reads = keys.iter().map(async |key| Ok((key.clone(), one(context, namespace, key).await?)));
    Ok(try_join_all(reads).await?.into_iter().collect())
}

async fn one(context: &Context, namespace: &str, key: &SourceKey) -> Result<Option<SecretMap>, Fault> {
    let doing = format!("read {} {namespace}/{}, which holds templates", key.kind.name(), key.name);
    let failed = |error: kube::Error| api_fault(&error, &doing);
    match key.kind {
        SourceKind::ConfigMap => {
            let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), namespace);
            let object = api.get_opt(&key.name).await.map_err(failed)?;
            let texts = object.map(|object| object.data.unwrap_or_default());
            Ok(texts.map(|texts| texts.into_iter().map(|(key, text)| (key, text.into())).collect()))
        }
        SourceKind::Secret => {
            let api: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
            let object = api.get_opt(&key.name).await.map_err(failed)?;
            Ok(object.map(|object| SecretObject::from(object).data))
        }
    }
}

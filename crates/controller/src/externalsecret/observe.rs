//! Reads what a decision needs: from the index where it suffices, from the API server where it does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use eso_core::Fault;
use eso_core::crd::ExternalSecret;
use eso_core::names::NAMESPACE_NAME_LABEL;
use eso_plan::SecretObject;
use eso_plan::externalsecret::{ManifestSeen, ReadTarget, Seen, TargetSeen, manifest_to_read, store_keys, target_name};
use eso_runtime::client::api_fault;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use crate::context::Context;
use crate::index::{Key, resource_version};

/// The object: still in hand from the event that made it due, else read anew. `None` when it is gone.
pub(super) async fn object(context: &Context, key: &Key) -> Result<Option<Arc<ExternalSecret>>, Fault> {
    let in_hand = {
        let mut index = context.index.lock();
        let object = index.in_hand.take(key);
        object.filter(|object| index.external_secrets.is_current(key, resource_version(&object.metadata)))
    };
    if in_hand.is_some() {
        return Ok(in_hand);
    }
    let api: Api<ExternalSecret> = Api::namespaced(context.client.clone(), &key.namespace);
    let doing = format!("read ExternalSecret {}/{}", key.namespace, key.name);
    let object = api.get_opt(&key.name).await.map_err(|error| api_fault(&error, &doing))?;
    Ok(object.map(Arc::new))
}

/// Everything but the store's and the Secret's contents, without I/O.
pub(super) fn seen(context: &Context, object: &Arc<ExternalSecret>) -> Seen {
    let key = Key::of(&object.metadata);
    let target = target_name(object);
    let index = context.index.lock();
    let facts = index.secrets.facts(&Key::new(&key.namespace, target));
    let labels = index.namespaces.get(&key.namespace).cloned();
    Seen {
        object: Arc::clone(object),
        now: Timestamp::now(),
        target: facts.map_or(TargetSeen::Absent, TargetSeen::Indexed),
        manifest: ManifestSeen::Unread,
        strays: index.secrets.strays(&key, target),
        stores: store_keys(object)
            .into_iter()
            .map(|store| {
                let seen = index.stores.named(&store, &key.namespace);
                (store, seen)
            })
            .collect(),
        sources: Arc::default(),
        sources_changed: index.sources.stale(&key).is_some(),
        namespace_labels: labels.unwrap_or_else(|| name_label(&key.namespace)),
        settings: Arc::clone(&context.settings),
    }
}

/// Kubernetes puts this label on every namespace; it stands in while namespaces are not watched.
fn name_label(namespace: &str) -> BTreeMap<String, String> {
    [(NAMESPACE_NAME_LABEL.to_owned(), namespace.to_owned())].into()
}

/// The object of another kind than Secret.
pub(super) async fn manifest(context: &Context, seen: &mut Seen) {
    if let Some(key) = manifest_to_read(seen) {
        seen.manifest = context.manifests.read(context, seen.namespace(), &key).await;
    }
}

/// The Secret, as far as it is to be read.
pub(super) async fn target(context: &Context, seen: &Seen, read: ReadTarget) -> Result<TargetSeen, Fault> {
    let unknown = matches!(seen.target, TargetSeen::Absent);
    if read == ReadTarget::Never || read == ReadTarget::Known && unknown {
        return Ok(TargetSeen::Absent);
    }
    let name = target_name(&seen.object);
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), seen.namespace());
    let doing = format!("read Secret {}/{name}", seen.namespace());
    let secret = secrets.get_opt(name).await.map_err(|error| api_fault(&error, &doing))?;
    Ok(secret.map_or(TargetSeen::Absent, |secret| TargetSeen::Read(Arc::new(SecretObject::from(secret)))))
}

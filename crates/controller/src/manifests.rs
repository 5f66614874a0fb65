//! Targets of other kinds than Secret: how their kinds are called, what they are now, and who is told when they change.

use std::collections::HashMap;

use eso_core::names;
use eso_plan::externalsecret::{AnyObject, ManifestSeen, ObjectKey};
use eso_runtime::client::api_fault;
use eso_runtime::queue::Lane;
use eso_runtime::watch::{WatchConfig, WatchEvent, watch};
use futures::StreamExt as _;
use kube::Api;
use kube::api::DynamicObject;
use kube::core::{ApiResource, GroupVersionKind, PartialObjectMeta};
use kube::discovery::{Scope as KindScope, pinned_kind};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::context::Context;
use crate::index::Key;
use crate::watches::Scope;

/// `apiVersion` and `kind`.
type Kind = (String, String);

/// The kinds in use.
pub(crate) struct Manifests {
    scope: Scope,
    kinds: Mutex<HashMap<Kind, InUse>>,
}

/// A kind, and the watch of its managed objects.
struct InUse {
    resource: ApiResource,
    watch: JoinHandle<()>,
}

impl Manifests {
    /// None yet.
    pub fn new(scope: Scope) -> Self {
        Self { scope, kinds: Mutex::default() }
    }

    /// Reads an object, and sees to it that its changes are noticed from now on.
    pub async fn read(&self, context: &Context, namespace: &str, key: &ObjectKey) -> ManifestSeen {
        let resource = match self.resource(context, key).await {
            Ok(resource) => resource,
            Err(why) => return ManifestSeen::Unreadable(why),
        };
        let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), namespace, &resource);
        match api.get_opt(&key.name).await {
            Ok(None) => ManifestSeen::Absent,
            Ok(Some(object)) => match serde_json::to_value(object) {
                Ok(object) => ManifestSeen::Read(AnyObject(object).into()),
                Err(_) => ManifestSeen::Unreadable(format!("{} {} cannot be read as JSON", key.kind, key.name)),
            },
            Err(error) => {
                let doing = format!("read {} {namespace}/{}", key.kind, key.name);
                ManifestSeen::Unreadable(api_fault(&error, &doing).public())
            }
        }
    }

    /// How the API server calls the kind. Errors: why it cannot be used, in a sentence.
    pub async fn resource(&self, context: &Context, key: &ObjectKey) -> Result<ApiResource, String> {
        let kind = (key.api_version.clone(), key.kind.clone());
        if let Some(known) = self.kinds.lock().get(&kind) {
            return Ok(known.resource.clone());
        }
        let (group, version) = key.api_version.split_once('/').unwrap_or(("", &key.api_version));
        let gvk = GroupVersionKind::gvk(group, version, &key.kind);
        let (resource, capabilities) = pinned_kind(&context.client, &gvk).await.map_err(|error| {
            let doing = format!("find the kind {} of {}", key.kind, key.api_version);
            format!("{} Is its definition installed?", api_fault(&error, &doing).public())
        })?;
        if capabilities.scope == KindScope::Cluster {
            return Err(format!("{} is a kind of the whole cluster; a target is in a namespace.", key.kind));
        }
        let mut kinds = self.kinds.lock();
        let in_use = kinds.entry(kind.clone()).or_insert_with(|| {
            let watch = tokio::spawn(follow(context.clone(), self.scope.clone(), resource.clone(), kind));
            InUse { resource, watch }
        });
        Ok(in_use.resource.clone())
    }

    /// Ends the watch of a kind that nobody uses any more.
    pub fn unused(&self, kind: &Kind) {
        if let Some(in_use) = self.kinds.lock().remove(kind) {
            in_use.watch.abort();
        }
    }
}

/// Makes everyone due whose object of this kind changes. Ours alone carry the label.
async fn follow(context: Context, scope: Scope, resource: ApiResource, (api_version, kind): Kind) {
    let client = context.client.clone();
    let api: Api<PartialObjectMeta<DynamicObject>> = match &scope.namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
        None => Api::all_with(client, &resource),
    };
    let managed = format!("{}={}", names::MANAGED_LABEL, names::MANAGED_VALUE);
    let config = WatchConfig { labels: Some(managed), ..scope.config() };
    let mut events = std::pin::pin!(watch(api, config));
    let mut first = true;
    while let Some(event) = events.next().await {
        let object = match event {
            WatchEvent::Restarted => continue,
            WatchEvent::Listed => {
                first = false;
                continue;
            }
            // Whoever uses it has just read it.
            WatchEvent::Seen(_) if first => continue,
            WatchEvent::Seen(object) | WatchEvent::Applied(object) | WatchEvent::Deleted(object) => object,
        };
        let name = object.metadata.name.unwrap_or_default();
        let namespace = object.metadata.namespace.unwrap_or_default();
        let key = ObjectKey { api_version: api_version.clone(), kind: kind.clone(), name };
        let users: Vec<Key> = context.index.lock().manifests.users(&key, &namespace);
        for user in users {
            context.queues.external_secrets.add(user, Lane::Drift);
        }
    }
}

//! Which kinds the API server serves, and their paths.

use std::collections::BTreeMap;

use anyhow::Context as _;
use kube::Client;
use kube::core::discovery::{ApiResource, Scope};
use kube::discovery::Discovery;

/// Of groups with a kind of the same name, the one that worlds mean.
const GROUPS: [&str; 3] = ["", "external-secrets.io", "generators.external-secrets.io"];

/// A kind that is served.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Group, version and plural.
    pub resource: ApiResource,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
}

/// The kinds that worlds are made of.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    by_name: BTreeMap<String, Kind>,
}

impl Kinds {
    /// Asks the API server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn discover(client: Client) -> anyhow::Result<Self> {
        let discovery = Discovery::new(client).filter(&GROUPS).run().await.context("the API server names no kinds")?;
        let mut by_name = BTreeMap::new();
        for group in GROUPS.iter().filter_map(|group| discovery.get(group)) {
            for (resource, capabilities) in group.recommended_resources() {
                let kind = Kind { resource, scope: capabilities.scope };
                by_name.entry(kind.resource.kind.clone()).or_insert(kind);
            }
        }
        Ok(Self { by_name })
    }

    /// A kind by its name.
    pub fn get(&self, name: &str) -> Option<&Kind> {
        self.by_name.get(name)
    }
}

impl Kind {
    /// The path of all its objects; of those in `namespace` where it lives in namespaces.
    pub fn path(&self, namespace: &str) -> String {
        let ApiResource { api_version, plural, .. } = &self.resource;
        let root = if self.resource.group.is_empty() { "api" } else { "apis" };
        match self.scope {
            Scope::Namespaced => format!("/{root}/{api_version}/namespaces/{namespace}/{plural}"),
            Scope::Cluster => format!("/{root}/{api_version}/{plural}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(group: &str, scope: Scope) -> Kind {
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        let (version, kind, plural) = ("v1".to_owned(), "Thing".to_owned(), "things".to_owned());
        Kind { resource: ApiResource { group: group.to_owned(), version, api_version, kind, plural }, scope }
    }

    #[test]
    fn paths_follow_group_and_scope() {
        assert_eq!(kind("", Scope::Namespaced).path("g1"), "/api/v1/namespaces/g1/things");
        assert_eq!(kind("external-secrets.io", Scope::Cluster).path("g1"), "/apis/external-secrets.io/v1/things");
    }
}

//! Session tags of the final role.

use std::collections::BTreeMap;

use eso_core::provider::StoreScope;

use crate::config::{AwsConfig, SessionTagsPolicy};

/// The tags that `config` asks for when `namespace` uses the store. Source: ESO.
pub(crate) fn session_tags(config: &AwsConfig, scope: &StoreScope, namespace: &str) -> Vec<(String, String)> {
    if config.session_tags_policy == SessionTagsPolicy::None {
        let tags = config.session_tags.iter().flatten();
        return tags.map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    }
    let mut tags = BTreeMap::new();
    if config.session_tags_policy == SessionTagsPolicy::Custom {
        let custom = config.custom_session_tags.iter().flatten();
        tags.extend(
            custom
                .filter(|(key, value)| !key.is_empty() && !value.is_empty())
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    for (key, value) in
        [("esoNamespace", namespace), ("esoStoreName", scope.name.as_str()), ("esoStoreKind", scope.kind.as_str())]
    {
        tags.insert(key.to_owned(), value.to_owned());
    }
    tags.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use eso_core::provider::{StoreKind, StoreScope};

    use super::session_tags;
    use crate::config::{AwsConfig, SessionTag, SessionTagsPolicy};

    fn tags(policy: SessionTagsPolicy) -> Vec<(String, String)> {
        let config = AwsConfig {
            session_tags: Some(vec![SessionTag { key: "team".into(), value: "a".into() }]),
            session_tags_policy: policy,
            custom_session_tags: Some(
                [("env", "prod"), ("empty", ""), ("esoStoreName", "forged")]
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into_iter()
                    .collect(),
            ),
            ..Default::default()
        };
        let scope = StoreScope { kind: StoreKind::ClusterSecretStore, name: "aws".into(), namespace: String::new() };
        session_tags(&config, &scope, "team-a")
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    const BUILT_IN: [(&str, &str); 3] =
        [("esoNamespace", "team-a"), ("esoStoreKind", "ClusterSecretStore"), ("esoStoreName", "aws")];

    #[test]
    fn a_09_simple_replaces_the_tags_of_the_store() {
        assert_eq!(tags(SessionTagsPolicy::None), pairs(&[("team", "a")]));
        assert_eq!(tags(SessionTagsPolicy::Simple), pairs(&BUILT_IN));
    }

    #[test]
    fn a_10_custom_adds_pairs_that_are_not_empty_and_cannot_forge_the_built_in_ones() {
        let mut expected = pairs(&[("env", "prod")]);
        expected.extend(pairs(&BUILT_IN));
        assert_eq!(tags(SessionTagsPolicy::Custom), expected);
    }
}

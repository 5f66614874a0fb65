//! The rights that are shipped: none is missing, none is there for nothing.

use eso_e2e::Corner;
use eso_harness::moto::REGION;
use eso_harness::{Cluster, ClusterOptions};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::one;

/// Rights that no request of ours shows, each with the reason.
const UNSEEN: [(&str, &str); 2] = [
    ("externalsecrets/finalizers", "looked at by the admission plugin OwnerReferencesPermissionEnforcement"),
    ("leases", "used by replicas that take turns, in the namespace of their pod"),
];

/// The requests that a verb of a rule allows, in the proxy's words.
fn requests(verb: &str) -> &'static str {
    match verb {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" => "POST",
        "update" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        other => panic!("a rule has the verb {other}"),
    }
}

fn texts<'v>(rule: &'v Value, field: &str) -> Vec<&'v str> {
    rule[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Does everything that takes a right of its own.
async fn everything(cluster: &Cluster, corner: &Corner<'_>) {
    // A ServiceAccount of the tenant's logs in.
    let role = cluster.moto().create_role("tenant").await.unwrap();
    cluster.aws().trust(&role, &format!("system:serviceaccount:{}:reader", corner.namespace));
    let annotations = json!({"eks.amazonaws.com/role-arn": role});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "annotations": annotations}});
    corner.apply(account).await.unwrap();
    let auth = json!({"jwt": {"serviceAccountRef": {"name": "reader"}}});
    corner.store(json!({"aws": {"service": "SecretsManager", "region": REGION, "auth": auth}})).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    // A store of the whole cluster.
    let store = json!({"provider": {"aws": {"service": "SecretsManager", "region": REGION}}});
    let kind = "ClusterSecretStore";
    let metadata = json!({"name": "rights"});
    corner
        .apply(json!({"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": metadata, "spec": store}))
        .await
        .unwrap();
    // Created, updated, renamed; with a template from a ConfigMap.
    let key = corner.in_aws("a", "v").await.unwrap();
    let config_map =
        |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tpl"}, "data": {"t": text}});
    corner.apply(config_map("{{ .k }}")).await.unwrap();
    let from = json!({"configMap": {"name": "tpl", "items": [{"key": "t"}]}});
    let spec = |name: &str| {
        let mut spec = one(&key);
        spec["secretStoreRef"] = json!({"name": "rights", "kind": kind});
        spec["target"] = json!({"name": name, "template": {"templateFrom": [from]}});
        spec
    };
    corner.external_secret("es", spec("first")).await.unwrap();
    corner.wait_for_data("first", &[("t", "v")]).await.unwrap();
    corner.apply(config_map("{{ .k }}!")).await.unwrap();
    corner.wait_for_data("first", &[("t", "v!")]).await.unwrap();
    corner.external_secret("es", spec("second")).await.unwrap();
    corner.wait_for_data("second", &[("t", "v!")]).await.unwrap();
    // Failing twice, so that an event is counted up.
    corner.external_secret("bad", one("not-there")).await.unwrap();
    corner.wait_failed("bad", &["could not get secret data from provider"]).await.unwrap();
    corner.force("bad", "1").await.unwrap();
    corner.external_secret("own", one(&key)).await.unwrap();
    corner.wait_for_data("own", &[("k", "v")]).await.unwrap();
    // An object with ESO's finalizer is let go.
    let finalizer = json!({"metadata": {"finalizers": ["externalsecrets.external-secrets.io/externalsecret-cleanup"]}});
    corner.external_secrets().patch("own", &PatchParams::default(), &Patch::Merge(&finalizer)).await.unwrap();
    corner.external_secrets().delete("own", &DeleteParams::default()).await.unwrap();
    eso_harness::eventually("the object goes", || async {
        anyhow::ensure!(corner.external_secrets().get_opt("own").await?.is_none(), "it is still there");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_right_is_used_and_no_request_is_refused() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let _operator = cluster.start_operator(&["--store-requeue-interval=5s"]).await.unwrap();
    let corner = Corner::new(&cluster, "rights").await.unwrap();
    everything(&cluster, &corner).await;
    let refused = cluster.api_proxy().refused();
    assert_eq!(refused.iter().collect::<Vec<_>>(), [], "refused for want of a right");
    let calls = cluster.api_proxy().calls();
    let role =
        cluster.plane().kubectl_ok(&["get", "clusterrole", "external-secrets-controller", "-o", "json"]).await.unwrap();
    let role: Value = serde_json::from_str(&role).unwrap();
    let rules = role["rules"].as_array().unwrap();
    assert!(rules.len() > 10, "there are few rules");
    let mut unused = Vec::new();
    for rule in rules {
        for resource in texts(rule, "resources") {
            let used = texts(rule, "verbs").iter().any(|verb| calls.get(requests(verb), resource) > 0);
            let unseen = UNSEEN.iter().any(|(name, _)| *name == resource);
            assert!(!(used && unseen), "{resource} is used: take it off the list of those that are not seen");
            if !used && !unseen {
                unused.push(format!("{resource} {:?}", texts(rule, "verbs")));
            }
        }
    }
    assert_eq!(unused, Vec::<String>::new());
}

//! Forty manifests that are refused and forty that are accepted, as a user applies them.

use serde_json::{Value, json};

use crate::objects::{external_secret as es, store};
use crate::stage::Stage;

fn target(creation: &str, deletion: &str) -> Value {
    es(json!({"target": {"creationPolicy": creation, "deletionPolicy": deletion}}))
}

fn template(template: Value) -> Value {
    es(json!({"target": {"template": template}}))
}

fn from(entry: Value) -> Value {
    es(json!({"data": [], "dataFrom": [entry]}))
}

fn window(schedule: &str, duration: &str) -> Value {
    es(json!({"syncWindows": {"kind": "allow", "windows": [{"schedule": schedule, "duration": duration}]}}))
}

fn rewrite(rewrite: Value) -> Value {
    from(json!({"extract": {"key": "k"}, "rewrite": [rewrite]}))
}

/// The AWS block with the usual service and region, overlaid.
fn aws(overlay: Value) -> Value {
    let mut block = json!({"service": "SecretsManager", "region": "eu-west-1"});
    for (key, value) in overlay.as_object().unwrap() {
        block[key] = value.clone();
    }
    json!({"provider": {"aws": block}})
}

fn fake(data: Value) -> Value {
    json!({"provider": {"fake": {"data": data}}})
}

fn with(mut spec: Value, key: &str, value: Value) -> Value {
    spec[key] = value;
    spec
}

fn keys(namespace: Option<&str>) -> Value {
    let reference = json!({"name": "a", "key": "k", "namespace": namespace.unwrap_or("default")});
    json!({"auth": {"secretRef": {"accessKeyIDSecretRef": reference, "secretAccessKeySecretRef": reference}}})
}

fn account(namespace: &str) -> Value {
    json!({"auth": {"jwt": {"serviceAccountRef": {"name": "sa", "namespace": namespace}}}})
}

/// Manifest, and what the refusal has to say.
fn refused() -> Vec<(Value, &'static str)> {
    let sa = "kubernetes.io/service-account-token";
    let generator = json!({"generatorRef": {"apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "Password", "name": "g"}});
    let twice = json!([{"secretKey": "k", "remoteRef": {"key": "x"}}, {"secretKey": "k", "remoteRef": {"key": "y"}}]);
    let mut all = vec![
        (target("Merge", "Delete"), "spec.target.deletionPolicy: deletionPolicy=Delete"),
        (target("None", "Delete"), "spec.target.deletionPolicy: deletionPolicy=Delete"),
        (target("CreateOrMerge", "Delete"), "creationPolicy=Owner"),
        (target("None", "Merge"), "spec.target.deletionPolicy: deletionPolicy=Merge"),
        (es(json!({"data": []})), "either data or dataFrom"),
        (es(json!({"data": [], "dataFrom": []})), "either data or dataFrom"),
        (es(json!({"data": twice})), "spec.data[1].secretKey: duplicate secretKey found: k"),
        (template(json!({"type": "bootstrap.kubernetes.io/token"})), "spec.target.template.type"),
        (
            template(json!({"type": sa, "metadata": {"annotations": {"kubernetes.io/service-account.name": "d"}}})),
            "annotation",
        ),
        (
            template(json!({"type": sa, "templateFrom": [{"literal": "a: b", "target": "annotations"}]})),
            "templateFrom target",
        ),
        (template(json!({"templateFrom": [{"literal": "a: b", "target": "spec"}]})), "must be one of"),
        (
            es(json!({"target": {"manifest": {"apiVersion": "v1", "kind": "Secret"},
                "template": {"templateFrom": [{"literal": "a: b", "target": "spec.x"}]}}})),
            "spec.target.template.templateFrom[0].target",
        ),
        (template(json!({"data": {"a": "{{ .b "}})), "spec.target.template.data.a: it is not a template"),
        (template(json!({"data": {"a": "{{ nosuchfunction .b }}"}})), "nosuchfunction"),
        (template(json!({"templateFrom": [{"literal": "{{ end }}"}]})), "templateFrom[0].literal"),
        (from(json!({"find": {"name": {"regexp": "x"}}, "extract": {"key": "k"}})), "cannot be set at the same time"),
        (from(json!({"extract": {"key": "k"}, "sourceRef": generator})), "cannot be set at the same time"),
        (from(json!({})), "spec.dataFrom[0]: either extract, find, or sourceRef"),
        (from(json!({"find": {"name": {"regexp": "("}}})), "spec.dataFrom[0].find.name.regexp"),
        (rewrite(json!({"regexp": {"source": "[", "target": ""}})), "spec.dataFrom[0].rewrite[0].regexp.source"),
        (rewrite(json!({"transform": {"template": "{{"}})), "spec.dataFrom[0].rewrite[0].transform.template"),
        (es(json!({"refreshInterval": "soon"})), "spec.refreshInterval"),
        (es(json!({"refreshInterval": "1d"})), "spec.refreshInterval"),
        (window("99 * * * *", "1h"), "spec.syncWindows.windows[0].schedule"),
        (window("0 0 * * 7", "1h"), "day of the week"),
        (window("@every soon", "1h"), "spec.syncWindows.windows[0].schedule"),
        (window("@daily", "x"), "spec.syncWindows.windows[0].duration"),
    ];
    for kind in ["SecretStore", "ClusterSecretStore"] {
        let condition = json!([{"namespaceRegexes": ["ok", "("]}]);
        all.extend([
            (store(kind, with(aws(json!({})), "conditions", condition)), "spec.conditions[0].namespaceRegexes[1]"),
            (store(kind, with(aws(json!({})), "refreshInterval", json!(-1))), "spec.refreshInterval"),
            (store(kind, with(aws(json!({})), "refreshInterval", json!("90"))), "spec.refreshInterval"),
            (store(kind, json!({"provider": {"nosuch": {}}})), "spec.provider.nosuch: this version has no backend"),
            (store(kind, aws(json!({"region": ""}))), "spec.provider.aws.region"),
            (store(kind, aws(json!({"secretsManager": {"recoveryWindowInDays": 3}}))), "recoveryWindowInDays"),
            (store(kind, fake(json!([{"key": "", "value": "v"}]))), "key must be set in data 0"),
        ]);
    }
    all.extend([
        (store("SecretStore", aws(keys(Some("other")))), "secretRef"),
        (store("SecretStore", aws(account("other"))), "spec.provider.aws.auth.jwt.serviceAccountRef.namespace"),
    ]);
    all
}

fn accepted() -> Vec<Value> {
    let generator = json!({"generatorRef": {"apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "Password", "name": "g"}});
    let twice = json!([{"secretKey": "k", "remoteRef": {"key": "x"}}, {"secretKey": "k", "remoteRef": {"key": "y"}}]);
    let mut all = vec![
        es(json!({})),
        target("Owner", "Delete"),
        target("Owner", "Merge"),
        target("Orphan", "Delete"),
        target("Orphan", "Retain"),
        target("Merge", "Merge"),
        target("None", "Retain"),
        target("CreateOrMerge", "Merge"),
        es(json!({"data": twice, "target": {"deletionPolicy": "Delete"}})),
        template(json!({"type": "kubernetes.io/service-account-token"})),
        template(json!({"type": "kubernetes.io/dockerconfigjson", "data": {"a": "{{ .k | b64enc }}"}})),
        template(json!({"templateFrom": [{"literal": "a: b", "target": "LABELS"}]})),
        template(json!({"templateFrom": [{"configMap": {"name": "c", "items": [{"key": "k"}]}}]})),
        es(json!({"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"},
            "template": {"templateFrom": [{"literal": "a: b", "target": "spec.x"}]}}})),
        from(json!({"find": {"name": {"regexp": "^team-.*$"}}})),
        from(json!({"find": {"tags": {"a": "b"}}})),
        from(json!({"extract": {"key": "k"}})),
        from(json!({"sourceRef": generator})),
        from(json!({"sourceRef": {"storeRef": {"name": "o"}}})),
        rewrite(json!({"regexp": {"source": "^a-(.*)$", "target": "$1"}})),
        rewrite(json!({"transform": {"template": "{{ .value | upper }}"}})),
        es(json!({"refreshInterval": "0"})),
        es(json!({"refreshInterval": "1h30m"})),
        window("0 22 * * 1-5", "8h"),
        window("@daily", "90m"),
        es(json!({"refreshPolicy": "CreatedOnce"})),
    ];
    for kind in ["SecretStore", "ClusterSecretStore"] {
        let condition = json!([{"namespaceRegexes": ["^team-[a-z]+$"]}, {"namespaces": ["default"]}]);
        all.extend([
            store(kind, aws(json!({}))),
            store(kind, aws(json!({"region": "mars-1", "role": "arn:aws:iam::123456789012:role/r"}))),
            store(kind, aws(keys(None))),
            store(kind, with(aws(json!({})), "conditions", condition)),
            store(kind, with(aws(json!({})), "refreshInterval", json!(60))),
            store(kind, aws(json!({"secretsManager": {"recoveryWindowInDays": 7}}))),
            store(kind, fake(json!([{"key": "a", "value": "v"}]))),
        ]);
    }
    all.push(store("ClusterSecretStore", aws(account("other"))));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_bad_manifests_are_refused_with_their_field_and_forty_good_ones_are_not() {
    let (stage, certs, webhook) = Stage::installed().await;
    let (refused, accepted) = (refused(), accepted());
    assert!(refused.len() >= 40 && accepted.len() >= 40, "{} and {}", refused.len(), accepted.len());
    let mut wrong = Vec::new();
    for (manifest, part) in refused {
        match stage.admits(&manifest).await {
            Ok(_) => wrong.push(format!("accepted: {manifest}")),
            Err(error) if !error.to_string().contains(part) || !error.to_string().contains("denied the request") => {
                wrong.push(format!("{manifest}: {error}"));
            }
            Err(_) => {}
        }
    }
    for manifest in accepted {
        if let Err(error) = stage.admits(&manifest).await {
            wrong.push(format!("refused: {manifest}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for program in [&certs, &webhook] {
        println!("{} KiB", program.usage().unwrap().rss_bytes >> 10);
        assert!(!program.log().contains("orbidden"), "{}", program.log());
    }
}

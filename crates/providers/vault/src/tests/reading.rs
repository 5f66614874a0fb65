//! What is read, and in which form it comes out.

use super::*;

/// Version 2 with one secret, `db`, for whoever has the token `good`.
async fn vault(data: Value) -> Mock {
    Mock::start(move |seen| match (seen.token(), seen.path.as_str()) {
        ("good", "secret/data/db") => version_2(&data),
        ("good", "auth/token/lookup-self") => (200, "{}".to_owned()),
        ("good", _) => refused(404, ""),
        _ => refused(403, "permission denied"),
    })
    .await
}

#[tokio::test]
async fn v_06_whole_secret_is_sorted_json_with_html_escaped_and_numbers_as_they_stood() {
    let body = r#"{"data":{"data":{ "z" : "<b>", "n":12345678901234567890,"f":1.50,"o":{"b":1,"a":[true,null]} }}}"#;
    let mock = Mock::start(move |_| (200, body.to_owned())).await;
    let store = connect(&mock, &cluster(), with_token()).await.unwrap();
    let expected = r#"{"f":1.50,"n":12345678901234567890,"o":{"a":[true,null],"b":1},"z":"\u003cb\u003e"}"#;
    assert_eq!(read_one(&store, locator("db")).await.unwrap(), expected);
    let map = Locator { shape: Shape::Map, ..locator("db") };
    assert_eq!(
        read_one(&store, map).await.unwrap(),
        r#"f=1.50,n=12345678901234567890,o={"a":[true,null],"b":1},z=<b>"#
    );
}

#[tokio::test]
async fn v_04_v_05_literal_property_wins_over_the_path_and_a_missing_one_is_no_missing_secret() {
    let mock = vault(json!({"a.b": "literal", "a": {"b": "nested", "c": [1, "x"]}, "none": null, "t": true})).await;
    let store = connect(&mock, &cluster(), with_token()).await.unwrap();
    for (path, expected) in [
        ("a.b", "literal"),
        ("a.c.1", "x"),
        ("a.c", "[1,\"x\"]"),
        ("none", ""),
        ("t", "true"),
        ("a", r#"{"b":"nested","c":[1,"x"]}"#),
    ] {
        assert_eq!(read_one(&store, property("db", path)).await.unwrap(), expected, "{path}");
    }
    let fault = read_one(&store, property("db", "nope")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.message.starts_with("cannot find secret data for key: \"nope\""), "{fault}");
    let map = Locator { shape: Shape::Map, ..property("db", "a") };
    assert_eq!(read_one(&store, map).await.unwrap(), "b=nested,c=[1,\"x\"]");
    let map = Locator { shape: Shape::Map, ..property("db", "t") };
    let fault = read_one(&store, map).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
}

#[tokio::test]
async fn locators_of_one_secret_cost_one_request_and_connections_are_kept() {
    let mock = vault(json!({"a": "1", "b": "2"})).await;
    let cluster = cluster();
    let store = connect(&mock, &cluster, with_token()).await.unwrap();
    let answers = read(&store, &[property("db", "a"), property("db", "b"), locator("db")]).await;
    assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), ["1", "2", r#"{"a":"1","b":"2"}"#]);
    assert_eq!(mock.count("secret/data/db"), 1);
    for _ in 0..5 {
        read_one(&store, locator("db")).await.unwrap();
    }
    assert_eq!(mock.connections(), 1);
    assert_eq!(cluster.calls("ReadSecretData"), (6, 0));
}

#[tokio::test]
async fn v_02_v_03_versions_are_asked_for_and_missing_and_deleted_ones_count_as_missing() {
    let deleted = json!({"data": {"data": null, "metadata": {"deletion_time": "x"}}, "warnings": null}).to_string();
    let mock = Mock::start(move |seen| match seen.path.as_str() {
        "secret/data/db?version=2" => version_2(&json!({"a": "second"})),
        "secret/data/db?version=1" => (404, deleted.clone()),
        _ => refused(404, ""),
    })
    .await;
    let store = connect(&mock, &cluster(), with_token()).await.unwrap();
    let version = |version: &str| Locator { version: version.into(), ..property("db", "a") };
    assert_eq!(read_one(&store, version("2")).await.unwrap(), "second");
    for locator in [version("1"), version("9"), locator("nope")] {
        let fault = read_one(&store, locator).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound);
        assert!(fault.message.starts_with("Secret does not exist: "), "{fault}");
    }
}

#[tokio::test]
async fn version_1_has_the_value_itself_and_neither_versions_nor_metadata() {
    let mock = Mock::start(|seen| match seen.path.as_str() {
        "secret/db" => (200, json!({"data": {"a": "b"}, "lease_duration": 2_764_800}).to_string()),
        "secret/other" => (404, json!({"data": null, "warnings": ["Invalid path for a versioned engine"]}).to_string()),
        _ => refused(404, ""),
    })
    .await;
    let mut more = with_token();
    more["version"] = json!("v1");
    let store = connect(&mock, &cluster(), more).await.unwrap();
    let locator_with_version = Locator { version: "7".into(), ..property("db", "a") };
    assert_eq!(read_one(&store, locator_with_version).await.unwrap(), "b");
    assert_eq!(read_one(&store, locator("nope")).await.unwrap_err().kind, FaultKind::NotFound);
    let fault = read_one(&store, locator("other")).await.unwrap_err();
    assert_eq!((fault.kind, fault.field.as_deref()), (FaultKind::Misconfigured, Some("spec.provider.vault.version")));
    let fetch = Locator { metadata: MetadataPolicy::Fetch, ..locator("db") };
    let fault = read_one(&store, fetch).await.unwrap_err();
    assert!(fault.message.contains("not supported with Vault KV version v1"), "{fault}");
}

#[tokio::test]
async fn v_07_metadata_are_vaults_own_under_the_users() {
    let mock = Mock::start(|seen| match seen.path.as_str() {
        "secret/metadata/db" => {
            let custom = json!({"team": "a", "current_version": "mine", "n": 1});
            let data = json!({"created_time": "2026-01-01T00:00:00Z", "current_version": 3, "delete_version_after": "0s",
                "oldest_version": 1, "custom_metadata": custom});
            (200, json!({ "data": data }).to_string())
        }
        _ => refused(404, ""),
    })
    .await;
    let store = connect(&mock, &cluster(), with_token()).await.unwrap();
    let fetch = |key: &str, of: &str| Locator { metadata: MetadataPolicy::Fetch, ..property(key, of) };
    let expected = r#"{"created_time":"2026-01-01T00:00:00Z","current_version":"mine","delete_version_after":"0s","n":"1","team":"a"}"#;
    assert_eq!(read_one(&store, fetch("db", "")).await.unwrap(), expected);
    assert_eq!(read_one(&store, fetch("db", "team")).await.unwrap(), "a");
    let fault = read_one(&store, fetch("nope", "")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.message.starts_with("secret not found"), "{fault}");
}

#[tokio::test]
async fn answers_of_another_form_are_refused_without_a_word_of_them() {
    for body in ["canary", r#"{"data":"canary"}"#, r#"{"data":{"data":"canary"}}"#, r#"{"data":{"canary":1}}"#, "[]"] {
        let mock = Mock::start(move |_| (200, body.to_owned())).await;
        let store = connect(&mock, &cluster(), with_token()).await.unwrap();
        let fault = read_one(&store, locator("db")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{body}");
        assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault}");
    }
}

#[tokio::test]
async fn a_mount_that_is_not_there_is_no_missing_secret() {
    let mock = Mock::start(|_| refused(404, "no handler for route \"x/data/db\". route entry not found.")).await;
    let store = connect(&mock, &cluster(), with_token()).await.unwrap();
    assert_eq!(read_one(&store, locator("db")).await.unwrap_err().kind, FaultKind::Misconfigured);
}

#[tokio::test]
async fn keys_are_escaped() {
    let mock = vault(json!({})).await;
    let store = connect(&mock, &cluster(), with_token()).await.unwrap();
    let _ = read_one(&store, locator("a b/c?version=1#x%2f")).await;
    assert_eq!(mock.paths(), ["secret/data/a%20b/c%3Fversion=1%23x%2f"].map(|path| path.replace("%2f", "%252f")));
}

#[tokio::test]
async fn v_12_v_13_v_14_headers_and_namespaces_go_where_they_belong() {
    let mock = Mock::start(|seen| match seen.path.as_str() {
        "auth/approle/login" => granted("good", 3600),
        _ => version_2(&json!({})),
    })
    .await;
    let more = json!({
        "namespace": "ns1", "headers": {"X-Own": "mine"}, "readYourWrites": true, "forwardInconsistent": true,
        "auth": {"namespace": "ns2", "appRole": {"roleId": "r", "secretRef": {"name": "vault", "key": "token"}}}
    });
    let store = connect(&mock, &cluster(), more).await.unwrap();
    read_one(&store, locator("db")).await.unwrap();
    let seen = mock.seen();
    assert_eq!(seen.iter().map(|seen| seen.header("x-vault-namespace")).collect::<Vec<_>>(), ["ns2", "ns1"]);
    for seen in &seen {
        assert_eq!((seen.header("x-own"), seen.header("x-vault-request")), ("mine", "true"));
        assert_eq!(seen.header("x-vault-inconsistent"), "forward-active-node");
    }
    for (ryw, forward) in [(true, false), (false, true), (false, false)] {
        let mut more = with_token();
        (more["readYourWrites"], more["forwardInconsistent"]) = (json!(ryw), json!(forward));
        let mock = vault(json!({})).await;
        let store = connect(&mock, &cluster(), more).await.unwrap();
        read_one(&store, locator("db")).await.unwrap();
        assert_eq!(mock.seen()[0].header("x-vault-inconsistent"), "");
    }
}

#[tokio::test]
async fn states_of_a_replicated_cluster_are_sent_back_when_asked_for() {
    // base64 of v1:a:1:1:s
    const STATE: &str = "djE6YToxOjE6cw==";
    for (ryw, expected) in [(true, STATE), (false, "")] {
        let mock = vault(json!({})).await;
        mock.world.headers.lock().push(("x-vault-index", STATE.to_owned()));
        let mut more = with_token();
        more["readYourWrites"] = json!(ryw);
        let store = connect(&mock, &cluster(), more).await.unwrap();
        read_one(&store, locator("db")).await.unwrap();
        read_one(&store, locator("db")).await.unwrap();
        assert_eq!(mock.seen().iter().map(|seen| seen.header("x-vault-index")).collect::<Vec<_>>(), ["", expected]);
    }
}

#[tokio::test]
async fn v_32_retry_settings_count_retries_and_none_means_none() {
    let settings = |max_retries| RetrySettings { max_retries, retry_interval: Some("1ms".to_owned()) };
    for (retry, tries) in
        [(None, 3), (Some(settings(None)), 1), (Some(settings(Some(0))), 1), (Some(settings(Some(4))), 5)]
    {
        let mock = Mock::start(|_| refused(500, "canary")).await;
        let cluster = Cluster { retry: retry.clone(), ..cluster() };
        let store = connect(&mock, &cluster, with_token()).await.unwrap();
        let fault = read_one(&store, locator("db")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable);
        assert_eq!(mock.count("secret/data/db"), tries, "{retry:?}");
        assert_eq!(cluster.calls("ReadSecretData"), (0, tries));
    }
    let wrong = RetrySettings { max_retries: None, retry_interval: Some("soon".to_owned()) };
    let mock = vault(json!({})).await;
    let fault = connect(&mock, &Cluster { retry: Some(wrong), ..cluster() }, with_token()).await.err().unwrap();
    assert_eq!(fault.field.as_deref(), Some("spec.retrySettings.retryInterval"));
}

#[tokio::test]
async fn a_standby_hands_on_to_the_active_node_once() {
    let active = vault(json!({"a": "b"})).await;
    let standby = Mock::start(|_| (307, String::new())).await;
    standby.world.headers.lock().push(("location", format!("{}/v1/secret/data/db", active.url())));
    let store = connect(&standby, &cluster(), with_token()).await.unwrap();
    assert_eq!(read_one(&store, property("db", "a")).await.unwrap(), "b");
    let lost = Mock::start(|_| (307, String::new())).await;
    lost.world.headers.lock().push(("location", format!("{}/v1/x", standby.url())));
    let store = connect(&lost, &cluster(), with_token()).await.unwrap();
    assert_eq!(read_one(&store, locator("db")).await.unwrap_err().kind, FaultKind::Unavailable);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_name_and_kind() {
    let port = { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port() };
    let block = block(&format!("http://127.0.0.1:{port}"), with_token());
    let store = provider().parse(&block).unwrap().connect(Arc::new(cluster())).await.unwrap();
    let fault = read_one(&store, locator("db")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.contains(&format!("127.0.0.1:{port}")), "{fault}");
    assert!(matches!(store.probe.validate().await, Validation::Failed(fault) if fault.kind == FaultKind::Unavailable));
}

#[tokio::test]
async fn a_base_path_of_the_server_is_kept_and_a_url_that_is_none_is_refused() {
    let mock = Mock::start(|_| version_2(&json!({}))).await;
    let block = block(&format!("{}/behind/", mock.url()), with_token());
    let store = provider().parse(&block).unwrap().connect(Arc::new(cluster())).await.unwrap();
    read_one(&store, locator("db")).await.unwrap();
    assert_eq!(mock.paths(), ["/behind/v1/secret/data/db"]);
    for (more, field) in [
        (json!({"server": "vault.example.com"}), "server"),
        (json!({"server": "ftp://v"}), "server"),
        (json!({"headers": {"a b": "c"}}), "headers.a b"),
        (json!({"namespace": "a\nb"}), "namespace"),
        (json!({"version": "v3"}), "version"),
    ] {
        let mut more = more;
        more["auth"] = with_token()["auth"].clone();
        let fault = connect(&mock, &cluster(), more).await.err().unwrap();
        assert_eq!(fault.field, Some(format!("spec.provider.vault.{field}")));
    }
}

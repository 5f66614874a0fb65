//! Ways to log in, and how long a token is kept.

use super::*;

/// Grants tokens `t1`, `t2`, ... for an hour each, and secrets to whoever has one of `good`.
async fn vault(good: Arc<Mutex<Vec<String>>>) -> Mock {
    let count = Mutex::new(0);
    Mock::start(move |seen| {
        if seen.path.contains("/login") {
            let mut count = count.lock();
            *count += 1;
            let token = format!("t{count}");
            good.lock().push(token.clone());
            return granted(&token, 3600);
        }
        let known = good.lock().iter().any(|token| token == seen.token());
        match seen.path.as_str() {
            _ if !known => refused(403, "permission denied"),
            "auth/token/revoke-self" => (204, String::new()),
            "secret/data/denied" => refused(403, POLICY),
            _ => version_2(&json!({"a": "b"})),
        }
    })
    .await
}

async fn any_vault() -> Mock {
    vault(Arc::default()).await
}

fn secrets() -> Cluster {
    Cluster::new(&[
        ("creds/id", " role \n"),
        ("creds/secret", " s3cret \n"),
        ("creds/password", "pass word"),
        ("creds/token", "of-secret\n"),
        ("old/token", "of-old"),
    ])
}

fn reference(key: &str) -> Value {
    json!({"name": "creds", "key": key})
}

fn approle() -> Value {
    json!({"auth": {"appRole": {"roleId": "r", "secretRef": reference("secret")}}})
}

/// Path and body of the login.
async fn login(cluster: &Cluster, auth: Value) -> (String, Value) {
    let mock = any_vault().await;
    let store = connect(&mock, cluster, json!({ "auth": auth })).await.unwrap();
    assert_eq!(read_one(&store, property("db", "a")).await.unwrap(), "b");
    let seen = mock.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].token()), ("PUT", ""));
    assert_eq!((seen[1].method.as_str(), seen[1].token()), ("GET", "t1"));
    (seen[0].path.clone(), seen[0].json())
}

#[tokio::test]
async fn each_way_sends_what_vault_expects() {
    let cluster = secrets();
    let account = json!({"name": "sa", "audiences": ["x"]});
    let table = [
        (
            json!({"appRole": {"roleId": " r ", "roleRef": reference("id"), "secretRef": reference("secret")}}),
            "auth/approle/login",
            json!({"role_id": "r", "secret_id": "s3cret"}),
        ),
        (
            json!({"appRole": {"path": "mine/too", "roleRef": reference("id"), "secretRef": reference("secret")}}),
            "auth/mine/too/login",
            json!({"role_id": "role", "secret_id": "s3cret"}),
        ),
        (
            json!({"kubernetes": {"role": "r", "serviceAccountRef": account, "secretRef": reference("id")}}),
            "auth/kubernetes/login",
            json!({"role": "r", "jwt": "account-token"}),
        ),
        (
            json!({"kubernetes": {"mountPath": "k8s", "role": "r", "secretRef": {"name": "creds"}}}),
            "auth/k8s/login",
            json!({"role": "r", "jwt": "of-secret"}),
        ),
        (
            json!({"userPass": {"username": " a/b ", "secretRef": reference("password")}}),
            "auth/userpass/login/a/b",
            json!({"password": "pass word"}),
        ),
        (
            json!({"ldap": {"username": "joe", "secretRef": reference("password")}}),
            "auth/ldap/login/joe",
            json!({"password": "pass word"}),
        ),
        (
            json!({"jwt": {"role": " r ", "secretRef": reference("token"), "kubernetesServiceAccountToken": {"serviceAccountRef": account}}}),
            "auth/jwt/login",
            json!({"role": "r", "jwt": "of-secret"}),
        ),
        (
            json!({"jwt": {"path": "oidc", "kubernetesServiceAccountToken": {"serviceAccountRef": account, "expirationSeconds": 900}}}),
            "auth/oidc/login",
            json!({"role": "", "jwt": "account-token"}),
        ),
    ];
    for (auth, path, body) in table {
        assert_eq!(login(&cluster, auth.clone()).await, (path.to_owned(), body), "{auth}");
    }
    let asked = cluster.asked.lock().clone();
    assert!(asked.contains(&"token of sa for x over 600 s".to_owned()), "{asked:?}");
    assert!(asked.contains(&"token of sa for x+vault over 900 s".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn v_11_the_first_way_that_is_set_decides() {
    let both = json!({
        "userPass": {"username": "joe", "secretRef": reference("password")},
        "appRole": {"roleId": "r", "secretRef": reference("secret")}, "iam": {"vaultRole": "r"}
    });
    assert_eq!(login(&secrets(), both).await.0, "auth/approle/login");
    for (auth, kind, field) in [
        (json!({"iam": {"vaultRole": "r"}}), FaultKind::Unsupported, "spec.provider.vault.auth.iam"),
        (json!({"gcp": {"role": "r"}}), FaultKind::Unsupported, "spec.provider.vault.auth.gcp"),
        (json!({}), FaultKind::Misconfigured, "spec.provider.vault.auth"),
        (
            json!({"userPass": {"username": "joe"}}),
            FaultKind::Misconfigured,
            "spec.provider.vault.auth.userPass.secretRef",
        ),
    ] {
        let fault = connect(&any_vault().await, &secrets(), json!({ "auth": auth })).await.err().unwrap();
        assert_eq!((fault.kind, fault.field.as_deref()), (kind, Some(field)));
    }
}

#[tokio::test]
async fn v_16_a_service_account_falls_back_on_the_token_that_old_clusters_kept() {
    let no_tokens = Some(Fault::new(FaultKind::Denied, "no token for you"));
    let auth = json!({"kubernetes": {"role": "r", "serviceAccountRef": {"name": "sa"}}});
    let account_secrets = vec!["dockercfg".to_owned(), "old".to_owned()];
    let cluster = Cluster { no_tokens: no_tokens.clone(), account_secrets, ..secrets() };
    assert_eq!(login(&cluster, auth.clone()).await.1["jwt"], "of-old");
    let cluster = Cluster { no_tokens, ..secrets() };
    let fault = connect(&any_vault().await, &cluster, json!({ "auth": auth })).await.err().unwrap();
    assert_eq!(fault.message, "no token for you: see spec.provider.vault.auth.kubernetes.serviceAccountRef");
}

#[tokio::test]
async fn a_missing_secret_is_told_in_esos_words_and_then_the_field() {
    let fault = connect(&any_vault().await, &Cluster::new(&[]), with_token()).await.err().unwrap();
    let expected = "cannot get Kubernetes secret \"vault\" from namespace \"team\": secrets \"vault\" not found: \
                    see spec.provider.vault.auth.tokenSecretRef";
    assert_eq!(fault.public(), expected);
}

#[tokio::test]
async fn without_auth_no_token_is_sent_and_none_is_looked_up() {
    let mock = Mock::start(|_| version_2(&json!({"a": "b"}))).await;
    let store = connect(&mock, &cluster(), json!({})).await.unwrap();
    assert_eq!(store.probe.validate().await, Validation::Ready);
    assert_eq!(read_one(&store, property("db", "a")).await.unwrap(), "b");
    assert_eq!((mock.paths().len(), mock.seen()[0].token()), (1, ""));
}

#[tokio::test]
async fn refused_logins_name_the_field_and_hide_vaults_words() {
    for (answer, kind) in [
        (refused(400, "canary: invalid role or secret ID"), FaultKind::Unauthenticated),
        (refused(403, "permission denied"), FaultKind::Unauthenticated),
        (refused(503, "Vault is sealed"), FaultKind::Unavailable),
        ((200, "{\"auth\":null}".to_owned()), FaultKind::Unauthenticated),
        ((200, json!({"auth": {"mfa_requirement": {}, "client_token": ""}}).to_string()), FaultKind::Unauthenticated),
    ] {
        let cluster = secrets();
        let mock = Mock::start(move |_| answer.clone()).await;
        let fault = connect(&mock, &cluster, approle()).await.err().unwrap();
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.public().contains("appRole") || fault.message.contains("sealed"), "{fault}");
        assert!(!fault.to_string().contains("canary") && !fault.to_string().contains("s3cret"), "{fault}");
    }
}

#[tokio::test]
async fn one_identity_logs_in_once_and_another_by_itself() {
    let (mock, provider, cluster) = (any_vault().await, provider(), secrets());
    let first = connect_with(&provider, &mock, &cluster, approle()).await.unwrap();
    let mut other_path = approle();
    other_path["path"] = json!("secret/other");
    let second = connect_with(&provider, &mock, &cluster, other_path).await.unwrap();
    assert_eq!(mock.count("auth/approle/login"), 1, "the same credentials");
    let elsewhere = Cluster { namespace: "elsewhere".into(), ..cluster.clone() };
    let elsewhere =
        Cluster { scope: StoreScope { namespace: "elsewhere".into(), ..cluster.scope.clone() }, ..elsewhere };
    let third = connect_with(&provider, &mock, &elsewhere, approle()).await.unwrap();
    assert_eq!(mock.count("auth/approle/login"), 2, "the same names, but in another namespace");
    drop((first, second, third));
}

#[tokio::test]
async fn each_namespace_that_uses_a_cluster_store_brings_its_own_credentials_unless_the_store_names_one() {
    let (mock, provider) = (any_vault().await, provider());
    let named = json!({"auth": {"appRole": {"roleId": "r", "secretRef": {"name": "creds", "key": "secret", "namespace": "x"}}}});
    for (auth, logins) in [(approle(), 2), (named, 1)] {
        let before = mock.count("auth/approle/login");
        for namespace in ["a", "b"] {
            let cluster = secrets().cluster_wide(namespace);
            let store = connect_with(&provider, &mock, &cluster, auth.clone()).await.unwrap();
            read_one(&store, locator("db")).await.unwrap();
        }
        assert_eq!(mock.count("auth/approle/login") - before, logins, "{auth}");
    }
}

#[tokio::test]
async fn s_05_a_cluster_store_whose_namespaces_log_in_is_not_tried() {
    let mock = any_vault().await;
    let store = connect(&mock, &secrets().cluster_wide(""), approle()).await.unwrap();
    assert!(matches!(store.probe.validate().await, Validation::Unknown(_)));
    assert!(mock.seen().is_empty());
}

#[tokio::test]
async fn a_token_is_renewed_at_80_percent_of_its_life_and_the_old_one_given_back() {
    let (mock, cluster) = (any_vault().await, secrets());
    let store = connect(&mock, &cluster, approle()).await.unwrap();
    cluster.pass(Duration::from_mins(47));
    read_one(&store, locator("db")).await.unwrap();
    assert_eq!(mock.count("auth/approle/login"), 1);
    cluster.pass(Duration::from_mins(2));
    read_one(&store, locator("db")).await.unwrap();
    assert_eq!(mock.count("auth/approle/login"), 2);
    revoked(&mock, "t1").await;
}

/// Waits until a token was given back.
async fn revoked(mock: &Mock, token: &str) {
    for _ in 0..100 {
        if mock.seen().iter().any(|seen| seen.path == "auth/token/revoke-self" && seen.token() == token) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{token} is not given back: {:?}", mock.paths());
}

#[tokio::test]
async fn a_revoked_token_leads_to_one_new_login() {
    let good = Arc::new(Mutex::new(Vec::new()));
    let (mock, cluster) = (vault(Arc::clone(&good)).await, secrets());
    let store = connect(&mock, &cluster, approle()).await.unwrap();
    good.lock().clear();
    let keys: Vec<Locator> = (0..8).map(|number| locator(&format!("k{number}"))).collect();
    assert!(read(&store, &keys).await.into_iter().all(|answer| answer.is_ok()));
    assert_eq!(mock.count("auth/approle/login"), 2);
    assert_eq!(cluster.calls("Login"), (2, 0));
}

#[tokio::test]
async fn a_denied_secret_costs_no_login() {
    let (mock, cluster) = (any_vault().await, secrets());
    let store = connect(&mock, &cluster, approle()).await.unwrap();
    let fault = read_one(&store, locator("denied")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(fault.message.contains("\"secret/data/denied\"") && fault.message.contains("capability read"), "{fault}");
    assert_eq!(mock.count("auth/approle/login"), 1);
}

#[tokio::test]
async fn a_token_in_a_secret_is_read_again_when_it_is_refused_or_a_minute_old() {
    let good = Arc::new(Mutex::new(vec!["of-secret".to_owned()]));
    let (mock, cluster) = (vault(Arc::clone(&good)).await, secrets());
    let auth = json!({"auth": {"tokenSecretRef": reference("token")}});
    let store = connect(&mock, &cluster, auth.clone()).await.unwrap();
    assert_eq!(store.probe.validate().await, Validation::Ready);
    *good.lock() = vec!["newer".to_owned()];
    let fault = read_one(&store, locator("db")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unauthenticated);
    let failed = store.probe.validate().await;
    assert!(
        matches!(&failed, Validation::Failed(fault) if fault.message.starts_with("invalid vault credentials: ")),
        "{failed:?}"
    );
    cluster.secrets.lock().insert("creds/token".to_owned(), "newer".to_owned());
    assert!(read_one(&store, locator("db")).await.is_ok());
    drop(store);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(mock.count("auth/token/revoke-self"), 0, "it is somebody else's");
}

#[tokio::test]
async fn a_login_whose_token_may_not_look_itself_up_is_good_enough() {
    let mock = Mock::start(|seen| match seen.path.as_str() {
        "auth/approle/login" => granted("t", 3600),
        _ => refused(403, POLICY),
    })
    .await;
    let store = connect(&mock, &secrets(), approle()).await.unwrap();
    assert_eq!(store.probe.validate().await, Validation::Ready);
    let fault = read_one(&store, locator("db")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert_eq!(mock.count("auth/approle/login"), 1, "the token is too new to blame");
}

#[tokio::test]
async fn v_21_tokens_of_logins_are_given_back_with_the_last_store_and_batch_tokens_are_not() {
    let (mock, cluster) = (any_vault().await, secrets());
    let store = connect(&mock, &cluster, approle()).await.unwrap();
    drop(store);
    revoked(&mock, "t1").await;
    let mock = Mock::start(|_| {
        let auth = json!({"client_token": "b", "lease_duration": 60, "token_type": "batch"});
        (200, json!({ "auth": auth }).to_string())
    })
    .await;
    drop(connect(&mock, &cluster, approle()).await.unwrap());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(mock.paths(), ["auth/approle/login"]);
}

#[tokio::test]
async fn tokens_with_characters_that_no_token_has_are_refused_unseen() {
    for token in ["", " \n", "can\nary", "can\u{e9}ary"] {
        let fault = connect(&any_vault().await, &Cluster::new(&[("vault/token", token)]), with_token()).await;
        let fault = fault.err().map(|fault| fault.to_string()).unwrap_or_default();
        assert!(
            token == "can\u{e9}ary" || fault.contains("spec.provider.vault.auth.tokenSecretRef"),
            "{token:?} {fault}"
        );
        assert!(!fault.contains("ary"), "{fault}");
    }
}

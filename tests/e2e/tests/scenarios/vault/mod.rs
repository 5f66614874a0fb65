//! Vault, played by OpenBao: every way to log in, bad input, faults.

mod bad_input;
mod faults;
mod logins;

use eso_e2e::Corner;
use eso_harness::{Bao, Cluster, Part, ensure};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// A Vault of the test's own, with `secret/db` and `kv1/db`.
async fn own_bao() -> Bao {
    let bao = Bao::start(&ensure(&[Part::OpenBao]).await.unwrap()).await.unwrap();
    bao.put("secret/db", &json!({"user": "svc", "nested": {"a": "<b>"}, "n": 7})).await.unwrap();
    bao.put("kv1/db", &json!({"user": "old"})).await.unwrap();
    bao
}

/// The Vault that scenarios share which disturb nobody else.
async fn bao() -> &'static Bao {
    static BAO: OnceCell<Bao> = OnceCell::const_new();
    BAO.get_or_init(own_bao).await
}

/// A block for version 2 at `secret`, with `more`.
fn block(server: &str, more: &Value) -> Value {
    let mut block = json!({"server": server, "path": "secret", "version": "v2"});
    for (key, value) in more.as_object().unwrap() {
        block[key] = value.clone();
    }
    json!({ "vault": block })
}

/// A block with the token in Secret `creds`.
fn with_token(server: &str) -> Value {
    block(server, &json!({"auth": {"tokenSecretRef": creds("token")}}))
}

fn creds(key: &str) -> Value {
    json!({"name": "creds", "key": key})
}

/// Puts credentials into the corner's Secret `creds`.
async fn put_creds(corner: &Corner<'_>, data: Value) {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "creds"}, "stringData": data});
    corner.apply(secret).await.unwrap();
}

/// A corner whose store `st` reads from `bao` with a good token.
async fn ready_corner<'a>(cluster: &'a Cluster, bao: &Bao, name: &str) -> Corner<'a> {
    let corner = Corner::new(cluster, name).await.unwrap();
    put_creds(&corner, json!({"token": bao.reader_token().await.unwrap()})).await;
    corner.store(with_token(&bao.url())).await.unwrap();
    corner.wait_store_valid().await.unwrap();
    corner
}

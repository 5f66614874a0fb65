//! The API server misbehaves: it restarts, or a watch goes silent.

use std::time::Duration;

use eso_e2e::Corner;
use eso_harness::{Cluster, ClusterOptions, Operator};

use crate::one;

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_restarts_in_the_middle_is_found_again() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let operator = cluster.start_operator(&["--concurrent=4", "--client-qps=0"]).await.unwrap();
    let corner = Corner::new(&cluster, "restart").await.unwrap();
    corner.aws_store().await.unwrap();
    let mut keys = Vec::new();
    for number in 0..20 {
        keys.push(corner.in_aws(&number.to_string(), "v").await.unwrap());
    }
    for (number, key) in keys.iter().take(10).enumerate() {
        corner.external_secret(&format!("es-{number}"), one(key)).await.unwrap();
    }
    cluster.plane().kill_api_server().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    cluster.plane().start_api_server().await.unwrap();
    for (number, key) in keys.iter().enumerate().skip(10) {
        corner.external_secret(&format!("es-{number}"), one(key)).await.unwrap();
    }
    for number in 0..20 {
        corner.wait_for_data(&format!("es-{number}"), &[("k", "v")]).await.unwrap();
        corner.wait_synced(&format!("es-{number}")).await.unwrap();
    }
    assert!(operator.stop(Duration::from_secs(20)).await.unwrap().success(), "it lived through");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_goes_silent_is_opened_anew() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let mut options = cluster.operator_options().await.unwrap();
    options.args = vec!["--client-qps=0".to_owned()];
    options.env.push(("ESO_WATCH_TIMEOUT_SECONDS".to_owned(), "5".to_owned()));
    let operator = Operator::start(options).unwrap();
    operator.wait_ready().await.unwrap();
    let corner = Corner::new(&cluster, "silent").await.unwrap();
    corner.aws_store().await.unwrap();
    corner.wait_store_valid().await.unwrap();
    let key = corner.in_aws("a", "v").await.unwrap();
    cluster.api_proxy().mute_watches();
    corner.external_secret("es", one(&key)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(corner.data("es").await.unwrap(), None, "nobody told the operator");
    cluster.api_proxy().unmute_watches();
    corner.wait_for_data("es", &[("k", "v")]).await.unwrap();
}

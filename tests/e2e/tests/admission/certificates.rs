//! Certificates that go wrong or go missing, with admissions going on all the time.

use std::time::Duration;

use eso_harness::admission::{certificate_secret, foreign_configuration, own_address};
use eso_harness::{eventually, eventually_within};
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair,
};
use serde_json::json;

use crate::stage::{A_WHILE, NAMESPACE, Stage, WEBHOOK, emptied};
use crate::traffic::Traffic;

/// How many certificates a PEM text holds.
fn count(pem: &str) -> usize {
    pem.matches("BEGIN CERTIFICATE").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_219_an_empty_secret_is_filled_and_an_emptied_one_again_without_a_failed_admission() {
    let (stage, certs, _webhook) = Stage::installed().await;
    let before = stage.values().await;
    assert!(before[1].starts_with("-----BEGIN RSA PRIVATE KEY-----") && before[3].starts_with("-----BEGIN RSA"));
    assert_eq!(stage.in_step().await, before[0]);
    let traffic = Traffic::start(&stage);
    stage.edit_secret(emptied()).await;
    let after = stage.renewed(&before, 0).await;
    assert!(after[0].contains(before[0].trim()), "what the webhook still shows stays trusted");
    stage.in_step().await;
    stage.admissions_work().await;
    tokio::time::sleep(A_WHILE).await;
    traffic.all_passed().await;
    assert!(!certs.log().contains("PRIVATE KEY"), "no key is logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_220_221_good_certificates_outlive_the_cert_controller_and_what_is_not_ours_stays() {
    let (stage, certs, _webhook) = Stage::installed().await;
    let before = stage.values().await;
    let version = stage.secrets().get(WEBHOOK).await.unwrap().metadata.resource_version;
    certs.stop(Duration::from_secs(10)).await.unwrap();
    // Somebody breaks the configurations, and adds one that is not ours, while nobody looks.
    stage.apply(&foreign_configuration(stage.admission.port())).await.unwrap();
    let certs = stage.cert_controller(&[]);
    certs.wait_ready().await.unwrap();
    stage.in_step().await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(stage.values().await, before);
    assert_eq!(stage.secrets().get(WEBHOOK).await.unwrap().metadata.resource_version, version, "not one write");
    let api: Api<k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration> =
        Api::all(stage.client.clone());
    let foreign = api.get("foreign").await.unwrap();
    assert_eq!(foreign.webhooks.unwrap()[0].client_config.ca_bundle, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_deleted_is_reported_and_filled_when_it_is_there_again() {
    let (stage, certs, _webhook) = Stage::installed().await;
    let before = stage.values().await;
    let traffic = Traffic::start(&stage);
    stage.secrets().delete(WEBHOOK, &DeleteParams::default()).await.unwrap();
    let events: Api<Event> = Api::namespaced(stage.client.clone(), "default");
    eventually("an event names the Secret", || async {
        let list = events.list(&ListParams::default()).await?;
        let told = list.items.iter().any(|event| {
            event.reason.as_deref() == Some("UpdateFailed")
                && event.message.as_deref().is_some_and(|message| message.contains(&format!("{NAMESPACE}/{WEBHOOK}")))
        });
        anyhow::ensure!(told, "there is none");
        Ok(())
    })
    .await
    .unwrap();
    stage.apply(&certificate_secret()).await.unwrap();
    stage.renewed(&before, 0).await;
    stage.in_step().await;
    tokio::time::sleep(A_WHILE).await;
    traffic.all_passed().await;
    certs.process().check_alive().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_put_in_by_hand_is_taken_up_and_the_old_one_retires_when_its_leaf_is_gone() {
    let (stage, _certs, _webhook) = Stage::installed().await;
    let before = stage.values().await;
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "by hand");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let traffic = Traffic::start(&stage);
    let key = issuer.key().serialize_pem();
    stage.edit_secret(json!({"stringData": {"ca.crt": issuer.pem(), "ca.key": key}})).await;
    let after = stage.renewed(&before, 2).await;
    assert!(after[0].starts_with("-----BEGIN CERTIFICATE-----"), "{}", after[0]);
    assert_eq!(after[1], key, "the key that was put in is used");
    if own_address().is_some() {
        eventually("the old authority is retired", || async {
            let [authority, ..] = stage.values().await;
            anyhow::ensure!(count(&authority) == 1, "there are {}", count(&authority));
            Ok(())
        })
        .await
        .unwrap();
    }
    stage.in_step().await;
    tokio::time::sleep(A_WHILE).await;
    traffic.all_passed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_and_a_bundle_changed_by_hand_are_put_right() {
    let (stage, _certs, _webhook) = Stage::installed().await;
    let before = stage.values().await;
    let traffic = Traffic::start(&stage);
    let issuer = Issuer::from_ca_cert_pem(&before[0], KeyPair::from_pem(&before[1]).unwrap()).unwrap();
    let mut params = CertificateParams::new(vec![format!("{WEBHOOK}.{NAMESPACE}.svc")]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = KeyPair::generate().unwrap();
    let expired = params.signed_by(&key, &issuer).unwrap().pem();
    stage.edit_secret(json!({"stringData": {"tls.crt": &expired, "tls.key": key.serialize_pem()}})).await;
    let mut edited = before.clone();
    edited[2] = expired;
    let after = stage.renewed(&edited, 2).await;
    assert_eq!((&after[0], &after[1]), (&before[0], &before[1]), "the authority stays");
    tokio::time::sleep(A_WHILE).await;
    traffic.all_passed().await;
    let api: Api<k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration> =
        Api::all(stage.client.clone());
    let mut configuration = api.get("secretstore-validate").await.unwrap();
    for hook in configuration.webhooks.iter_mut().flatten() {
        hook.client_config.ca_bundle = None;
        hook.client_config.service.as_mut().unwrap().name = "elsewhere".to_owned();
    }
    api.replace("secretstore-validate", &kube::api::PostParams::default(), &configuration).await.unwrap();
    eventually_within(Duration::from_secs(5), "the configuration is restored", || async {
        anyhow::ensure!(stage.bundles().await.iter().all(|bundle| *bundle == after[0]), "it is not");
        Ok(())
    })
    .await
    .unwrap();
    stage.admissions_work().await;
}

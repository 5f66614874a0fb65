//! Flags in Go's words.

use super::{MinVersion, Suites};

#[test]
fn versions_are_read_as_eso_reads_them() {
    for (text, version) in [("", MinVersion::Tls12), ("1.0", MinVersion::Tls12), ("1.2", MinVersion::Tls12)] {
        assert_eq!(MinVersion::parse(text), Ok(version), "{text}");
    }
    for text in ["1.3", "1.4", "nonsense"] {
        assert_eq!(MinVersion::parse(text), Ok(MinVersion::Tls13), "{text}");
    }
}

#[test]
fn suites_are_named_as_go_names_them_and_an_insecure_or_unknown_one_is_refused() {
    let suites = Suites::parse("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA").unwrap();
    assert_eq!(suites.unspoken().collect::<Vec<_>>(), ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"]);
    let on: Vec<_> = rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES.iter().filter(|suite| suites.admits(suite)).collect();
    assert_eq!(on.len(), 4, "the three of TLS 1.3 and the one named: {on:?}");
    for wrong in ["TLS_RSA_WITH_RC4_128_SHA", "nope", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] {
        assert!(Suites::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Suites::parse(""), Ok(Suites::default()));
}

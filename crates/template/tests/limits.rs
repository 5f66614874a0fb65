//! A template that would end the original engine's process ends here with an error, and errors hold no value.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests fail loudly.

use std::time::{Duration, Instant};

use eso_template::{Error, Host, Limits, Options, Phase, STACK, Template, Value};

struct Clock(Instant);

impl Host for Clock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(1);
    }
}

fn run(template: String) -> Result<Vec<u8>, Error> {
    let work = move || {
        let data = Value::string_map([("password", "hunter2"), ("big", &"x".repeat(1 << 19))]);
        Template::parse("t", &template, &Options::default())?.render(
            &data,
            &mut Clock(Instant::now()),
            // A slow machine must not end them before what they are about does.
            Limits { time: Duration::from_secs(30), ..Limits::default() },
        )
    };
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

#[test]
fn templates_that_use_too_much_end_with_an_error() {
    let doubling = format!("{{{{ $x := \"xxxxxxxx\" }}}}{}", "{{ $x = print $x $x }}".repeat(40));
    let templates = [
        r#"{{ repeat 10000000000 "x" }}"#.to_string(),
        "{{ until 1000000000 }}".into(),
        "{{ seq 1000000000 }}".into(),
        "{{ range 1000000000 }}{{ end }}".into(),
        "{{ range 100000 }}{{ $.big }}{{ end }}".into(),
        r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}"#.into(),
        r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d | toJson }}"#.into(),
        r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ deepCopy $d }}"#.into(),
        r#"{{ $d := dict }}{{ $e := dict }}{{ $_ := set $d "s" $d }}{{ $_ := set $e "s" $e }}{{ deepEqual $d $e }}"#
            .into(),
        "{{ $l := list }}{{ range 100000 }}{{ $l = list $l }}{{ end }}".into(),
        r#"{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}"#.into(),
        r#"{{ replace "" (repeat 1000 "y") .big }}"#.into(),
        r#"{{ indent 100000 (repeat 100000 "\n") }}"#.into(),
        r#"{{ printf "%1000000d%1000000d%1000000d%1000000d%1000000d" 1 2 3 4 5 }}"#.into(),
        doubling,
    ];
    for template in templates {
        let start = Instant::now();
        let error = run(template.clone()).unwrap_err();
        assert_eq!(error.phase, Phase::Budget, "{template}: {error}");
        assert!(start.elapsed() < Duration::from_secs(4), "{template} took {:?}", start.elapsed());
    }
}

#[test]
fn a_long_chain_of_maps_is_freed_without_recursion() {
    let chain = r#"{{ $a := dict }}{{ range 20000 }}{{ $b := dict }}{{ $_ := set $a "k" $b }}{{ $a = $b }}{{ end }}ok"#;
    assert_eq!(run(chain.into()).unwrap(), b"ok");
}

#[test]
fn deep_texts_are_refused_and_long_chains_are_not() {
    let parens = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(run(parens).unwrap_err().phase, Phase::Parse);
    let blocks = format!("{}{}", "{{ if 1 }}".repeat(20_000), "{{ end }}".repeat(20_000));
    assert_eq!(run(blocks).unwrap_err().phase, Phase::Parse);
    let chain = format!("{{{{ if 0 }}}}{}{{{{ else }}}}ok{{{{ end }}}}", "{{ else if 0 }}".repeat(5_000));
    assert_eq!(run(chain).unwrap(), b"ok");
}

/// Those that leak in the original engine, and their like.
const LEAKS: &[&str] = &[
    "{{ range .password }}{{ end }}",
    "{{ mustToDate \"2006-01-02\" .password }}",
    "{{ urlParse (printf \"http://user:%s@host:port/\" .password) }}",
    "{{ regexFind (print \"(\" .password) \"x\" }}",
    "{{ semverCompare .password \"1.2.3\" }}",
    "{{ semver .password }}",
    "{{ .password.x }}",
    "{{ eq .password 1 }}",
    "{{ index .password 99 }}",
    "{{ index (list 1) (len .password) }}",
    "{{ slice (list 1) (len .password) }}",
    "{{ substr 9 (len .password) \"x\" }}",
    "{{ mustFromJson .password }}",
    "{{ call .password }}",
    "{{ .password | call }}",
    "{{ first .password }}",
    "{{ eq (list .password) (list .password) }}",
    "{{ repeat .password \"x\" }}",
    "{{ dig .password \"x\" (dict) 1 }}",
    "{{ fail (printf \"the password is %s\" .password) }}",
    "{{ fromJson (printf \"[%s\" .password) | first }}",
    "{{ template .password }}",
    "{{ ternary 1 2 .password }}",
    "{{ atoi .password | until | first | add 1 | repeat \"x\" }}",
    "{{ decryptAES .password .password }}",
    "{{ buildCustomCert .password .password }}",
    "{{ genSignedCert .password nil nil 1 .password }}",
    "{{ derivePassword 1 .password .password .password .password | fail }}",
    "{{ filterPEM \"X\" .password }}",
    "{{ filterCertChain \"leaf\" .password }}",
    "{{ certSANs .password }}",
    "{{ pkcs12key .password }}",
    "{{ pkcs12certPass .password .password }}",
    "{{ pemToPkcs12 .password .password }}",
    "{{ jwkPublicKeyPem .password }}",
    "{{ jwkPrivateKeyPem (printf `{\"kty\":\"%s\"}` .password) }}",
    "{{ rsaDecrypt .password .password .password .password }}",
    "{{ mustToDate \"2006\" .password }}",
    "{{ mustDateModify .password now }}",
    "{{ unixEpoch .password }}",
    "{{ urlParse (print \"http://a:\" .password \"@b:port\") }}",
    "{{ urlParse (print \"http://a b\" .password) }}",
    "{{ urlJoin (dict \"userinfo\" (print .password \" x\")) }}",
    "{{ semverCompare .password \"1.0.0\" }}",
    "{{ semverCompare \"1.0.0\" .password }}",
    "{{ decryptAES \"k\" .password }}",
    "{{ htpasswd .password .password .password }}",
    "{{ filterPEM \"CERTIFICATE\" .password }}",
    "{{ filterCertChain .password .password }}",
    "{{ pkcs12keyPass .password .password }}",
    "{{ pkcs12cert .password }}",
    "{{ pemToPkcs12Pass .password .password .password }}",
    "{{ pemTruststoreToPKCS12 .password }}",
    "{{ jwkPrivateKeyPem .password }}",
    "{{ jwkPublicKeyPem (dict \"kty\" .password | toJson) }}",
    "{{ rsaDecrypt \"RSA-OAEP\" \"SHA1\" .password .password }}",
    "{{ genCAWithKey \"x\" 1 .password }}",
    "{{ genSelfSignedCert .password (list .password) nil 1 }}",
    "{{ buildCustomCert (b64enc .password) (b64enc .password) }}",
    "{{ randInt 5 (len .password | sub 5 | int) }}",
];

#[test]
fn errors_hold_no_value() {
    for template in LEAKS {
        let error = run((*template).into()).unwrap_err();
        assert!(!error.text.contains("hunter2"), "{error}");
        assert!(error.text.starts_with("template: t:1:"), "{error}");
    }
}

#[test]
fn errors_of_yaml_hold_no_value() {
    for text in [
        "hunter2",
        "- hunter2",
        "a: [hunter2",
        "a: {b: hunter2}",
        "null: hunter2",
        "? [hunter2]\n: x",
        "a: !!int hunter2",
    ] {
        let error = eso_template::yaml::key_values(text.as_bytes()).unwrap_err();
        assert!(!error.contains("hunter2"), "{text}: {error}");
    }
}

#[test]
fn yaml_that_grows_or_nests_without_end_is_refused() {
    let lines = (1..10).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(",")));
    let laughs = format!("a0: &a0 [x]\n{}", lines.collect::<String>());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let blocks = "- ".repeat(100_000);
    for text in [laughs, deep, blocks] {
        let start = Instant::now();
        eso_template::yaml::key_values(text.as_bytes()).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(4), "took {:?}", start.elapsed());
    }
}

#[test]
fn times_and_numbers_at_the_ends_of_their_range_do_no_harm() {
    for template in [
        "{{ date \"2006\" 9223372036854775807 }}{{ date \"2006\" -9223372036854775808 }}",
        "{{ (toDate \"2006\" \"2024\").AddDate 9223372036854775807 9223372036854775807 9223372036854775807 }}",
        "{{ ((toDate \"2006\" \"2024\").AddDate -9223372036854775808 0 0).Sub now }}",
        "{{ (toDate \"2006\" \"2024\").Add 9223372036854775807 }}",
        "{{ (toDate \"2006\" \"2024\").Round 9223372036854775807 }}",
        "{{ ago 9223372036854775807 }}{{ ago -9223372036854775808 }}",
        "{{ duration (int64 \"-9223372036854775808\") }}{{ durationRound (int64 \"-9223372036854775808\") }}",
        "{{ randInt -9223372036854775808 -1 }}",
        "{{ htmlDateInZone 9223372036854775807 \"Europe/Berlin\" }}",
    ] {
        run(template.into()).unwrap();
    }
    let error = run("{{ genSelfSignedCert \"x\" nil nil 9223372036854775807 }}".into()).unwrap_err();
    assert_eq!(error.phase, Phase::Execute);
}

#[test]
fn costly_calls_end_with_an_error() {
    for call in ["genPrivateKey \"ecdsa\"", "bcrypt \"x\"", "derivePassword 1 \"pin\" \"a\" \"b\" \"c\""] {
        let error = run(format!("{{{{ range until 9 }}}}{{{{ {call} }}}}{{{{ end }}}}")).unwrap_err();
        assert_eq!(error.phase, Phase::Budget, "{error}");
    }
}

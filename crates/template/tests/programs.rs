//! What the functions write is opened by openssl and keytool, and what those write is read by the functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // Tests fail loudly.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use eso_template::{Host, Limits, Options, STACK, Template, Value};
use tempfile::TempDir;

struct Dice(u64);

impl Host for Dice {
    fn now(&self) -> Duration {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn random(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[0];
        }
    }
}

fn try_render(template: &str, data: &[(&str, &[u8])]) -> Result<Vec<u8>, String> {
    let template = template.to_string();
    let data: Vec<(String, Vec<u8>)> = data.iter().map(|(k, v)| ((*k).to_string(), v.to_vec())).collect();
    let work = move || {
        let parsed = Template::parse("t", &template, &Options::default()).map_err(|e| e.text)?;
        parsed.render(&Value::string_map(data), &mut Dice(1), Limits::default()).map_err(|e| e.text)
    };
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

fn render(template: &str, data: &[(&str, &[u8])]) -> Vec<u8> {
    try_render(template, data).unwrap_or_else(|error| panic!("{template}: {error}"))
}

/// Runs a program and gives what it prints.
fn run(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let package = if program == "keytool" { "default-jre-headless" } else { program };
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program} cannot be run ({e}): apt-get install {package}"));
    // A program that needs no input may close it early.
    _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{program} {args:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn openssl(args: &str, input: &[u8]) -> Vec<u8> {
    run("openssl", &args.split_whitespace().collect::<Vec<_>>(), input)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// A directory of files that openssl made: a root, an intermediate and a leaf with their keys.
struct Made {
    dir: TempDir,
}

impl Made {
    fn new() -> Self {
        let made = Self { dir: tempfile::tempdir().unwrap() };
        let p = |name: &str| made.path(name);
        openssl(
            &format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout {} -out {} -subj /CN=Root/O=Shop -days 30",
                p("root.key"),
                p("root.crt")
            ),
            b"",
        );
        openssl(
            &format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc -keyout {} -out {} -subj /CN=Middle -days 30 -CA {} -CAkey {}",
                p("middle.key"),
                p("middle.crt"),
                p("root.crt"),
                p("root.key")
            ),
            b"",
        );
        openssl(
            &format!(
                "req -x509 -newkey rsa:2048 -noenc -keyout {} -out {} -subj /CN=leaf.test -days 30 -CA {} -CAkey {} -addext subjectAltName=DNS:leaf.test,IP:10.1.2.3,IP:2001:db8::7,email:a@leaf.test,URI:spiffe://leaf.test/a -addext basicConstraints=critical,CA:FALSE",
                p("leaf.key"),
                p("leaf.crt"),
                p("middle.crt"),
                p("middle.key")
            ),
            b"",
        );
        std::fs::write(p("chain.crt"), [made.read("middle.crt"), made.read("root.crt")].concat()).unwrap();
        made
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_string()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(Path::new(&self.path(name))).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// A key store of the leaf, its key and the chain.
    fn p12(&self, options: &str) -> Vec<u8> {
        openssl(
            &format!(
                "pkcs12 -export -inkey {} -in {} -certfile {} {options}",
                self.path("leaf.key"),
                self.path("leaf.crt"),
                self.path("chain.crt")
            ),
            b"",
        )
    }
}

#[test]
fn key_stores_of_openssl_are_read_whatever_their_cipher() {
    let made = Made::new();
    let key = made.read("leaf.key");
    let chain = [made.read("leaf.crt"), made.read("chain.crt")].concat();
    for options in [
        "",
        "-legacy",
        "-legacy -keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-RC2-128",
        "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
        "-keypbe AES-128-CBC -certpbe AES-192-CBC -macalg sha512",
        "-keypbe NONE -certpbe NONE",
        "-keypbe NONE -certpbe AES-256-CBC -macalg sha384 -iter 10000",
    ] {
        let file = made.p12(&format!("-passout pass:s3cr3t {options}"));
        assert_eq!(render(r#"{{ .p | pkcs12keyPass "s3cr3t" }}"#, &[("p", &file)]), key, "{options}");
        assert_eq!(render(r#"{{ .p | pkcs12certPass "s3cr3t" }}"#, &[("p", &file)]), chain, "{options}");
        let error = try_render(r#"{{ .p | pkcs12keyPass "S3CR3T" }}"#, &[("p", &file)]).unwrap_err();
        assert!(error.ends_with("pkcs12: decryption password incorrect"), "{error}");
    }
}

#[test]
fn key_stores_without_password_or_mac_are_read() {
    let made = Made::new();
    let key = made.read("leaf.key");
    for options in ["-passout pass:", "-passout pass: -legacy", "-passout pass: -nomac"] {
        let file = made.p12(options);
        assert_eq!(render("{{ .p | pkcs12key }}", &[("p", &file)]), key, "{options}");
    }
    let file = made.p12("-passout pass:pw -nomac");
    let error = try_render(r#"{{ .p | pkcs12keyPass "pw" }}"#, &[("p", &file)]).unwrap_err();
    assert!(error.ends_with("pkcs12: no MAC in data"), "{error}");
}

#[test]
fn key_stores_of_keytool_are_read() {
    let made = Made::new();
    let store = made.path("store.p12");
    let args = format!(
        "-genkeypair -alias a -keyalg RSA -keysize 2048 -dname CN=x -storetype PKCS12 -keystore {store} -storepass changeit"
    );
    run("keytool", &args.split(' ').collect::<Vec<_>>(), b"");
    let key = render(r#"{{ .p | pkcs12keyPass "changeit" }}"#, &[("p", &made.read("store.p12"))]);
    openssl("pkey -noout -check", &key);
}

#[test]
fn openssl_and_keytool_open_our_key_stores() {
    let made = Made::new();
    let certificates = [made.read("leaf.crt"), made.read("chain.crt")].concat();
    let (key, template) = (made.read("leaf.key"), r#"{{ fullPemToPkcs12Pass .c .k "s3cr3t" | b64dec }}"#);
    let file = made.write("ours.p12", &render(template, &[("c", &certificates), ("k", &key)]));
    let opened = text(openssl(&format!("pkcs12 -in {file} -passin pass:s3cr3t -noenc"), b""));
    assert!(opened.contains(text(key).as_str()), "{opened}");
    assert_eq!(opened.matches("BEGIN CERTIFICATE").count(), 3);
    let info = Command::new("openssl")
        .args(["pkcs12", "-in", &file, "-passin", "pass:s3cr3t", "-noout", "-info"])
        .output()
        .unwrap();
    let info = text(info.stderr);
    assert!(info.contains("MAC: sha256, Iteration 2048"), "{info}");
    assert!(info.contains("PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256"), "{info}");
    let listed = text(run("keytool", &["-list", "-keystore", &file, "-storepass", "s3cr3t"], b""));
    assert!(listed.contains("PrivateKeyEntry"), "{listed}");
}

#[test]
fn java_trusts_what_our_trust_stores_hold() {
    let made = Made::new();
    let certificates = [made.read("root.crt"), made.read("middle.crt")].concat();
    let store = render(r#"{{ pemTruststoreToPKCS12Pass .c "s3cr3t" | b64dec }}"#, &[("c", &certificates)]);
    let file = made.write("trust.p12", &store);
    let listed = text(run("keytool", &["-list", "-keystore", &file, "-storepass", "s3cr3t"], b""));
    assert_eq!(listed.matches("trustedCertEntry").count(), 2, "{listed}");
    assert!(listed.contains("cn=root") || listed.contains("o=shop,cn=root"), "{listed}");
}

#[test]
fn a_chain_in_any_order_is_put_in_order() {
    let made = Made::new();
    let (leaf, middle, root) = (made.read("leaf.crt"), made.read("middle.crt"), made.read("root.crt"));
    let mixed = [&root[..], &leaf, &middle].concat();
    for (part, wanted) in [("leaf", &leaf), ("intermediate", &middle), ("root", &root)] {
        assert_eq!(&render(&format!(r#"{{{{ .c | filterCertChain "{part}" }}}}"#), &[("c", &mixed)]), wanted);
    }
    let names = text(render("{{ .c | certSANs }}", &[("c", &leaf)]));
    assert_eq!(names, "[leaf.test 10.1.2.3 2001:db8::7 a@leaf.test spiffe://leaf.test/a]");
}

#[test]
fn openssl_accepts_our_certificates() {
    let made = Made::new();
    let template = r#"{{ $ca := genCA "my ca" 10 }}{{ $c := genSignedCert "db.test" (list "10.0.0.1" "::1") (list "db.test" "*.db.test") 5 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}"#;
    let out = text(render(template, &[]));
    let parts: Vec<&[u8]> = out.split('|').map(str::as_bytes).collect();
    let (ca, leaf) = (made.write("ca.crt", parts[0]), made.write("l.crt", parts[1]));
    let args = format!("verify -x509_strict -purpose sslserver -verify_hostname a.db.test -CAfile {ca} {leaf}");
    openssl(&args, b"");
    openssl("pkey -noout -check", parts[2]);
    let shown = text(openssl("x509 -noout -text", parts[1]));
    for wanted in [
        "DNS:db.test, DNS:*.db.test, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1",
        "Digital Signature, Key Encipherment",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "Subject: CN = db.test",
        "CA:FALSE",
        "Version: 3",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

#[test]
fn openssl_accepts_certificates_under_every_kind_of_key() {
    for kind in ["ecdsa", "ed25519", "rsa"] {
        let template = format!(r#"{{{{ $k := genPrivateKey "{kind}" }}}}{{{{ (genCAWithKey "ca" 9 $k).Cert }}}}"#);
        let certificate = render(&template, &[]);
        let made = tempfile::tempdir().unwrap();
        let path = made.path().join("ca.crt");
        std::fs::write(&path, certificate).unwrap();
        openssl(&format!("verify -check_ss_sig -CAfile {0} {0}", path.display()), b"");
    }
}

#[test]
fn openssl_accepts_our_private_keys() {
    for (kind, label) in [
        ("rsa", "RSA PRIVATE KEY"),
        ("ecdsa", "EC PRIVATE KEY"),
        ("ed25519", "PRIVATE KEY"),
        ("dsa", "DSA PRIVATE KEY"),
    ] {
        let key = render(&format!(r#"{{{{ genPrivateKey "{kind}" }}}}"#), &[]);
        assert!(key.starts_with(format!("-----BEGIN {label}-----\n").as_bytes()));
        let shown = text(openssl("pkey -noout -text", &key));
        if kind != "dsa" {
            openssl("pkey -noout -check", &key);
        }
        let bits = match kind {
            "rsa" => "4096 bit",
            "dsa" => "2048 bit",
            "ecdsa" => "256 bit",
            _ => "ED25519",
        };
        assert!(shown.contains(bits), "{shown}");
    }
}

/// The bytes behind a heading of `openssl pkey -text`.
fn hex_after(shown: &str, heading: &str) -> Vec<u8> {
    let mut lines = shown.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    let digits: String = lines.by_ref().take_while(|line| line.starts_with("    ")).collect();
    let digits: String = digits.chars().filter(char::is_ascii_hexdigit).collect();
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn json_web_keys_become_what_openssl_writes() {
    for (curve, name, size) in [("P-256", "P-256", 32), ("P-384", "P-384", 48), ("P-521", "P-521", 66)] {
        let key = openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve}"), b"");
        let shown = text(openssl("pkey -noout -text", &key));
        let (d, point) = (hex_after(&shown, "priv:"), hex_after(&shown, "pub:"));
        let d = &d[d.len().saturating_sub(size)..];
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (x, y) = (encode(&point[1..=size]), encode(&point[1 + size..]));
        let public = format!(r#"{{"kty":"EC","crv":"{name}","x":"{x}","y":"{y}"}}"#);
        let private = format!(r#"{{"kty":"EC","crv":"{name}","x":"{x}","y":"{y}","d":"{}"}}"#, encode(d));
        assert_eq!(render("{{ .j | jwkPrivateKeyPem }}", &[("j", private.as_bytes())]), key);
        assert_eq!(render("{{ .j | jwkPublicKeyPem }}", &[("j", public.as_bytes())]), openssl("pkey -pubout", &key));
    }
    for (kind, name) in [("ED25519", "Ed25519"), ("X25519", "X25519")] {
        let key = openssl(&format!("genpkey -algorithm {kind}"), b"");
        let shown = text(openssl("pkey -noout -text", &key));
        let (d, x) =
            (URL_SAFE_NO_PAD.encode(hex_after(&shown, "priv:")), URL_SAFE_NO_PAD.encode(hex_after(&shown, "pub:")));
        let jwk = format!(r#"{{"kty":"OKP","crv":"{name}","x":"{x}","d":"{d}"}}"#);
        assert_eq!(render("{{ .j | jwkPrivateKeyPem }}", &[("j", jwk.as_bytes())]), key);
        let error = try_render("{{ .j | jwkPublicKeyPem }}", &[("j", jwk.as_bytes())]).unwrap_err();
        assert!(error.contains("private") && !error.contains(&d), "{error}");
    }
}

#[test]
fn rsa_decrypts_what_openssl_encrypted() {
    let made = Made::new();
    for bits in [1024, 2048] {
        let key = openssl(&format!("genrsa -traditional {bits}"), b"");
        let public = made.write("public.pem", &openssl("rsa -pubout", &key));
        for hash in ["sha1", "sha256"] {
            let args = format!(
                "pkeyutl -encrypt -pubin -inkey {public} -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} -pkeyopt rsa_mgf1_md:{hash}"
            );
            let sealed = openssl(&args, b"open sesame");
            let template = format!(r#"{{{{ rsaDecrypt "RSA-OAEP" "{}" .c .k }}}}"#, hash.to_uppercase());
            assert_eq!(render(&template, &[("c", &sealed), ("k", &key)]), b"open sesame", "{bits} {hash}");
            let mut damaged = sealed.clone();
            damaged[20] ^= 1;
            let error = try_render(&template, &[("c", &damaged), ("k", &key)]).unwrap_err();
            assert!(error.ends_with("crypto/rsa: decryption error"), "{error}");
        }
    }
}

#[test]
fn openssl_decrypts_what_aes_encrypted() {
    let sealed = STANDARD.decode(render(r#"{{ "plain text" | encryptAES "my key" }}"#, &[])).unwrap();
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").unwrap();
            out
        })
    };
    let mut key = [0; 32];
    key[..6].copy_from_slice(b"my key");
    let args = format!("enc -d -aes-256-cbc -K {} -iv {}", hex(&key), hex(&sealed[..16]));
    assert_eq!(openssl(&args, &sealed[16..]), b"plain text");
}

#[test]
fn bcrypt_hashes_are_those_of_the_password() {
    let hash = text(render(r#"{{ bcrypt "secret" }}"#, &[]));
    assert!(bcrypt::verify("secret", &hash).unwrap());
    assert!(!bcrypt::verify("Secret", &hash).unwrap());
    let line = text(render(r#"{{ htpasswd "me" "secret" "bcrypt" }}"#, &[]));
    assert!(bcrypt::verify("secret", line.strip_prefix("me:").unwrap()).unwrap());
}

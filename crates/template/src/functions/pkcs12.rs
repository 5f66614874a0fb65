//! PKCS#12 key stores and trust stores.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Args;
use super::pem::read as read_pem;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::pki::certificate::Certificate;
use crate::pki::chain;
use crate::pki::key::Key;
use crate::pki::pem::{self, Block};
use crate::pki::pkcs12::{Contents, Store, read, write};
use crate::value::Value;

functions! {
    /// The private key of a PKCS#12 file without a password, as PKCS#8 in PEM.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ pemToPkcs12 $c.Cert $c.Key | b64dec | pkcs12key | trunc 27 }}` gives `-----BEGIN PRIVATE KEY-----`
    "pkcs12key" (Str) = |c, a| key(c, a.str(0), b"");
    /// The private key of a PKCS#12 file, as PKCS#8 in PEM.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ pemToPkcs12Pass $c.Cert $c.Key "pw" | b64dec | pkcs12keyPass "pw" | trunc 27 }}` gives `-----BEGIN PRIVATE KEY-----`
    "pkcs12keyPass" (Str, Str) = |c, a| key(c, a.str(1), a.str(0));
    /// The certificates of a PKCS#12 file without a password, in PEM; that of the key first.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ pemToPkcs12 $c.Cert $c.Key | b64dec | pkcs12cert | eq $c.Cert }}` gives `true`
    "pkcs12cert" (Str) = |c, a| certificates(c, a.str(0), b"");
    /// The certificates of a PKCS#12 file, in PEM; that of the key first.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ pemToPkcs12Pass $c.Cert $c.Key "pw" | b64dec | pkcs12certPass "pw" | eq $c.Cert }}` gives `true`
    "pkcs12certPass" (Str, Str) = |c, a| certificates(c, a.str(1), a.str(0));
    /// A PKCS#12 file of the first certificate of a PEM text and a key, without a password, in base64.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ pemToPkcs12 $c.Cert $c.Key | trunc 2 }}` gives `MI`
    "pemToPkcs12" (Str, Str) = |c, a| store(c, a.str(0), a.str(1), b"", Chain::First);
    /// A PKCS#12 file of the first certificate of a PEM text and a key, under a password, in base64.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ pemToPkcs12Pass $c.Cert $c.Key "pw" | trunc 2 }}` gives `MI`
    "pemToPkcs12Pass" (Str, Str, Str) = |c, a| store(c, a.str(0), a.str(1), a.str(2), Chain::First);
    /// A PKCS#12 file of all certificates of a PEM text and a key, without a password, in base64.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ fullPemToPkcs12 $c.Cert $c.Key | trunc 2 }}` gives `MI`
    "fullPemToPkcs12" (Str, Str) = |c, a| store(c, a.str(0), a.str(1), b"", Chain::Full);
    /// A PKCS#12 file of all certificates of a PEM text and a key, under a password, in base64.
    ///
    /// `{{ $c := genSelfSignedCert "x" nil nil 1 }}{{ fullPemToPkcs12Pass $c.Cert $c.Key "pw" | trunc 2 }}` gives `MI`
    "fullPemToPkcs12Pass" (Str, Str, Str) = |c, a| store(c, a.str(0), a.str(1), a.str(2), Chain::Full);
    /// A trust store for Java of all certificates of a PEM text, without a password, in base64.
    ///
    /// `{{ (genCA "ca" 1).Cert | pemTruststoreToPKCS12 | trunc 2 }}` gives `MI`
    "pemTruststoreToPKCS12" (Str) = |c, a| trusted(c, a.str(0), b"");
    /// A trust store for Java of all certificates of a PEM text, under a password, in base64.
    ///
    /// `{{ pemTruststoreToPKCS12Pass (genCA "ca" 1).Cert "pw" | trunc 2 }}` gives `MI`
    "pemTruststoreToPKCS12Pass" (Str, Str) = |c, a| trusted(c, a.str(0), a.str(1));
}

/// How much of a chain goes into a file.
#[derive(PartialEq)]
enum Chain {
    First,
    Full,
}

fn open(ctx: &mut Ctx<'_>, file: &[u8], password: &[u8]) -> Outcome<Store> {
    ctx.reserve(file.len())?;
    read(ctx, file, password).map_err(|failure| Failure {
        text: format!("unable to decode pkcs12 with password: {}", failure.text),
        ..failure
    })
}

fn key(ctx: &mut Ctx<'_>, file: &[u8], password: &[u8]) -> Outcome<Value> {
    let store = open(ctx, file, password)?;
    Ok(Value::text(Block::new("PRIVATE KEY", store.key.pkcs8()).encode()))
}

fn certificates(ctx: &mut Ctx<'_>, file: &[u8], password: &[u8]) -> Outcome<Value> {
    let certificates = open(ctx, file, password)?.certificates;
    let unordered = chain::to_pem(&certificates);
    let ordered = chain::ordered(certificates).map(|certificates| chain::to_pem(&certificates));
    Ok(Value::text(ordered.unwrap_or(unordered)))
}

/// What the original runs into where a text holds no PEM.
fn nil() -> Failure {
    Failure::new("runtime error: invalid memory address or nil pointer dereference: the text is not PEM")
}

/// The certificates of a text; nothing else may follow them.
fn all_certificates(text: &[u8]) -> Outcome<Vec<Certificate>> {
    let (blocks, rest) = pem::blocks(text);
    if blocks.is_empty() || !rest.is_empty() {
        return Err(nil());
    }
    blocks.iter().map(|block| Certificate::parse(&block.bytes)).collect()
}

fn store(ctx: &mut Ctx<'_>, certificates: &[u8], key: &[u8], password: &[u8], chain: Chain) -> Outcome<Value> {
    read_pem(ctx, certificates)?;
    let certificates = if chain == Chain::Full {
        all_certificates(certificates)?
    } else {
        let (block, _) = pem::decode(certificates).ok_or_else(nil)?;
        vec![Certificate::parse(&block.bytes)?]
    };
    let (block, _) = pem::decode(key).ok_or_else(nil)?;
    let key = Key::from_der(&block.bytes)?;
    let file = write(ctx, &Contents::Key(&key, &certificates), password)?;
    Ok(Value::text(STANDARD.encode(file)))
}

fn trusted(ctx: &mut Ctx<'_>, certificates: &[u8], password: &[u8]) -> Outcome<Value> {
    read_pem(ctx, certificates)?;
    let certificates = all_certificates(certificates)?;
    let file = write(ctx, &Contents::Trusted(&certificates), password)?;
    Ok(Value::text(STANDARD.encode(file)))
}

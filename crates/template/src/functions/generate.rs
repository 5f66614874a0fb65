//! New keys and certificates.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use aws_lc_rs::rsa::KeySize;

use super::Args;
use super::encode::b64dec;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::object::{Member, Object};
use crate::pki::certificate::Certificate;
use crate::pki::dsa;
use crate::pki::issue::{Issuer, Request, Role, issue};
use crate::pki::key::Key;
use crate::pki::pem::{self, Block};
use crate::value::Value;

functions! {
    /// A private key in PEM: `rsa` or nothing (4096 bits), `ecdsa` (P-256), `ed25519`, `dsa`.
    ///
    /// `{{ genPrivateKey "ed25519" | trunc 27 }}` gives `-----BEGIN PRIVATE KEY-----`
    "genPrivateKey" (Str) = |c, a| {
        let kind = a.str(0);
        if !matches!(kind, b"" | b"rsa" | b"dsa" | b"ecdsa" | b"ed25519") {
            return Ok(Value::text([b"Unknown type ", kind].concat()));
        }
        c.costly()?;
        let block = match kind {
            b"dsa" => dsa::generate(c)?,
            b"ecdsa" => Key::generate_ec(c)?.block(),
            b"ed25519" => Key::generate_ed25519(c).block(),
            _ => Key::generate_rsa(KeySize::Rsa4096)?.block(),
        };
        Ok(Value::text(block.encode()))
    };
    /// A certificate authority for a number of days, with `.Cert` and `.Key` in PEM.
    ///
    /// `{{ (genCA "ca" 365).Cert | trunc 27 }}` gives `-----BEGIN CERTIFICATE-----`
    "genCA" (Str, Int) = |c, a| authority(c, a, None);
    /// A certificate authority with a key that exists.
    ///
    /// `{{ $key := genPrivateKey "ecdsa" }}{{ eq (genCAWithKey "ca" 365 $key).Key $key }}` gives `true`
    "genCAWithKey" (Str, Int, Str) = |c, a| authority(c, a, Some(a.str(2)));
    /// A certificate that signs itself: name, IP addresses, DNS names, days.
    ///
    /// `{{ (genSelfSignedCert "db.test" (list "10.0.0.1") (list "db.test") 30).Key | trunc 31 }}` gives `-----BEGIN RSA PRIVATE KEY-----`
    "genSelfSignedCert" (Str, AnyList, AnyList, Int) = |c, a| leaf(c, a, None, None);
    /// A certificate that signs itself, with a key that exists.
    ///
    /// `{{ $key := genPrivateKey "ecdsa" }}{{ certSANs (genSelfSignedCertWithKey "x" nil (list "db.test") 30 $key).Cert }}` gives `[db.test]`
    "genSelfSignedCertWithKey" (Str, AnyList, AnyList, Int, Str) = |c, a| leaf(c, a, None, Some(a.str(4)));
    /// A certificate that an authority signs: name, IP addresses, DNS names, days, authority.
    ///
    /// `{{ $ca := genCA "ca" 365 }}{{ certSANs (genSignedCert "x" nil (list "db.test") 30 $ca).Cert }}` gives `[db.test]`
    "genSignedCert" (Str, AnyList, AnyList, Int, Certificate) = |c, a| leaf(c, a, Some(a.at(4)), None);
    /// A certificate that an authority signs, with a key that exists.
    ///
    /// `{{ $key := genPrivateKey "ecdsa" }}{{ $ca := genCA "ca" 9 }}{{ eq (genSignedCertWithKey "x" nil nil 9 $ca $key).Key $key }}` gives `true`
    "genSignedCertWithKey" (Str, AnyList, AnyList, Int, Certificate, Str) = |c, a| leaf(c, a, Some(a.at(4)), Some(a.str(5)));
    /// A certificate and its key, from PEM in base64, in the form that `genSignedCert` takes.
    ///
    /// `{{ $ca := genCA "ca" 9 }}{{ $same := buildCustomCert (b64enc $ca.Cert) (b64enc $ca.Key) }}{{ eq $same.Cert $ca.Cert }}` gives `true`
    "buildCustomCert" (Str, Str) = |_, a| {
        let decode = |text, what: &str| {
            b64dec(text).map_err(|_| Failure::new(format!("unable to decode base64 {what}")))
        };
        let pair = Pair { cert: decode(a.str(0), "certificate")?, key: decode(a.str(1), "private key")? };
        first_certificate(&pair.cert)?;
        pem_key(&pair.key)?;
        Ok(pair.value())
    };
}

/// A certificate and its key in PEM: what sprig calls a certificate.
#[derive(Clone, PartialEq)]
struct Pair {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Pair {
    fn new(certificate: Vec<u8>, key: &Key) -> Self {
        Self { cert: Block::new("CERTIFICATE", certificate).encode(), key: key.block().encode() }
    }

    fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Object for Pair {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn print(&self) -> Vec<u8> {
        [b"{", &self.cert[..], b" ", &self.key, b"}"].concat()
    }

    fn json(&self) -> Outcome<Value> {
        let fields = [("Cert", &self.cert), ("Key", &self.key)];
        Value::dict(fields.map(|(name, text)| (name.as_bytes().into(), Value::text(text))).into())
    }

    fn member(&self, name: &str) -> Option<Member> {
        match name {
            "Cert" => Some(Member::Field(Value::text(&self.cert))),
            "Key" => Some(Member::Field(Value::text(&self.key))),
            _ => None,
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }
}

fn first_certificate(text: &[u8]) -> Outcome<Certificate> {
    let (block, _) = pem::decode(text).ok_or_else(|| Failure::new("unable to decode certificate"))?;
    let parsed = Certificate::parse(&block.bytes);
    parsed.map_err(|e| Failure::new(format!("error parsing certificate: {}", e.text)))
}

/// A key in PEM, in the form that its label says.
fn pem_key(text: &[u8]) -> Outcome<Key> {
    let (block, _) = pem::decode(text).ok_or_else(|| Failure::new("no PEM data in input"))?;
    if block.is("PRIVATE KEY") {
        return Key::from_pkcs8(&block.bytes);
    }
    if ["RSA PRIVATE KEY", "EC PRIVATE KEY"].iter().any(|label| block.is(label)) {
        return Key::from_der(&block.bytes);
    }
    Err(Failure::new("no private key data in PEM block of this type"))
}

/// A key that is given, or a new one.
fn key_or_new(key: Option<&[u8]>) -> Outcome<Key> {
    match key {
        Some(text) => pem_key(text).map_err(|e| Failure::new(format!("error parsing private key: {}", e.text))),
        None => Key::generate_rsa(KeySize::Rsa2048),
    }
}

fn authority(ctx: &mut Ctx<'_>, args: &[Value], key: Option<&[u8]>) -> Outcome<Value> {
    ctx.costly()?;
    let key = key_or_new(key)?;
    let request = Request {
        common_name: args.str(0),
        addresses: Vec::new(),
        dns_names: Vec::new(),
        days: args.int(1),
        role: Role::Authority,
    };
    Ok(Pair::new(issue(ctx, &request, &key, None)?, &key).value())
}

fn leaf(ctx: &mut Ctx<'_>, args: &[Value], ca: Option<&Value>, key: Option<&[u8]>) -> Outcome<Value> {
    ctx.costly()?;
    let request = Request {
        common_name: args.str(0),
        addresses: texts(args.at(1), "ip")?.into_iter().map(address).collect::<Outcome<_>>()?,
        dns_names: texts(args.at(2), "alternate dns name")?.into_iter().map(<[u8]>::to_vec).collect(),
        days: args.int(3),
        role: Role::Leaf,
    };
    let Some(ca) = ca else {
        let key = key_or_new(key)?;
        return Ok(Pair::new(issue(ctx, &request, &key, None)?, &key).value());
    };
    let Value::Object(ca) = ca else { return Err(Failure::new("the authority is no certificate")) };
    let ca = ca.as_any().downcast_ref::<Pair>().ok_or_else(|| Failure::new("the authority is no certificate"))?;
    let (certificate, signer) = (first_certificate(&ca.cert)?, pem_key(&ca.key)?);
    let key = key_or_new(key)?;
    let issuer = Issuer { certificate: &certificate, key: &signer };
    Ok(Pair::new(issue(ctx, &request, &key, Some(&issuer))?, &key).value())
}

/// The texts of a list.
fn texts<'v>(value: &'v Value, what: &str) -> Outcome<Vec<&'v [u8]>> {
    let Value::List(list) = value else { return Ok(Vec::new()) };
    let text = |(at, item): (usize, &'v Value)| match item {
        Value::Str(text) => Ok(&text[..]),
        other => {
            Err(Failure::new(format!("error parsing {what}: item {at} is not a string but {}", other.kind_name())))
        }
    };
    list.items().iter().enumerate().map(text).collect()
}

fn address(text: &[u8]) -> Outcome<Vec<u8>> {
    let address = std::str::from_utf8(text).ok().and_then(|text| text.parse::<IpAddr>().ok());
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => Ok(v4.octets().into()),
        Some(IpAddr::V6(v6)) => Ok(v6.octets().into()),
        None => Err(Failure::new("error parsing ip: the text is no IP address")),
    }
}

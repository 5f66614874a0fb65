//! JSON web keys (RFC 7517, 7518, 8037).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use num_bigint::BigUint;
use serde_json::{Map, Value as Json};

use super::ec::{Curve, EcPrivate};
use super::key::{Key, Public, number};
use super::rsa::{RsaPrivate, RsaPublic};
use crate::error::{Failure, Outcome};

/// A key that was read.
pub(crate) enum Jwk {
    Private(Key),
    Public(Public),
    /// Bytes that are a secret themselves.
    Symmetric,
}

/// Padding may be there or not.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Reads a key; what stands behind it does not matter, as in the original.
pub(crate) fn parse(text: &[u8]) -> Outcome<Jwk> {
    let first = serde_json::Deserializer::from_slice(text).into_iter().next();
    let json: Json =
        first.and_then(Result::ok).ok_or_else(|| Failure::new("failed to parse the key: it is not JSON"))?;
    let key = Fields(json.as_object().ok_or_else(|| Failure::new("failed to parse the key: it is no JSON object"))?);
    let private = key.0.contains_key("d");
    match (key.text("kty")?, private) {
        ("RSA", true) => key.rsa().map(|key| Jwk::Private(Key::Rsa(Box::new(key)))),
        ("RSA", false) => key.rsa_public().map(|key| Jwk::Public(Public::Rsa(key))),
        ("EC", true) => key.ec().map(|key| Jwk::Private(Key::Ec(key))),
        ("EC", false) => {
            let curve = key.curve()?;
            Ok(Jwk::Public(Public::Ec(curve, curve.point(&key.bytes("x")?, &key.bytes("y")?)?)))
        }
        ("OKP", true) => key.okp(),
        ("OKP", false) => {
            let x = key.sized("x")?;
            Ok(Jwk::Public(if key.is_ed25519()? { Public::Ed25519(x) } else { Public::X25519(x) }))
        }
        ("oct", _) => Ok(Jwk::Symmetric),
        _ => Err(Failure::new("invalid key type of the JSON web key: kty is none of RSA, EC, OKP, oct")),
    }
}

struct Fields<'j>(&'j Map<String, Json>);

impl Fields<'_> {
    fn text(&self, name: &str) -> Outcome<&str> {
        let text = self.0.get(name).and_then(Json::as_str);
        text.ok_or_else(|| Failure::new(format!("the JSON web key has no text {name}")))
    }

    fn bytes(&self, name: &str) -> Outcome<Vec<u8>> {
        // Go skips line breaks in base64.
        let text = &self.text(name)?.replace(['\r', '\n'], "");
        let bytes = URL.decode(text).or_else(|_| STANDARD.decode(text));
        bytes.map_err(|_| Failure::new(format!("{name} of the JSON web key is not base64")))
    }

    fn sized(&self, name: &str) -> Outcome<Vec<u8>> {
        let bytes = self.bytes(name)?;
        if bytes.len() == 32 {
            Ok(bytes)
        } else {
            Err(Failure::new(format!("{name} of the JSON web key is not 32 bytes")))
        }
    }

    fn number(&self, name: &str) -> Outcome<BigUint> {
        self.bytes(name).map(|bytes| number(&bytes))
    }

    fn rsa_public(&self) -> Outcome<RsaPublic> {
        let key = RsaPublic { n: self.number("n")?, e: self.number("e")? };
        key.check()?;
        Ok(key)
    }

    fn rsa(&self) -> Outcome<RsaPrivate> {
        let key = RsaPrivate::new(self.rsa_public()?, self.number("d")?, self.number("p")?, self.number("q")?)?;
        let absent = |name| self.0.get(name).is_none_or(|value| value.is_null() || value == "");
        let given = |name| if absent(name) { Ok(None) } else { self.number(name).map(Some) };
        let given = [given("dp")?, given("dq")?, given("qi")?];
        key.agrees(&given.each_ref().map(Option::as_ref))?;
        Ok(key)
    }

    fn curve(&self) -> Outcome<Curve> {
        Curve::of_name(self.text("crv")?).ok_or_else(|| Failure::new("the curve of the JSON web key is not supported"))
    }

    fn ec(&self) -> Outcome<EcPrivate> {
        let key = EcPrivate::new(self.curve()?, &self.bytes("d")?)?;
        // The point is written as it is given, as the original does.
        Ok(EcPrivate { point: key.curve.point(&self.bytes("x")?, &self.bytes("y")?)?, ..key })
    }

    fn is_ed25519(&self) -> Outcome<bool> {
        match self.text("crv")? {
            "Ed25519" => Ok(true),
            "X25519" => Ok(false),
            _ => Err(Failure::new("the curve of the JSON web key is not supported")),
        }
    }

    fn okp(&self) -> Outcome<Jwk> {
        let (seed, x) = (self.sized("d")?, self.sized("x")?);
        if !self.is_ed25519()? {
            return Ok(Jwk::Private(Key::X25519(seed)));
        }
        let key = Key::Ed25519(seed);
        if key.public()?.bytes() != x {
            return Err(Failure::new("x and d of the JSON web key do not belong together"));
        }
        Ok(Jwk::Private(key))
    }
}

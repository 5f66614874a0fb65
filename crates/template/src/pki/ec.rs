//! Elliptic curves.

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm};

use super::oid;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};

/// A curve.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// A private number on a curve and its point.
#[derive(Clone)]
pub(crate) struct EcPrivate {
    pub curve: Curve,
    /// As long as the curve's numbers are.
    pub scalar: Vec<u8>,
    /// 4, x and y.
    pub point: Vec<u8>,
}

impl Curve {
    /// The curve with an object identifier.
    pub fn of_oid(arcs: &[u64]) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.oid() == arcs)
    }

    /// The curve with a name of RFC 7518.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            "P-521" => Some(Self::P521),
            _ => None,
        }
    }

    /// Its object identifier.
    pub fn oid(self) -> &'static [u64] {
        match self {
            Self::P256 => oid::P256,
            Self::P384 => oid::P384,
            Self::P521 => oid::P521,
        }
    }

    /// Bytes of its numbers.
    pub fn len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// Object identifier of the signatures that it makes.
    pub fn signature_oid(self) -> &'static [u64] {
        match self {
            Self::P256 => oid::ECDSA_SHA256,
            Self::P384 => oid::ECDSA_SHA384,
            Self::P521 => oid::ECDSA_SHA512,
        }
    }

    fn agreement(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &ECDH_P256,
            Self::P384 => &ECDH_P384,
            Self::P521 => &ECDH_P521,
        }
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }

    /// A number with zeros in front, as long as the curve's numbers are.
    pub fn padded(self, number: &[u8]) -> Outcome<Vec<u8>> {
        let number = number.get(number.iter().take_while(|b| **b == 0).count()..).unwrap_or_default();
        let zeros =
            self.len().checked_sub(number.len()).ok_or_else(|| Failure::new("the number is too long for the curve"))?;
        Ok([vec![0; zeros], number.to_vec()].concat())
    }

    /// A point, checked to lie on the curve.
    pub fn point(self, x: &[u8], y: &[u8]) -> Outcome<Vec<u8>> {
        let point = [&[4][..], &self.padded(x)?, &self.padded(y)?].concat();
        ParsedPublicKey::try_from(UnparsedPublicKey::new(self.agreement(), &point))
            .map_err(|_| Failure::new("the point is not on the curve"))?;
        Ok(point)
    }
}

impl EcPrivate {
    /// A key of its number, which may have zeros in front or lack them.
    pub fn new(curve: Curve, number: &[u8]) -> Outcome<Self> {
        let invalid = || Failure::new("invalid elliptic curve private key value");
        let scalar = curve.padded(number)?;
        let key = PrivateKey::from_private_key(curve.agreement(), &scalar).map_err(|_| invalid())?;
        let point = key.compute_public_key().map_err(|_| invalid())?.as_ref().to_vec();
        Ok(Self { curve, scalar, point })
    }

    /// A new key.
    pub fn generate(ctx: &mut Ctx<'_>, curve: Curve) -> Outcome<Self> {
        let mut scalar = vec![0; curve.len()];
        // Nearly every number of that length is a valid key.
        for _ in 0..8 {
            ctx.host.random(&mut scalar);
            if let Ok(key) = Self::new(curve, &scalar) {
                return Ok(key);
            }
        }
        Err(Failure::new("no private key could be drawn"))
    }

    /// Signs; the nonce comes from the library, which takes no randomness from outside.
    pub fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        let failed = || Failure::new("the key cannot sign");
        let pair = EcdsaKeyPair::from_private_key_and_public_key(self.curve.signing(), &self.scalar, &self.point);
        let random = aws_lc_rs::rand::SystemRandom::new();
        let signature = pair.map_err(|_| failed())?.sign(&random, message).map_err(|_| failed())?;
        Ok(signature.as_ref().to_vec())
    }
}

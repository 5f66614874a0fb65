//! Private keys, in the forms that files have them in.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use num_bigint::BigUint;

use super::der::{NULL_ELEMENT, OCTET_STRING, Reader, SEQUENCE, algorithm, bits, element, explicit, sequence, small};
use super::ec::{Curve, EcPrivate};
use super::oid;
use super::pem::Block;
use super::rsa::{RsaPrivate, RsaPublic};
use crate::context::Ctx;
use crate::error::{Failure, Outcome};

/// A private key.
#[derive(Clone)]
pub(crate) enum Key {
    Rsa(Box<RsaPrivate>),
    Ec(EcPrivate),
    /// The seed.
    Ed25519(Vec<u8>),
    /// For key agreement only.
    X25519(Vec<u8>),
}

/// A public key.
pub(crate) enum Public {
    Rsa(RsaPublic),
    /// 4, x and y.
    Ec(Curve, Vec<u8>),
    Ed25519(Vec<u8>),
    X25519(Vec<u8>),
}

fn failed<E>(_: E) -> Failure {
    Failure::new("the key is refused")
}

impl Key {
    /// Reads PKCS#8; attributes and what else is not the key are dropped.
    pub fn from_pkcs8(der: &[u8]) -> Outcome<Self> {
        let mut reader = Reader::new(der);
        let mut info = reader.inside(SEQUENCE)?;
        reader.end()?;
        info.small()?;
        let mut algorithm = info.inside(SEQUENCE)?;
        let key = algorithm.oid()?;
        let content = info.expect(OCTET_STRING)?;
        match key.as_slice() {
            oid::RSA => RsaPrivate::from_pkcs1(content).map(|key| Self::Rsa(Box::new(key))),
            oid::EC => Self::from_sec1_on(content, Curve::of_oid(&algorithm.oid()?)),
            oid::ED25519 | oid::X25519 => {
                let mut inner = Reader::new(content);
                let seed = inner.expect(OCTET_STRING)?.to_vec();
                inner.end()?;
                if seed.len() != 32 {
                    return Err(Failure::new("x509: invalid private key length"));
                }
                Ok(if key == oid::ED25519 { Self::Ed25519(seed) } else { Self::X25519(seed) })
            }
            _ => Err(Failure::new("x509: PKCS#8 wrapping contained private key with unknown algorithm")),
        }
    }

    /// Reads the form of RFC 5915, on a curve that is known or named in it.
    fn from_sec1_on(der: &[u8], curve: Option<Curve>) -> Outcome<Self> {
        let mut reader = Reader::new(der);
        let mut key = reader.inside(SEQUENCE)?;
        reader.end()?;
        if key.small()? != 1 {
            return Err(Failure::new("x509: unknown EC private key version"));
        }
        let scalar = key.expect(OCTET_STRING)?;
        let named = key.optional(explicit(0))?.map(|content| Reader::new(content).oid()).transpose()?;
        let curve = curve.or_else(|| named.and_then(|arcs| Curve::of_oid(&arcs)));
        let curve = curve.ok_or_else(|| Failure::new("x509: unknown elliptic curve"))?;
        EcPrivate::new(curve, scalar).map(Self::Ec)
    }

    /// Reads PKCS#1, PKCS#8 or RFC 5915, whichever fits.
    pub fn from_der(der: &[u8]) -> Outcome<Self> {
        RsaPrivate::from_pkcs1(der)
            .map(|key| Self::Rsa(Box::new(key)))
            .or_else(|_| Self::from_pkcs8(der))
            .or_else(|_| Self::from_sec1_on(der, None))
            .map_err(|_| Failure::new("failed to parse private key"))
    }

    /// PKCS#8, as Go writes it.
    pub fn pkcs8(&self) -> Vec<u8> {
        let (algorithm, content) = match self {
            Self::Rsa(key) => (algorithm(oid::RSA, NULL_ELEMENT), key.pkcs1()),
            Self::Ec(key) => {
                let point = element(explicit(1), &[&bits(&key.point)]);
                let content = sequence(&[&small(1), &element(OCTET_STRING, &[&key.scalar]), &point]);
                (algorithm(oid::EC, &super::der::oid(key.curve.oid())), content)
            }
            Self::Ed25519(seed) => (algorithm(oid::ED25519, &[]), element(OCTET_STRING, &[seed])),
            Self::X25519(seed) => (algorithm(oid::X25519, &[]), element(OCTET_STRING, &[seed])),
        };
        sequence(&[&small(0), &algorithm, &element(OCTET_STRING, &[&content])])
    }

    /// The block that sprig writes: the old forms for RSA and elliptic curves, PKCS#8 for others.
    pub fn block(&self) -> Block {
        match self {
            Self::Rsa(key) => Block::new("RSA PRIVATE KEY", key.pkcs1()),
            Self::Ec(key) => {
                let curve = element(explicit(0), &[&super::der::oid(key.curve.oid())]);
                let point = element(explicit(1), &[&bits(&key.point)]);
                let scalar = element(OCTET_STRING, &[&key.scalar]);
                Block::new("EC PRIVATE KEY", sequence(&[&small(1), &scalar, &curve, &point]))
            }
            other => Block::new("PRIVATE KEY", other.pkcs8()),
        }
    }

    /// A new RSA key. Its primes come from the library, which takes no randomness from outside.
    pub fn generate_rsa(size: KeySize) -> Outcome<Self> {
        let pair = aws_lc_rs::rsa::KeyPair::generate(size).map_err(failed)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
        Self::from_pkcs8(der.as_ref())
    }

    /// A new key on P-256.
    pub fn generate_ec(ctx: &mut Ctx<'_>) -> Outcome<Self> {
        EcPrivate::generate(ctx, Curve::P256).map(Self::Ec)
    }

    /// A new Ed25519 key.
    pub fn generate_ed25519(ctx: &mut Ctx<'_>) -> Self {
        let mut seed = vec![0; 32];
        ctx.host.random(&mut seed);
        Self::Ed25519(seed)
    }

    /// Its public key.
    pub fn public(&self) -> Outcome<Public> {
        Ok(match self {
            Self::Rsa(key) => Public::Rsa(key.public.clone()),
            Self::Ec(key) => Public::Ec(key.curve, key.point.clone()),
            Self::Ed25519(seed) => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(failed)?;
                Public::Ed25519(pair.public_key().as_ref().to_vec())
            }
            Self::X25519(_) => return Err(Failure::new("an X25519 key cannot sign")),
        })
    }

    /// Signs, and names the algorithm.
    pub fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let pair = RsaKeyPair::from_der(&key.pkcs1()).map_err(failed)?;
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = aws_lc_rs::rand::SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Self::Ec(key) => key.sign(message),
            Self::Ed25519(seed) => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(failed)?;
                Ok(pair.sign(message).as_ref().to_vec())
            }
            Self::X25519(_) => Err(Failure::new("an X25519 key cannot sign")),
        }
    }

    /// The algorithm of its signatures.
    pub fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => algorithm(oid::SHA256_RSA, NULL_ELEMENT),
            Self::Ec(key) => algorithm(key.curve.signature_oid(), &[]),
            Self::Ed25519(_) | Self::X25519(_) => algorithm(oid::ED25519, &[]),
        }
    }
}

impl Public {
    /// The key without the name of its algorithm.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.pkcs1(),
            Self::Ec(_, bytes) | Self::Ed25519(bytes) | Self::X25519(bytes) => bytes.clone(),
        }
    }

    /// `SubjectPublicKeyInfo`
    pub fn info(&self) -> Vec<u8> {
        let algorithm = match self {
            Self::Rsa(_) => algorithm(oid::RSA, NULL_ELEMENT),
            Self::Ec(curve, _) => algorithm(oid::EC, &super::der::oid(curve.oid())),
            Self::Ed25519(_) => algorithm(oid::ED25519, &[]),
            Self::X25519(_) => algorithm(oid::X25519, &[]),
        };
        sequence(&[&algorithm, &bits(&self.bytes())])
    }
}

/// A number from big-endian bytes.
pub(super) fn number(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_be(bytes)
}

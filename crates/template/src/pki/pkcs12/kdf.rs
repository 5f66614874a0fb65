//! Keys from passwords: the scheme of RFC 7292 and PBKDF2.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};

use super::super::der::Reader;
use super::super::oid;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};

/// A hash function.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the identifier of the hash function itself.
    pub fn of_digest(arcs: &[u64]) -> Option<Self> {
        match arcs {
            oid::SHA1 => Some(Self::Sha1),
            oid::SHA256 => Some(Self::Sha256),
            oid::SHA384 => Some(Self::Sha384),
            oid::SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// By the identifier of its HMAC.
    pub fn of_hmac(arcs: &[u64]) -> Option<Self> {
        match arcs {
            oid::HMAC_SHA1 => Some(Self::Sha1),
            oid::HMAC_SHA256 => Some(Self::Sha256),
            oid::HMAC_SHA384 => Some(Self::Sha384),
            oid::HMAC_SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    /// Bytes that it gives.
    pub fn len(self) -> usize {
        self.digest().output_len()
    }

    /// The HMAC of a message under a key.
    pub fn sign(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(self.hmac(), key), message).as_ref().to_vec()
    }
}

/// Salt and number of rounds.
#[derive(Clone, Copy)]
pub(super) struct Rounds<'d> {
    pub salt: &'d [u8],
    pub count: u32,
}

impl Rounds<'_> {
    /// Each round counts as a step of the render, so a file that asks for many ends it.
    fn spend(self, ctx: &mut Ctx<'_>) -> Outcome<()> {
        if self.count == 0 {
            return Err(Failure::new("pkcs12: the file asks for no rounds at all"));
        }
        ctx.work(usize::try_from(self.count).unwrap_or(usize::MAX))
    }
}

/// What a derived secret is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// The scheme of RFC 7292, appendix B. The password is big-endian UTF-16 with two zeros behind it.
pub(super) fn pkcs12(
    ctx: &mut Ctx<'_>,
    hash: Hash,
    password: &[u8],
    rounds: Rounds<'_>,
    (purpose, len): (Purpose, usize),
) -> Outcome<Vec<u8>> {
    let block = hash.digest().block_len();
    let filled =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect() };
    let mut input = [filled(rounds.salt), filled(password)].concat();
    let diversifier = vec![purpose as u8; block];
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        rounds.spend(ctx)?;
        let mut hashed = digest::digest(hash.digest(), &[&diversifier[..], &input].concat());
        for _ in 1..rounds.count {
            hashed = digest::digest(hash.digest(), hashed.as_ref());
        }
        out.extend_from_slice(hashed.as_ref());
        let addend: Vec<u8> = hashed.as_ref().iter().copied().cycle().take(block).collect();
        for chunk in input.chunks_mut(block) {
            add_one_more(chunk, &addend);
        }
    }
    out.truncate(len);
    Ok(out)
}

/// `number += addend + 1`, big-endian, without the carry out of the first byte.
fn add_one_more(number: &mut [u8], addend: &[u8]) {
    let mut carry = 1u16;
    for (digit, other) in number.iter_mut().zip(addend).rev() {
        carry += u16::from(*digit) + u16::from(*other);
        [_, *digit] = carry.to_be_bytes();
        carry >>= 8;
    }
}

/// Reads the parameters of PBKDF2 and derives a key of `len` bytes.
pub(super) fn pbkdf2_of(ctx: &mut Ctx<'_>, mut scheme: Reader<'_>, password: &[u8], len: usize) -> Outcome<Vec<u8>> {
    if scheme.oid()? != oid::PBKDF2 {
        return Err(Failure::new("pkcs12: the key derivation of the file is not supported"));
    }
    let mut parameters = scheme.inside(super::super::der::SEQUENCE)?;
    let salt = parameters.expect(super::super::der::OCTET_STRING)?;
    let rounds = Rounds { salt, count: parameters.small()? };
    if parameters.peek() == Some(super::super::der::INTEGER) && usize::try_from(parameters.small()?) != Ok(len) {
        return Err(Failure::new("pkcs12: the key length of the file does not fit its cipher"));
    }
    let hash = match parameters.peek() {
        None => Some(Hash::Sha1),
        Some(_) => Hash::of_hmac(&parameters.inside(super::super::der::SEQUENCE)?.oid()?),
    };
    let hash = hash.ok_or_else(|| Failure::new("pkcs12: the hash function of the file is not supported"))?;
    pbkdf2(ctx, hash, password, rounds, len)
}

/// PBKDF2. The password is UTF-8.
pub(super) fn pbkdf2(
    ctx: &mut Ctx<'_>,
    hash: Hash,
    password: &[u8],
    rounds: Rounds<'_>,
    len: usize,
) -> Outcome<Vec<u8>> {
    rounds.spend(ctx)?;
    let count = NonZeroU32::new(rounds.count).unwrap_or(NonZeroU32::MIN);
    let mut key = vec![0; len];
    pbkdf2::derive(hash.pbkdf2(), count, rounds.salt, password, &mut key);
    Ok(key)
}

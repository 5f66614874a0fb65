//! RSA-OAEP decryption.

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey,
    PrivateDecryptingKey,
};
use num_bigint::BigUint;

use super::key::Key;
use super::rsa::RsaPrivate;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};

/// The hash of the padding.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    fn oaep(self) -> &'static OaepAlgorithm {
        match self {
            Self::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Self::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Self::Sha512 => &OAEP_SHA512_MGF1SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

fn failed() -> Failure {
    Failure::new("crypto/rsa: decryption error")
}

/// Decrypts; the label is empty.
pub(crate) fn decrypt(ctx: &mut Ctx<'_>, key: &RsaPrivate, hash: Hash, sealed: &[u8]) -> Outcome<Vec<u8>> {
    if key.public.n.bits() < 2048 {
        return decrypt_short(ctx, key, hash, sealed);
    }
    let pkcs8 = Key::Rsa(Box::new(key.clone())).pkcs8();
    let key = PrivateDecryptingKey::from_pkcs8(&pkcs8).map_err(|_| failed())?;
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| failed())?;
    let mut out = vec![0; key.min_output_size()];
    key.decrypt(hash.oaep(), sealed, &mut out, None).map(|plain| plain.to_vec()).map_err(|_| failed())
}

/// Keys below 2048 bits, which the library refuses. The power is taken of a number that a random one hides, so its time
/// says nothing about the text.
fn decrypt_short(ctx: &mut Ctx<'_>, key: &RsaPrivate, hash: Hash, sealed: &[u8]) -> Outcome<Vec<u8>> {
    let n = &key.public.n;
    let size = usize::try_from(n.bits().div_ceil(8)).unwrap_or(0);
    let sealed = BigUint::from_bytes_be(sealed);
    if sealed >= *n {
        return Err(failed());
    }
    let mut random = vec![0; size];
    ctx.host.random(&mut random);
    let blind = BigUint::from_bytes_be(&random) % n;
    let unblind = blind.modinv(n).ok_or_else(failed)?;
    let hidden = sealed * blind.modpow(&key.public.e, n) % n;
    let plain = hidden.modpow(&key.d, n) * unblind % n;
    let plain = plain.to_bytes_be();
    let zeros = size.checked_sub(plain.len()).ok_or_else(failed)?;
    unpad(&[vec![0; zeros], plain].concat(), hash)
}

/// Takes the padding of RFC 8017, 7.1.2 off.
fn unpad(block: &[u8], hash: Hash) -> Outcome<Vec<u8>> {
    let label = digest(hash.digest(), b"");
    let label = label.as_ref();
    let (first, rest) = block.split_first().ok_or_else(failed)?;
    let (seed, body) =
        rest.split_at_checked(label.len()).filter(|(_, body)| body.len() > label.len()).ok_or_else(failed)?;
    let seed = mask(seed, body, hash);
    let body = mask(body, &seed, hash);
    let (found, text) = body.split_at_checked(label.len()).ok_or_else(failed)?;
    let one = text.iter().position(|b| *b != 0).filter(|at| text.get(*at) == Some(&1)).ok_or_else(failed)?;
    if *first != 0 || found != label {
        return Err(failed());
    }
    Ok(text.get(one + 1..).unwrap_or_default().to_vec())
}

/// A text under the mask (MGF1) that a seed makes.
fn mask(text: &[u8], seed: &[u8], hash: Hash) -> Vec<u8> {
    let stream = (0u32..).flat_map(|n| digest(hash.digest(), &[seed, &n.to_be_bytes()].concat()).as_ref().to_vec());
    text.iter().zip(stream).map(|(a, b)| a ^ b).collect()
}

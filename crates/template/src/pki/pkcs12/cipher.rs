//! The ciphers of PKCS#12 files: AES for new ones, 3DES and RC2 for old ones.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, AES_CBC_IV_LEN, Algorithm, DecryptingKey, DecryptionContext, EncryptionContext,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, InnerIvInit as _, KeyIvInit as _};

use super::super::der::{OCTET_STRING, Reader, SEQUENCE};
use super::super::oid;
use super::kdf::{Hash, Purpose, Rounds, pbkdf2_of, pkcs12};
use super::read::Password;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};

fn wrong_password<E>(_: E) -> Failure {
    Failure::new("pkcs12: decryption password incorrect")
}

fn unsupported() -> Failure {
    Failure::new("pkcs12: the cipher of the file is not supported")
}

/// Decrypts what an algorithm identifier says how to.
pub(super) fn decrypt(
    ctx: &mut Ctx<'_>,
    mut algorithm: Reader<'_>,
    sealed: &[u8],
    password: &Password,
) -> Outcome<Vec<u8>> {
    ctx.reserve(sealed.len())?;
    let scheme = algorithm.oid()?;
    let mut parameters = algorithm.inside(SEQUENCE)?;
    if scheme == oid::PBES2 {
        return pbes2(ctx, parameters, sealed, password);
    }
    let rounds = Rounds { salt: parameters.expect(OCTET_STRING)?, count: parameters.small()? };
    let mut derive = |purpose, len| pkcs12(ctx, Hash::Sha1, &password.utf16, rounds, (purpose, len));
    let key_len = match scheme.as_slice() {
        oid::PBE_3DES => 24,
        oid::PBE_RC2_128 => 16,
        oid::PBE_RC2_40 => 5,
        _ => return Err(unsupported()),
    };
    let (key, iv) = (derive(Purpose::Key, key_len)?, derive(Purpose::Iv, 8)?);
    let mut buffer = sealed.to_vec();
    let plain = if key_len == 24 {
        let cipher = Decryptor::<des::TdesEde3>::new_from_slices(&key, &iv).map_err(wrong_password)?;
        cipher.decrypt_padded::<Pkcs7>(&mut buffer).map_err(wrong_password)?
    } else {
        let cipher = rc2::Rc2::new_with_eff_key_len(&key, key_len * 8);
        let cipher = Decryptor::<rc2::Rc2>::inner_iv_slice_init(cipher, &iv).map_err(wrong_password)?;
        cipher.decrypt_padded::<Pkcs7>(&mut buffer).map_err(wrong_password)?
    };
    Ok(plain.to_vec())
}

fn pbes2(ctx: &mut Ctx<'_>, mut parameters: Reader<'_>, sealed: &[u8], password: &Password) -> Outcome<Vec<u8>> {
    let derivation = parameters.inside(SEQUENCE)?;
    let mut encryption = parameters.inside(SEQUENCE)?;
    let (algorithm, key_len): (&'static Algorithm, _) = match encryption.oid()?.as_slice() {
        oid::AES128_CBC => (&AES_128, 16),
        oid::AES192_CBC => (&AES_192, 24),
        oid::AES256_CBC => (&AES_256, 32),
        _ => return Err(unsupported()),
    };
    let iv = <[u8; AES_CBC_IV_LEN]>::try_from(encryption.expect(OCTET_STRING)?).map_err(|_| unsupported())?;
    let key = pbkdf2_of(ctx, derivation, &password.utf8, key_len)?;
    let mut buffer = sealed.to_vec();
    let cipher = UnboundCipherKey::new(algorithm, &key).and_then(DecryptingKey::cbc).map_err(wrong_password)?;
    let plain = cipher.decrypt(&mut buffer, DecryptionContext::Iv128(iv.into())).map_err(wrong_password)?;
    let padding = usize::from(plain.last().copied().unwrap_or(0));
    let (text, padded) = plain
        .len()
        .checked_sub(padding)
        .filter(|_| (1..=AES_CBC_IV_LEN).contains(&padding))
        .and_then(|end| plain.split_at_checked(end))
        .ok_or_else(|| wrong_password(()))?;
    if padded.iter().any(|byte| usize::from(*byte) != padding) {
        return Err(wrong_password(()));
    }
    Ok(text.to_vec())
}

/// AES-256 in CBC mode.
pub(super) fn encrypt(key: &[u8], iv: [u8; AES_CBC_IV_LEN], plain: &[u8]) -> Outcome<Vec<u8>> {
    let failed = |_| Failure::new("pkcs12: the cipher failed");
    let mut buffer = plain.to_vec();
    let cipher = UnboundCipherKey::new(&AES_256, key).and_then(PaddedBlockEncryptingKey::cbc_pkcs7).map_err(failed)?;
    cipher.less_safe_encrypt(&mut buffer, EncryptionContext::Iv128(iv.into())).map_err(failed)?;
    Ok(buffer)
}

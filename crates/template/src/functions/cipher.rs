//! AES-256 in CBC mode, keyed by a password.

use aws_lc_rs::cipher::UnboundCipherKey;
use aws_lc_rs::cipher::{AES_256, AES_CBC_IV_LEN, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Args;
use super::encode::b64dec;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::Value;

functions! {
    /// A text encrypted under a password, in base64. The password is cut or filled up with zeros to 32 bytes.
    ///
    /// `{{ "plain" | encryptAES "key" | decryptAES "key" }}` gives `plain`
    "encryptAES" (Str, Str) = |c, a| encrypt(c, a.str(0), a.str(1));
    /// What `encryptAES` encrypted. A wrong password gives garbage or an error.
    ///
    /// `{{ "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=" | decryptAES "secretkey" }}` gives `plaintext`
    "decryptAES" (Str, Str) = |_, a| decrypt(a.str(0), a.str(1));
}

fn failed<E>(_: E) -> Failure {
    Failure::new("the cipher failed")
}

fn key(password: &[u8]) -> Outcome<UnboundCipherKey> {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(password) {
        *to = *from;
    }
    UnboundCipherKey::new(&AES_256, &key).map_err(failed)
}

fn encrypt(ctx: &mut Ctx<'_>, password: &[u8], text: &[u8]) -> Outcome<Value> {
    ctx.reserve(text.len().saturating_mul(2))?;
    let mut iv = [0; AES_CBC_IV_LEN];
    ctx.host.random(&mut iv);
    let padding = AES_CBC_IV_LEN - text.len() % AES_CBC_IV_LEN;
    let mut body = text.to_vec();
    body.extend(std::iter::repeat_n(u8::try_from(padding).unwrap_or(0), padding));
    let cipher = EncryptingKey::cbc(key(password)?).map_err(failed)?;
    cipher.less_safe_encrypt(&mut body, EncryptionContext::Iv128(iv.into())).map_err(failed)?;
    Ok(Value::text(STANDARD.encode([&iv[..], &body].concat())))
}

fn decrypt(password: &[u8], text: &[u8]) -> Outcome<Value> {
    if text.is_empty() {
        return Ok(Value::text(""));
    }
    let sealed = b64dec(text).map_err(|at| Failure::new(format!("illegal base64 data at input byte {at}")))?;
    let (iv, body) = sealed
        .split_first_chunk::<AES_CBC_IV_LEN>()
        .ok_or_else(|| Failure::new("runtime error: slice bounds out of range: the text is too short"))?;
    if !body.len().is_multiple_of(AES_CBC_IV_LEN) {
        return Err(Failure::new("crypto/cipher: input not full blocks"));
    }
    let mut body = body.to_vec();
    let cipher = DecryptingKey::cbc(key(password)?).map_err(failed)?;
    let plain = cipher.decrypt(&mut body, DecryptionContext::Iv128(iv.into())).map_err(failed)?;
    // The original takes the last byte as the length of the padding and looks no further.
    let padding = usize::from(*plain.last().ok_or_else(|| Failure::new("runtime error: index out of range [-1]"))?);
    let kept = plain.len().checked_sub(padding).and_then(|end| plain.get(..end));
    let wrong = || Failure::new("runtime error: slice bounds out of range: the password is wrong");
    Ok(Value::text(kept.ok_or_else(wrong)?))
}

//! Passwords: hashes of them that servers take, and passwords made from one that a person remembers.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Args;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::Value;

functions! {
    /// The bcrypt hash of a password, at cost 10. More than 72 bytes give an error text.
    ///
    /// `{{ bcrypt "secret" | trunc 7 }}` gives `$2a$10$`
    "bcrypt" (Str) = |c, a| Ok(Value::text(bcrypt_hash(c, a.str(0))?));
    /// A line of an htpasswd file. The algorithm is `"sha"`; any other stands for bcrypt.
    ///
    /// `{{ htpasswd "me" "secret" "sha" }}` gives `me:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=`
    "htpasswd" (Str, Str, HashAlgorithm) = |c, a| {
        let (user, password) = (a.str(0), a.str(1));
        if user.contains(&b':') {
            return Ok(Value::text([b"invalid username: ", user].concat()));
        }
        let hash = if a.str(2) == b"sha" {
            let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password);
            format!("{{SHA}}{}", STANDARD.encode(digest))
        } else {
            bcrypt_hash(c, password)?
        };
        Ok(Value::text([user, b":", hash.as_bytes()].concat()))
    };
    /// A password for a site, made from a master password by the scheme of Master Password: counter, kind (`"maximum"`,
    /// `"long"`, `"medium"`, `"short"`, `"basic"`, `"pin"`), master password, user and site.
    ///
    /// `{{ derivePassword 1 "long" "password" "user" "example.com" }}` gives `ZedaFaxcZaso9*`
    "derivePassword" (Uint32, Str, Str, Str, Str) = |c, a| derive(c, a);
}

/// What bcrypt takes at most.
const LONGEST: usize = 72;

fn bcrypt_hash(ctx: &mut Ctx<'_>, password: &[u8]) -> Outcome<String> {
    if password.len() > LONGEST {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".into());
    }
    ctx.costly()?;
    let mut salt = [0; 16];
    ctx.host.random(&mut salt);
    let hash = bcrypt::hash_with_salt(password, 10, salt).map_err(|_| Failure::new("bcrypt failed"))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

const SCOPE: &[u8] = b"com.lyndir.masterpassword";

/// The forms that passwords of a kind may have; each letter stands for an alphabet.
fn forms(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

fn alphabet(letter: u8) -> &'static [u8] {
    match letter {
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// Text behind its length, as the scheme wants it.
fn counted(text: &[u8]) -> Vec<u8> {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&len.to_be_bytes(), text].concat()
}

fn derive(ctx: &mut Ctx<'_>, args: &[Value]) -> Outcome<Value> {
    let Some(forms) = forms(args.str(1)) else {
        return Ok(Value::text([b"cannot find password template ", args.str(1)].concat()));
    };
    ctx.costly()?;
    let failed = || Failure::new("the password cannot be derived");
    let counter = u32::try_from(args.int(0)).map_err(|_| failed())?;
    let parameters = scrypt::Params::new(15, 8, 2).map_err(|_| failed())?;
    let salt = [SCOPE, &counted(args.str(3))].concat();
    let mut key = [0; 64];
    scrypt::scrypt(args.str(2), &salt, &parameters, &mut key).map_err(|_| failed())?;
    let message = [SCOPE, &counted(args.str(4)), &counter.to_be_bytes()].concat();
    let seed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
    let (first, rest) = seed.as_ref().split_first().ok_or_else(failed)?;
    let form = forms.get(usize::from(*first) % forms.len()).ok_or_else(failed)?;
    let chosen = form.bytes().zip(rest).filter_map(|(letter, byte)| {
        let alphabet = alphabet(letter);
        alphabet.get(usize::from(*byte) % alphabet.len())
    });
    Ok(Value::text(chosen.copied().collect::<Vec<u8>>()))
}

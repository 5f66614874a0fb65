//! Reads a file with one key, its certificate and others.

use super::super::certificate::Certificate;
use super::super::der::{OCTET_STRING, Reader, SEQUENCE, explicit, implicit};
use super::super::key::Key;
use super::super::oid;
use super::cipher::decrypt;
use super::kdf::{Hash, Purpose, Rounds, pbkdf2_of, pkcs12};
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::quote::runes;

/// A password in the two forms that files use.
pub(super) struct Password {
    /// For the schemes of RFC 7292: big-endian UTF-16 with two zeros behind it, or nothing at all.
    pub utf16: Vec<u8>,
    /// For PBES2.
    pub utf8: Vec<u8>,
}

impl Password {
    pub fn new(text: &[u8]) -> Outcome<Self> {
        let mut utf16 = Vec::new();
        let mut utf8 = String::new();
        for (c, _) in runes(text) {
            let unit = u16::try_from(u32::from(c)).map_err(|_| {
                Failure::new("pkcs12: the password contains characters that cannot be encoded in UCS-2")
            })?;
            utf16.extend(unit.to_be_bytes());
            utf8.push(c);
        }
        utf16.extend([0, 0]);
        Ok(Self { utf16, utf8: utf8.into_bytes() })
    }

    fn is_empty(&self) -> bool {
        self.utf8.is_empty()
    }
}

/// What a file holds.
pub(crate) struct Store {
    pub key: Key,
    /// The first is the one of the key.
    pub certificates: Vec<Certificate>,
}

#[derive(Default)]
struct Found {
    key: Option<Key>,
    certificates: Vec<Certificate>,
}

/// Opens a file and reads all of it.
pub(crate) fn read(ctx: &mut Ctx<'_>, file: &[u8], password: &[u8]) -> Outcome<Store> {
    let broken = |failure: Failure| {
        if failure.budget { failure } else { Failure::new(format!("pkcs12: error reading P12 data: {}", failure.text)) }
    };
    let mut reader = Reader::new(file);
    let mut pfx = reader.inside(SEQUENCE).map_err(broken)?;
    reader.end().map_err(broken)?;
    if pfx.small().map_err(broken)? != 3 {
        return Err(Failure::new("pkcs12: can only decode v3 PFX PDU's"));
    }
    let mut safe = pfx.inside(SEQUENCE).map_err(broken)?;
    if safe.oid().map_err(broken)? != oid::DATA {
        return Err(Failure::new("pkcs12: only password-protected PFX is implemented"));
    }
    let content = data(safe).map_err(broken)?;
    let password = checked(ctx, pfx, content, Password::new(password)?)?;
    let mut found = Found::default();
    let mut parts = Reader::new(content).inside(SEQUENCE)?;
    for count in 0.. {
        if parts.is_empty() {
            break;
        }
        if count == 2 {
            return Err(Failure::new("pkcs12: expected at most two items in the authenticated safe"));
        }
        let part = parts.inside(SEQUENCE)?;
        let bags = bags(ctx, part, &password)?;
        let mut bags = Reader::new(&bags).inside(SEQUENCE)?;
        while !bags.is_empty() {
            found.bag(ctx, bags.inside(SEQUENCE)?, &password)?;
        }
    }
    if found.certificates.is_empty() {
        return Err(Failure::new("pkcs12: certificate missing"));
    }
    let key = found.key.ok_or_else(|| Failure::new("pkcs12: private key missing"))?;
    Ok(Store { key, certificates: found.certificates })
}

/// The octets of a `data` content.
fn data(mut content: Reader<'_>) -> Outcome<&[u8]> {
    content.inside(explicit(0))?.expect(OCTET_STRING)
}

/// Checks the password and gives the form of it that fits: some write the empty password as no bytes at all.
fn checked(ctx: &mut Ctx<'_>, mut pfx: Reader<'_>, content: &[u8], password: Password) -> Outcome<Password> {
    if pfx.is_empty() {
        return if password.is_empty() { Ok(password) } else { Err(Failure::new("pkcs12: no MAC in data")) };
    }
    let mac = pfx.inside(SEQUENCE)?;
    if is_authentic(ctx, mac, content, &password)? {
        return Ok(password);
    }
    let nothing = Password { utf16: Vec::new(), utf8: Vec::new() };
    if password.is_empty() && is_authentic(ctx, mac, content, &nothing)? {
        return Ok(nothing);
    }
    Err(Failure::new("pkcs12: decryption password incorrect"))
}

fn is_authentic(ctx: &mut Ctx<'_>, mut mac: Reader<'_>, content: &[u8], password: &Password) -> Outcome<bool> {
    let unsupported = || Failure::new("pkcs12: the MAC of the file is not supported");
    let mut info = mac.inside(SEQUENCE)?;
    let mut algorithm = info.inside(SEQUENCE)?;
    let expected = info.expect(OCTET_STRING)?;
    let salt = mac.expect(OCTET_STRING)?;
    let count = if mac.is_empty() { 1 } else { mac.small()? };
    let kind = algorithm.oid()?;
    let (hash, key) = if kind == oid::PBMAC1 {
        let mut parameters = algorithm.inside(SEQUENCE)?;
        let derivation = parameters.inside(SEQUENCE)?;
        let hash = Hash::of_hmac(&parameters.inside(SEQUENCE)?.oid()?).ok_or_else(unsupported)?;
        (hash, pbkdf2_of(ctx, derivation, &password.utf8, hash.len())?)
    } else {
        let hash = Hash::of_digest(&kind).ok_or_else(unsupported)?;
        (hash, pkcs12(ctx, hash, &password.utf16, Rounds { salt, count }, (Purpose::Mac, hash.len()))?)
    };
    Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&hash.sign(&key, content), expected).is_ok())
}

/// The bags of one part of the file, decrypted.
fn bags(ctx: &mut Ctx<'_>, mut part: Reader<'_>, password: &Password) -> Outcome<Vec<u8>> {
    match part.oid()?.as_slice() {
        oid::DATA => data(part).map(<[u8]>::to_vec),
        oid::ENCRYPTED_DATA => {
            let mut sealed = part.inside(explicit(0))?.inside(SEQUENCE)?;
            if sealed.small()? != 0 {
                return Err(Failure::new("pkcs12: only version 0 of EncryptedData is supported"));
            }
            let mut info = sealed.inside(SEQUENCE)?;
            info.oid()?;
            let algorithm = info.inside(SEQUENCE)?;
            decrypt(ctx, algorithm, info.expect(implicit(0))?, password)
        }
        _ => Err(Failure::new("pkcs12: only data and encryptedData content types are supported in authenticated safe")),
    }
}

impl Found {
    fn bag(&mut self, ctx: &mut Ctx<'_>, mut bag: Reader<'_>, password: &Password) -> Outcome<()> {
        let kind = bag.oid()?;
        let content = bag.expect(explicit(0))?;
        match kind.as_slice() {
            oid::CERT_BAG => self.certificate(Reader::new(content).inside(SEQUENCE)?),
            oid::SHROUDED_KEY_BAG => {
                let mut sealed = Reader::new(content).inside(SEQUENCE)?;
                let algorithm = sealed.inside(SEQUENCE)?;
                let plain = decrypt(ctx, algorithm, sealed.expect(OCTET_STRING)?, password)?;
                self.key(&plain)
            }
            oid::KEY_BAG => self.key(content),
            // CRLs, secrets and nested safes are of no use here.
            _ => Ok(()),
        }
    }

    fn key(&mut self, pkcs8: &[u8]) -> Outcome<()> {
        if self.key.is_some() {
            return Err(Failure::new("pkcs12: expected exactly one key bag"));
        }
        self.key = Some(Key::from_pkcs8(pkcs8)?);
        Ok(())
    }

    fn certificate(&mut self, mut bag: Reader<'_>) -> Outcome<()> {
        if bag.oid()? != oid::X509_CERTIFICATE {
            return Err(Failure::new("pkcs12: only X509 certificates are supported"));
        }
        let der = bag.inside(explicit(0))?.expect(OCTET_STRING)?;
        self.certificates.push(Certificate::parse(der)?);
        Ok(())
    }
}

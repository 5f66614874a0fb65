//! Writes files that new programs read: AES-256, SHA-256, 2048 rounds.

use aws_lc_rs::cipher::AES_CBC_IV_LEN;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::super::certificate::Certificate;
use super::super::der::{
    BMP_STRING, NULL_ELEMENT, OCTET_STRING, SET, algorithm, element, explicit, implicit, oid as oid_element, sequence,
    small,
};
use super::super::key::Key;
use super::super::oid;
use super::cipher::encrypt;
use super::kdf::{Hash, Purpose, Rounds, pbkdf2, pkcs12};
use super::read::Password;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};

const ROUNDS: u32 = 2048;

/// What goes into a file.
pub(crate) enum Contents<'c> {
    /// A key, its certificate, and others.
    Key(&'c Key, &'c [Certificate]),
    /// Certificates that Java is to trust.
    Trusted(&'c [Certificate]),
}

/// Writes a file under a password.
pub(crate) fn write(ctx: &mut Ctx<'_>, contents: &Contents<'_>, password: &[u8]) -> Outcome<Vec<u8>> {
    let password = Password::new(password)?;
    let parts = match contents {
        Contents::Key(key, certificates) => {
            let first = certificates.first().ok_or_else(|| Failure::new("pkcs12: no certificate given"))?;
            let id = digest(&SHA1_FOR_LEGACY_USE_ONLY, &first.der);
            let id = attribute(oid::LOCAL_KEY_ID, &element(OCTET_STRING, &[id.as_ref()]));
            let bags = certificates.iter().enumerate().map(|(at, cert)| {
                let attributes: &[&[u8]] = if at == 0 { &[&id] } else { &[] };
                certificate_bag(cert, attributes)
            });
            let bags: Vec<Vec<u8>> = bags.collect();
            vec![sealed_part(ctx, &bags, &password)?, key_part(ctx, key, &id, &password)?]
        }
        Contents::Trusted(certificates) => {
            let bags = certificates.iter().map(trusted_bag).collect::<Outcome<Vec<_>>>()?;
            vec![sealed_part(ctx, &bags, &password)?]
        }
    };
    let safe = sequence(&slices(&parts));
    let content = data(&safe);
    let mac = mac(ctx, &safe, &password)?;
    Ok(sequence(&[&small(3), &content, &mac]))
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

/// A `data` content.
fn data(octets: &[u8]) -> Vec<u8> {
    sequence(&[&oid_element(oid::DATA), &element(explicit(0), &[&element(OCTET_STRING, &[octets])])])
}

fn attribute(id: &[u64], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid_element(id), &element(SET, &[value])])
}

fn bag(kind: &[u64], content: &[u8], attributes: &[&[u8]]) -> Vec<u8> {
    let attributes = if attributes.is_empty() { Vec::new() } else { element(SET, attributes) };
    sequence(&[&oid_element(kind), &element(explicit(0), &[content]), &attributes])
}

fn certificate_bag(certificate: &Certificate, attributes: &[&[u8]]) -> Vec<u8> {
    let octets = element(explicit(0), &[&element(OCTET_STRING, &[&certificate.der])]);
    bag(oid::CERT_BAG, &sequence(&[&oid_element(oid::X509_CERTIFICATE), &octets]), attributes)
}

/// Java shows the friendly name as the alias, and trusts what Oracle's attribute marks.
fn trusted_bag(certificate: &Certificate) -> Outcome<Vec<u8>> {
    let name: Vec<u8> = certificate.subject_text()?.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let name = attribute(oid::FRIENDLY_NAME, &element(BMP_STRING, &[&name]));
    let usage = attribute(oid::TRUSTED_KEY_USAGE, &oid_element(oid::ANY_USAGE));
    Ok(certificate_bag(certificate, &[&name, &usage]))
}

/// Encrypts, and says how.
fn seal(ctx: &mut Ctx<'_>, plain: &[u8], password: &Password) -> Outcome<(Vec<u8>, Vec<u8>)> {
    ctx.reserve(plain.len().saturating_mul(2))?;
    let (mut salt, mut iv) = ([0; 16], [0; AES_CBC_IV_LEN]);
    ctx.host.random(&mut salt);
    ctx.host.random(&mut iv);
    let rounds = Rounds { salt: &salt, count: ROUNDS };
    let key = pbkdf2(ctx, Hash::Sha256, &password.utf8, rounds, 32)?;
    let hash = algorithm(oid::HMAC_SHA256, NULL_ELEMENT);
    let derivation = algorithm(oid::PBKDF2, &sequence(&[&element(OCTET_STRING, &[&salt]), &small(ROUNDS), &hash]));
    let encryption = algorithm(oid::AES256_CBC, &element(OCTET_STRING, &[&iv]));
    Ok((algorithm(oid::PBES2, &sequence(&[&derivation, &encryption])), encrypt(&key, iv, plain)?))
}

fn sealed_part(ctx: &mut Ctx<'_>, bags: &[Vec<u8>], password: &Password) -> Outcome<Vec<u8>> {
    let (algorithm, sealed) = seal(ctx, &sequence(&slices(bags)), password)?;
    let info = sequence(&[&oid_element(oid::DATA), &algorithm, &element(implicit(0), &[&sealed])]);
    let content = sequence(&[&small(0), &info]);
    Ok(sequence(&[&oid_element(oid::ENCRYPTED_DATA), &element(explicit(0), &[&content])]))
}

fn key_part(ctx: &mut Ctx<'_>, key: &Key, id: &[u8], password: &Password) -> Outcome<Vec<u8>> {
    let (algorithm, sealed) = seal(ctx, &key.pkcs8(), password)?;
    let content = sequence(&[&algorithm, &element(OCTET_STRING, &[&sealed])]);
    Ok(data(&sequence(&[&bag(oid::SHROUDED_KEY_BAG, &content, &[id])])))
}

fn mac(ctx: &mut Ctx<'_>, safe: &[u8], password: &Password) -> Outcome<Vec<u8>> {
    let mut salt = [0; 16];
    ctx.host.random(&mut salt);
    let rounds = Rounds { salt: &salt, count: ROUNDS };
    let key = pkcs12(ctx, Hash::Sha256, &password.utf16, rounds, (Purpose::Mac, Hash::Sha256.len()))?;
    let tag = Hash::Sha256.sign(&key, safe);
    let info = sequence(&[&algorithm(oid::SHA256, NULL_ELEMENT), &element(OCTET_STRING, &[&tag])]);
    Ok(sequence(&[&info, &element(OCTET_STRING, &[&salt]), &small(ROUNDS)]))
}

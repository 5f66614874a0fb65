//! New certificates, as sprig makes them: for servers and clients, signed by themselves or by an authority.

use aws_lc_rs::digest::{SHA256, digest};

use super::certificate::{Certificate, extension};
use super::der::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, OCTET_STRING, PRINTABLE_STRING, SET, UTC_TIME, UTF8_STRING, bits, element,
    explicit, implicit, integer, oid as oid_element, sequence, small,
};
use super::key::Key;
use super::oid;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::time::{Time, Zone, format};

/// What a certificate says.
pub(crate) struct Request<'r> {
    pub common_name: &'r [u8],
    /// Four or sixteen bytes each.
    pub addresses: Vec<Vec<u8>>,
    pub dns_names: Vec<Vec<u8>>,
    pub days: i64,
    pub role: Role,
}

/// What a certificate is good for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Role {
    /// Signs others.
    Authority,
    /// Stands for a server or a client.
    Leaf,
}

/// Who signs.
pub(crate) struct Issuer<'i> {
    pub certificate: &'i Certificate,
    pub key: &'i Key,
}

const CRITICAL: &[u8] = &[BOOLEAN, 1, 0xFF];

/// A certificate for a key; without an issuer it signs itself.
pub(crate) fn issue(
    ctx: &mut Ctx<'_>,
    request: &Request<'_>,
    key: &Key,
    issuer: Option<&Issuer<'_>>,
) -> Outcome<Vec<u8>> {
    let signer = issuer.map_or(key, |issuer| issuer.key);
    let subject = name(request.common_name);
    let issuer_name = issuer.map_or(&subject, |issuer| &issuer.certificate.subject);
    let mut serial = [0; 16];
    ctx.host.random(&mut serial);
    let now = Time::since_epoch(ctx.host.now()).seen_from(Zone::Utc);
    let end = Time { sec: now.sec.saturating_add(request.days.saturating_mul(86_400)), ..now.clone() };
    if !(0..=9999).contains(&end.date().year) {
        return Err(Failure::new("cannot represent time as GeneralizedTime: the certificate ends after the year 9999"));
    }
    let public = key.public()?;
    let authority =
        issuer.filter(|issuer| issuer.certificate.subject != subject).map(|i| i.certificate.key_id.as_slice());
    let extensions = extensions(request, &public.bytes(), authority.unwrap_or_default());
    let tbs = sequence(&[
        &element(explicit(0), &[&small(2)]),
        &integer(&serial),
        &signer.signature_algorithm(),
        issuer_name,
        &sequence(&[&moment(&now), &moment(&end)]),
        &subject,
        &public.info(),
        &element(explicit(3), &[&sequence(&extensions.iter().map(Vec::as_slice).collect::<Vec<_>>())]),
    ]);
    let signature = signer.sign(&tbs)?;
    Ok(sequence(&[&tbs, &signer.signature_algorithm(), &bits(&signature)]))
}

/// A name with a common name only; none at all when that is empty.
fn name(common_name: &[u8]) -> Vec<u8> {
    if common_name.is_empty() {
        return sequence(&[]);
    }
    let printable = |b: &u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(b);
    let tag = if common_name.iter().all(printable) { PRINTABLE_STRING } else { UTF8_STRING };
    let attribute = sequence(&[&oid_element(oid::COMMON_NAME), &element(tag, &[common_name])]);
    sequence(&[&element(SET, &[&attribute])])
}

fn moment(time: &Time) -> Vec<u8> {
    if (1950..2050).contains(&time.date().year) {
        element(UTC_TIME, &[&format(time, b"060102150405Z")])
    } else {
        element(GENERALIZED_TIME, &[&format(time, b"20060102150405Z")])
    }
}

fn extensions(request: &Request<'_>, key: &[u8], authority_id: &[u8]) -> Vec<Vec<u8>> {
    let authority = request.role == Role::Authority;
    // Bits from the left: digital signature, key encipherment and, for authorities, certificate signing.
    let usage: &[u8] = if authority { &[2, 0b1010_0100] } else { &[5, 0b1010_0000] };
    let purposes = sequence(&[&oid_element(oid::SERVER_AUTH), &oid_element(oid::CLIENT_AUTH)]);
    let constraints = if authority { sequence(&[CRITICAL]) } else { sequence(&[]) };
    let mut out = vec![
        extension(oid::KEY_USAGE, CRITICAL, &element(BIT_STRING, &[usage])),
        extension(oid::EXTENDED_KEY_USAGE, &[], &purposes),
        extension(oid::BASIC_CONSTRAINTS, CRITICAL, &constraints),
    ];
    if authority {
        // The first 20 bytes of the SHA-256, as Go has it since 1.25.
        let hash = digest(&SHA256, key);
        let id = hash.as_ref().get(..20).unwrap_or_default();
        out.push(extension(oid::SUBJECT_KEY_ID, &[], &element(OCTET_STRING, &[id])));
    }
    if !authority_id.is_empty() {
        let id = sequence(&[&element(implicit(0), &[authority_id])]);
        out.push(extension(oid::AUTHORITY_KEY_ID, &[], &id));
    }
    let dns = request.dns_names.iter().map(|dns| element(implicit(2), &[dns]));
    let addresses = request.addresses.iter().map(|address| element(implicit(7), &[address]));
    let names: Vec<Vec<u8>> = dns.chain(addresses).collect();
    if !names.is_empty() {
        // Critical where nothing else names the subject.
        let critical = if request.common_name.is_empty() { CRITICAL } else { &[] };
        let names = sequence(&names.iter().map(Vec::as_slice).collect::<Vec<_>>());
        out.push(extension(oid::ALTERNATIVE_NAMES, critical, &names));
    }
    out
}

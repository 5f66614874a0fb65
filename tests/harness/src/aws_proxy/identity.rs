//! Web identity tokens, verified as AWS does: signature by the issuer's published keys, issuer, audience, expiry, subject.

use std::collections::{BTreeMap, BTreeSet};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kube::Client;
use parking_lot::Mutex;
use serde::Deserialize;

use super::refusal::Refusal;

/// What AWS's own documentation has everybody use.
pub const AUDIENCE: &str = "sts.amazonaws.com";

/// What an IAM OIDC provider and the roles' trust policies say.
pub(super) struct Trust {
    issuer: String,
    client: Client,
    keys: Mutex<Option<JwkSet>>,
    /// Role ARN to the subjects that may assume it with a token.
    subjects: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl Trust {
    /// `client` reads the issuer's keys at `/openid/v1/jwks`.
    pub(super) fn new(issuer: &str, client: Client) -> Self {
        Self { issuer: issuer.to_owned(), client, keys: Mutex::default(), subjects: Mutex::default() }
    }

    pub(super) fn allow(&self, role: &str, subject: &str) {
        self.subjects.lock().entry(role.to_owned()).or_default().insert(subject.to_owned());
    }

    pub(super) fn disallow(&self, role: &str) {
        self.subjects.lock().remove(role);
    }

    /// The token's subject, if `role` may be assumed with it.
    pub(super) async fn verify(&self, token: &str, role: &str) -> Result<String, Refusal> {
        let invalid = |message: &str| Refusal::new(400, "InvalidIdentityToken", message);
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| invalid("The ID Token provided is not a valid JWT"))?;
        let key_id = header.kid.ok_or_else(|| invalid("The ID Token provided names no key"))?;
        let key = self.key(&key_id).await.ok_or_else(|| {
            invalid("Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements")
        })?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.leeway = 0;
        rules.validate_nbf = true;
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Refusal::new(
                400,
                "ExpiredTokenException",
                "Token expired: current date/time must be before the expiration date/time",
            ),
            ErrorKind::InvalidAudience => invalid("Incorrect token audience"),
            ErrorKind::InvalidIssuer => {
                invalid("No OpenIDConnect provider found in your account for the token's issuer")
            }
            ErrorKind::InvalidSignature => invalid("The ID Token provided has a signature that could not be verified"),
            _ => invalid("The ID Token provided could not be validated"),
        })?;
        let subject = claims.claims.sub;
        if self.subjects.lock().get(role).is_some_and(|subjects| subjects.contains(&subject)) {
            return Ok(subject);
        }
        Err(Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"))
    }

    /// The key of that id; the published keys are read again when it is not among those known.
    async fn key(&self, id: &str) -> Option<DecodingKey> {
        let known = |keys: &JwkSet| keys.find(id).and_then(|key| DecodingKey::from_jwk(key).ok());
        if let Some(key) = self.keys.lock().as_ref().and_then(known) {
            return Some(key);
        }
        let request = http::Request::get("/openid/v1/jwks").body(Vec::new()).ok()?;
        let keys: JwkSet = self.client.request(request).await.ok()?;
        let key = known(&keys);
        *self.keys.lock() = Some(keys);
        key
    }
}

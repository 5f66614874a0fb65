//! Access keys: those that STS has given out through us, and the few static ones that a test allows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::calls::Incoming;
use super::refusal::Refusal;

#[derive(Debug, Default)]
pub(super) struct Credentials {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<String, Session>,
    static_keys: BTreeSet<String>,
    lifetime: Option<Duration>,
}

#[derive(Debug)]
struct Session {
    token: String,
    expires: Timestamp,
    name: String,
}

impl Credentials {
    pub(super) fn allow_static(&self, access_key_id: &str) {
        self.state.lock().static_keys.insert(access_key_id.to_owned());
    }

    pub(super) fn set_lifetime(&self, lifetime: Option<Duration>) {
        self.state.lock().lifetime = lifetime;
    }

    /// Makes all that was given out so far expire now.
    pub(super) fn expire_all(&self) {
        let now = Timestamp::now();
        self.state.lock().sessions.values_mut().for_each(|session| session.expires = now);
    }

    pub(super) fn session_name(&self, access_key_id: Option<&str>) -> Option<String> {
        self.state.lock().sessions.get(access_key_id?).map(|session| session.name.clone())
    }

    /// Whether a call's key is good. `Ok` for static keys that are allowed and for sessions that have not expired.
    pub(super) fn check(&self, incoming: &Incoming) -> Result<(), Refusal> {
        let (unknown, expired, status) = if incoming.speaks_xml() {
            ("InvalidClientTokenId", "ExpiredToken", 403)
        } else {
            ("UnrecognizedClientException", "ExpiredTokenException", 400)
        };
        let Some(id) = &incoming.access_key_id else {
            return Err(Refusal::new(status, "MissingAuthenticationToken", "Missing Authentication Token"));
        };
        let state = self.state.lock();
        if state.static_keys.contains(id) {
            return Ok(());
        }
        let invalid = || Refusal::new(status, unknown, "The security token included in the request is invalid.");
        let session = state.sessions.get(id).ok_or_else(invalid)?;
        if incoming.session_token.as_deref() != Some(session.token.as_str()) {
            return Err(invalid());
        }
        if session.expires <= Timestamp::now() {
            return Err(Refusal::new(status, expired, "The security token included in the request is expired"));
        }
        Ok(())
    }

    /// Remembers the key in an answer of STS, and gives the answer with the expiry that [`Self::set_lifetime`] asks for.
    pub(super) fn hand_out(&self, answer: &str, session_name: &str) -> String {
        let mut state = self.state.lock();
        let (Some(id), Some(token), Some(expiry)) =
            (element(answer, "AccessKeyId"), element(answer, "SessionToken"), element(answer, "Expiration"))
        else {
            return answer.to_owned();
        };
        let now = Timestamp::now();
        let stated = expiry.parse().unwrap_or(now);
        let expires = match state.lifetime {
            Some(lifetime) => {
                now.saturating_add(SignedDuration::try_from(lifetime).unwrap_or_default()).unwrap_or(stated)
            }
            None => stated,
        };
        // STS states whole seconds.
        let expires = Timestamp::from_second(expires.as_second()).unwrap_or(expires);
        let session = Session { token: token.to_owned(), expires, name: session_name.to_owned() };
        state.sessions.insert(id.to_owned(), session);
        answer.replace(&format!("<Expiration>{expiry}</Expiration>"), &format!("<Expiration>{expires}</Expiration>"))
    }
}

/// The text of the first element of that name. STS's answers are flat enough for this.
fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}

//! What was seen of a replicated cluster, so that a replica that is behind can be asked to catch up.
//!
//! Vault Enterprise answers with `X-Vault-Index`, which the next request sends back. Source: Vault's documentation of eventual
//! consistency, and of the form of the header: base64 of `v1:<cluster>:<local index>:<replicated index>:<signature>`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;

/// The last states of each cluster, as the headers that say them.
#[derive(Default)]
pub(crate) struct States(Mutex<Vec<String>>);

impl States {
    /// What to send.
    pub(crate) fn headers(&self) -> Vec<String> {
        self.0.lock().clone()
    }

    /// Takes note of an answer's header. One that is older than what is known, or cannot be read, changes nothing.
    pub(crate) fn record(&self, header: &str) {
        let Some(new) = State::parse(header) else { return };
        let mut known = self.0.lock();
        let newer = |old: &String| {
            State::parse(old).is_some_and(|old| {
                old.cluster == new.cluster && old.local >= new.local && old.replicated >= new.replicated
            })
        };
        if known.iter().any(newer) {
            return;
        }
        let behind = |old: &String| {
            State::parse(old).is_none_or(|old| {
                old.cluster == new.cluster && old.local <= new.local && old.replicated <= new.replicated
            })
        };
        known.retain(|old| !behind(old));
        known.push(header.to_owned());
    }
}

struct State {
    cluster: String,
    local: u64,
    replicated: u64,
}

impl State {
    fn parse(header: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(header).ok()?).ok()?;
        let mut parts = text.split(':');
        if parts.next()? != "v1" {
            return None;
        }
        let cluster = parts.next()?.to_owned();
        let (local, replicated) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { cluster, local, replicated })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::States;

    fn state(cluster: &str, local: u64, replicated: u64) -> String {
        STANDARD.encode(format!("v1:{cluster}:{local}:{replicated}:signature"))
    }

    #[test]
    fn the_newest_state_of_each_cluster_is_kept() {
        let states = States::default();
        for header in [state("a", 1, 1), state("b", 5, 5), state("a", 2, 1), state("a", 1, 1), "junk".to_owned()] {
            states.record(&header);
        }
        assert_eq!(states.headers(), [state("b", 5, 5), state("a", 2, 1)]);
    }

    #[test]
    fn states_that_cannot_be_compared_are_both_kept() {
        let states = States::default();
        states.record(&state("a", 2, 1));
        states.record(&state("a", 1, 2));
        assert_eq!(states.headers().len(), 2);
        states.record(&state("a", 3, 3));
        assert_eq!(states.headers(), [state("a", 3, 3)]);
    }
}

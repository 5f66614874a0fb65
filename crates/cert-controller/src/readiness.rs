//! When the cert-controller is ready: all is written, and somebody answers for the webhook. Source: ESO.

use std::sync::Arc;

use eso_runtime::admin::Check;
use parking_lot::Mutex;

/// Shared between the turns and `/readyz`.
#[derive(Clone, Default)]
pub(crate) struct Readiness(Arc<Mutex<State>>);

/// What the last turn found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // four facts that are independent of each other
pub(crate) struct State {
    /// Whether this process works; one that stands by is as healthy.
    pub leads: bool,
    /// Whether every definition of `--crd-names` is as it shall be.
    pub definitions: bool,
    /// Whether at least one webhook configuration was seen, and all are as they shall be.
    pub hooks: bool,
    /// Whether the webhook has an endpoint that is ready.
    pub endpoint: bool,
}

impl Readiness {
    /// Changes what is known.
    pub fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock());
    }

    /// For `/readyz`.
    pub fn check(&self) -> Check {
        let state = Arc::clone(&self.0);
        Check::new(move || why_not(*state.lock()))
    }
}

fn why_not(state: State) -> Result<(), String> {
    let why = match state {
        State { leads: false, .. } => return Ok(()),
        State { endpoint: false, .. } => "The Service of the webhook has no endpoint that is ready.",
        State { definitions: false, .. } => {
            "Not every CustomResourceDefinition of --crd-names was looked at without fault."
        }
        State { hooks: false, .. } => "No ValidatingWebhookConfiguration of ours was found and written without fault.",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{State, why_not};

    #[test]
    fn parity_223_a_leader_is_ready_with_everything_and_an_endpoint_and_a_stand_by_always() {
        let all = State { leads: true, definitions: true, hooks: true, endpoint: true };
        assert_eq!(why_not(all), Ok(()));
        assert_eq!(why_not(State::default()), Ok(()), "it stands by");
        for (state, part) in [
            (State { endpoint: false, ..all }, "endpoint"),
            (State { definitions: false, ..all }, "CustomResourceDefinition"),
            (State { hooks: false, ..all }, "ValidatingWebhookConfiguration"),
        ] {
            assert!(why_not(state).unwrap_err().contains(part));
        }
    }
}

//! What can be made to go wrong, per action.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

/// What happens to a call instead of, or before, its being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// AWS's throttling error (HTTP 400, `ThrottlingException`; `Throttling` from STS).
    Throttle,
    /// An HTTP status with AWS's internal error (`InternalServiceError`; `InternalFailure` from STS).
    Status(u16),
    /// Any other AWS error.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Error code, such as `AccessDeniedException`.
        code: String,
        /// Message.
        message: String,
    },
    /// No answer, ever; the connection stays open.
    Hang,
    /// The TCP connection is reset.
    Reset,
    /// HTTP 200 with a body that is neither JSON nor XML.
    Garbage,
    /// The answer comes this much later.
    Latency(Duration),
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// For this many calls.
    Calls(u32),
    /// Until it is cleared.
    UntilCleared,
}

/// The name that stands for every action.
pub const EVERY_ACTION: &str = "*";

#[derive(Debug, Default)]
pub(super) struct Faults {
    by_action: Mutex<BTreeMap<String, (Fault, Times)>>,
}

impl Faults {
    pub(super) fn set(&self, action: &str, fault: Fault, times: Times) {
        self.by_action.lock().insert(action.to_owned(), (fault, times));
    }

    pub(super) fn clear(&self, action: Option<&str>) {
        let mut faults = self.by_action.lock();
        match action {
            Some(action) => {
                faults.remove(action);
            }
            None => faults.clear(),
        }
    }

    /// The fault that strikes this call, used up by one: the action's own before the one for every action.
    pub(super) fn strike(&self, action: &str) -> Option<Fault> {
        let mut faults = self.by_action.lock();
        let key = [action, EVERY_ACTION].into_iter().find(|key| faults.contains_key(*key))?;
        let (fault, times) = faults.get_mut(key)?;
        let fault = fault.clone();
        match times {
            Times::UntilCleared => {}
            Times::Calls(0) => {
                faults.remove(key);
                return None;
            }
            Times::Calls(left) => {
                *left -= 1;
                if *left == 0 {
                    faults.remove(key);
                }
            }
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::{EVERY_ACTION, Fault, Faults, Times};

    #[test]
    fn a_fault_strikes_as_often_as_it_was_told() {
        let faults = Faults::default();
        faults.set("GetSecretValue", Fault::Throttle, Times::Calls(2));
        faults.set(EVERY_ACTION, Fault::Hang, Times::UntilCleared);
        assert_eq!(faults.strike("GetSecretValue"), Some(Fault::Throttle));
        assert_eq!(faults.strike("AssumeRole"), Some(Fault::Hang));
        assert_eq!(faults.strike("GetSecretValue"), Some(Fault::Throttle));
        assert_eq!(faults.strike("GetSecretValue"), Some(Fault::Hang));
        faults.clear(None);
        assert_eq!(faults.strike("GetSecretValue"), None);
    }
}

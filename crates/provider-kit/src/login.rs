//! Credentials of one identity: got once, kept, renewed in time, shared by every store that has this identity.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eso_core::Fault;
use parking_lot::Mutex;

/// How long a login that failed answers for those who come right after it: a crowd makes one attempt.
const FAILURE_LIFE: Duration = Duration::from_secs(1);

/// Credentials without an end, such as access keys in a Secret, are read anew after this time: they may have been exchanged.
const ENDLESS_LIFE: Duration = Duration::from_mins(1);

/// After a renewal that failed, time until the next while the old credentials still hold.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// Credentials that were refused for a reason not quite known are thrown away only at this age: new ones would not fare better.
const REFUSAL_AGE: Duration = Duration::from_secs(10);

/// Credentials about to end within this time are not handed out.
const MARGIN: Duration = Duration::from_secs(5);

/// Time after which a login that no connected store holds any more is forgotten.
const IDLE: Duration = Duration::from_mins(15);

/// One way to get credentials.
#[async_trait]
pub trait Source<C>: Send + Sync {
    /// Gets new ones. Faults say who was refused, by whom, and what to do.
    async fn log_in(&self) -> Result<C, Fault>;
}

/// When credentials end; `None` for those that somebody else may exchange at any time, such as a key in a Secret.
pub type Expiry<C> = fn(&C) -> Option<SystemTime>;

/// How sure it is that credentials are of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The backend said so.
    Certain,
    /// It may be something else, such as a missing permission.
    Likely,
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// See the module. Clones of `C` are handed out, so it should be cheap to clone.
pub struct Login<C> {
    source: Box<dyn Source<C>>,
    clock: Clock,
    expiry: Expiry<C>,
    state: Mutex<State<C>>,
    /// Whoever holds it is logging in.
    turn: tokio::sync::Mutex<()>,
}

struct State<C> {
    held: Option<Held<C>>,
    failed: Option<(SystemTime, Fault)>,
    used: Option<SystemTime>,
}

struct Held<C> {
    credentials: C,
    since: SystemTime,
    renew: SystemTime,
    end: Option<SystemTime>,
}

impl<C> Held<C> {
    /// Renewal is due at 80 % of the life that the credentials have left when they arrive.
    fn new(credentials: C, now: SystemTime, end: Option<SystemTime>) -> Self {
        let life = end.map_or(ENDLESS_LIFE, |end| end.duration_since(now).unwrap_or_default());
        Self { credentials, since: now, renew: now + life.mul_f64(0.8), end }
    }

    fn holds(&self, now: SystemTime) -> bool {
        self.end.is_none_or(|end| now + MARGIN < end)
    }
}

/// What the state says without a login.
enum Known<C> {
    Credentials(C),
    Failure(Fault),
    /// Old ones that still hold, while new ones are due.
    Due(C),
    Nothing,
}

impl<C: Clone> Login<C> {
    /// Nobody logged in yet.
    pub fn new(source: Box<dyn Source<C>>, clock: Clock, expiry: Expiry<C>) -> Self {
        let state = State { held: None, failed: None, used: None };
        Self { source, clock, expiry, state: Mutex::new(state), turn: tokio::sync::Mutex::new(()) }
    }

    /// Credentials that hold. At most one login is under way; everybody else waits for it, or goes on with the old ones.
    ///
    /// Faults: those of the source. A failure is remembered for a second.
    pub async fn credentials(&self) -> Result<C, Fault> {
        let turn = match self.known() {
            Known::Credentials(credentials) => return Ok(credentials),
            Known::Failure(fault) => return Err(fault),
            Known::Due(old) => match self.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(old),
            },
            Known::Nothing => self.turn.lock().await,
        };
        let old = match self.known() {
            Known::Credentials(credentials) => return Ok(credentials),
            Known::Failure(fault) => return Err(fault),
            Known::Due(old) => Some(old),
            Known::Nothing => None,
        };
        let answer = self.source.log_in().await;
        let now = (self.clock)();
        let mut state = self.state.lock();
        let answer = match (answer, old) {
            (Ok(credentials), _) => {
                state.held = Some(Held::new(credentials.clone(), now, (self.expiry)(&credentials)));
                state.failed = None;
                Ok(credentials)
            }
            (Err(fault), Some(old)) => {
                tracing::warn!(fault = %fault, "credentials could not be renewed; the old ones are used on");
                if let Some(held) = &mut state.held {
                    held.renew = now + RENEWAL_PAUSE;
                }
                Ok(old)
            }
            (Err(fault), None) => {
                state.failed = Some((now, fault.clone()));
                Err(fault)
            }
        };
        drop(state);
        drop(turn);
        answer
    }

    fn known(&self) -> Known<C> {
        let now = (self.clock)();
        let mut state = self.state.lock();
        state.used = Some(now);
        match &state.held {
            Some(held) if held.holds(now) && now < held.renew => return Known::Credentials(held.credentials.clone()),
            Some(held) if held.holds(now) => return Known::Due(held.credentials.clone()),
            _ => {}
        }
        match &state.failed {
            Some((at, fault)) if now.duration_since(*at).is_ok_and(|age| age < FAILURE_LIFE) => {
                Known::Failure(fault.clone())
            }
            _ => Known::Nothing,
        }
    }

    /// Credentials were refused: the next call logs in anew, unless they are quite new and the reason is not certain. Of a crowd
    /// that was refused together only the first counts: `is_same` tells whether the ones held now are those that were refused.
    pub fn refused(&self, refusal: Refusal, is_same: impl FnOnce(&C) -> bool) {
        let now = (self.clock)();
        let mut state = self.state.lock();
        let old = |held: &Held<C>| now.duration_since(held.since).is_ok_and(|age| age >= REFUSAL_AGE);
        let useless = |held: &Held<C>| (refusal == Refusal::Certain || old(held)) && is_same(&held.credentials);
        if state.held.as_ref().is_some_and(useless) {
            state.held = None;
        }
    }

    /// Whether nobody has asked for `age`.
    fn is_idle(&self, age: Duration) -> bool {
        let now = (self.clock)();
        self.state.lock().used.is_none_or(|used| now.duration_since(used).is_ok_and(|since| since >= age))
    }
}

/// All logins of one backend in the process, by identity: whoever has the same one may use the same credentials, and nobody else.
pub struct Logins<K, C>(Mutex<HashMap<K, Arc<Login<C>>>>);

impl<K, C> Default for Logins<K, C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, C: Clone> Logins<K, C> {
    /// The login of `identity`, made if there is none. Nobody logs in yet.
    pub fn shared(&self, identity: &K, make: impl FnOnce() -> Login<C>) -> Arc<Login<C>> {
        let mut logins = self.0.lock();
        if let Some(login) = logins.get(identity) {
            return Arc::clone(login);
        }
        logins.retain(|_, login| Arc::strong_count(login) > 1 || !login.is_idle(IDLE));
        let login = Arc::new(make());
        logins.insert(identity.clone(), Arc::clone(&login));
        login
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;

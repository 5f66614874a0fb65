//! Credentials of one identity: got once, kept, renewed in time, shared by every store that has this identity.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials};
use eso_core::Fault;
use parking_lot::Mutex;

/// How long a login that failed answers for those who come right after it: a crowd makes one attempt.
const FAILURE_LIFE: Duration = Duration::from_secs(1);

/// Credentials without an end, such as access keys in a Secret, are read anew after this time: they may have been exchanged.
const ENDLESS_LIFE: Duration = Duration::from_mins(1);

/// After a renewal that failed, time until the next while the old credentials still hold.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// Credentials that AWS refused are thrown away only at this age: new ones would not fare better.
const REFUSAL_AGE: Duration = Duration::from_secs(10);

/// Credentials about to end within this time are not handed out.
const MARGIN: Duration = Duration::from_secs(5);

/// One way to get credentials.
#[async_trait]
pub(crate) trait Source: Send + Sync {
    /// Gets new ones. Faults say who was refused, by whom, and what to do.
    async fn log_in(&self) -> Result<Credentials, Fault>;
}

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// See the module.
pub(crate) struct Login {
    source: Box<dyn Source>,
    clock: Clock,
    state: Mutex<State>,
    /// Whoever holds it is logging in.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failed: Option<(SystemTime, Fault)>,
    used: Option<SystemTime>,
}

#[derive(Clone)]
struct Held {
    credentials: Credentials,
    since: SystemTime,
    renew: SystemTime,
}

impl Held {
    /// Renewal is due at 80 % of the life that the credentials have left when they arrive.
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let life = credentials.expiry().map_or(ENDLESS_LIFE, |end| end.duration_since(now).unwrap_or_default());
        Self { credentials, since: now, renew: now + life.mul_f64(0.8) }
    }

    fn holds(&self, now: SystemTime) -> bool {
        self.credentials.expiry().is_none_or(|end| now + MARGIN < end)
    }
}

/// What the state says without a login.
enum Known {
    Credentials(Credentials),
    Failure(Fault),
    /// Old ones that still hold, while new ones are due.
    Due(Credentials),
    Nothing,
}

impl Login {
    /// Nobody logged in yet.
    pub(crate) fn new(source: Box<dyn Source>, clock: Clock) -> Self {
        Self { source, clock, state: Mutex::default(), turn: tokio::sync::Mutex::new(()) }
    }

    /// Credentials that hold. At most one login is under way; everybody else waits for it, or goes on with the old ones.
    ///
    /// Faults: those of the source. A failure is remembered for a second.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Fault> {
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
                state.held = Some(Held::new(credentials.clone(), now));
                state.failed = None;
                Ok(credentials)
            }
            (Err(fault), Some(old)) => {
                tracing::warn!(fault = %fault, "AWS credentials could not be renewed; the old ones are used on");
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

    fn known(&self) -> Known {
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

    /// AWS refused the credentials: the next call logs in anew, unless they are quite new.
    pub(crate) fn refused(&self) {
        let now = (self.clock)();
        let mut state = self.state.lock();
        if state.held.as_ref().is_some_and(|held| now.duration_since(held.since).is_ok_and(|age| age >= REFUSAL_AGE)) {
            state.held = None;
        }
    }

    /// Whether nobody has asked for `age`.
    pub(crate) fn is_idle(&self, age: Duration) -> bool {
        let now = (self.clock)();
        self.state.lock().used.is_none_or(|used| now.duration_since(used).is_ok_and(|since| since >= age))
    }
}

/// A login, as the SDK's clients use it.
pub(crate) struct Provide(pub(crate) Arc<Login>);

impl std::fmt::Debug for Provide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provide")
    }
}

impl ProvideCredentials for Provide {
    fn provide_credentials<'a>(&'a self) -> provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        provider::future::ProvideCredentials::new(async {
            self.0.credentials().await.map_err(CredentialsError::provider_error)
        })
    }
}

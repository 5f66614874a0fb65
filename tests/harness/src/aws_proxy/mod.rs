//! Stands in front of moto and does what moto does not: counts, verifies who is calling as AWS would, and goes wrong on demand.

mod calls;
mod credentials;
mod faults;
mod identity;
mod refusal;

use std::collections::BTreeSet;
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming as Body;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;

pub use calls::Call;
pub use faults::{EVERY_ACTION, Fault, Times};
pub use identity::AUDIENCE;

use crate::front::{Connection, Front};
use calls::{Incoming, Record};
use credentials::Credentials;
use faults::Faults;
use identity::Trust;
use refusal::Refusal;

/// A running proxy; it ends when it is dropped.
pub struct AwsProxy {
    front: Front,
    inner: Arc<Inner>,
}

struct Inner {
    upstream: String,
    http: reqwest::Client,
    trust: Trust,
    credentials: Credentials,
    faults: Faults,
    record: Record,
    denied_roles: Mutex<BTreeSet<String>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// The connection is to be reset instead of answered.
#[derive(Debug)]
struct ResetConnection;

impl std::fmt::Display for ResetConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is reset on purpose")
    }
}

impl std::error::Error for ResetConnection {}

impl AwsProxy {
    /// Starts one in front of `upstream` (moto's endpoint), which trusts web identity tokens of `issuer`, whose keys `client` can
    /// read at `/openid/v1/jwks`. No role can be assumed before [`Self::trust`].
    ///
    /// # Errors
    /// When there is no port for it.
    pub async fn start(upstream: &str, issuer: &str, client: kube::Client) -> anyhow::Result<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST, upstream, issuer, client).await
    }

    /// [`Self::start`] on another address of this machine, such as the one that pods reach ([`Node::host_address`]).
    ///
    /// [`Node::host_address`]: crate::Node::host_address
    ///
    /// # Errors
    /// When there is no port for it.
    pub async fn start_at(
        address: Ipv4Addr,
        upstream: &str,
        issuer: &str,
        client: kube::Client,
    ) -> anyhow::Result<Self> {
        crate::install_crypto();
        let http = reqwest::Client::builder().no_proxy().no_gzip().http1_only().build().context("no HTTP client")?;
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            http,
            trust: Trust::new(issuer, client),
            credentials: Credentials::default(),
            faults: Faults::default(),
            record: Record::default(),
            denied_roles: Mutex::default(),
            in_flight: AtomicUsize::default(),
            most_in_flight: AtomicUsize::default(),
        });
        let shared = Arc::clone(&inner);
        let front = Front::start_at(address, move |connection| serve(Arc::clone(&shared), connection)).await?;
        Ok(Self { front, inner })
    }

    /// `http://<address>:<port>`, for STS and Secrets Manager alike.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.front.address())
    }

    /// Lets a subject (`system:serviceaccount:<namespace>:<name>`) assume a role (its ARN) with a web identity token.
    pub fn trust(&self, role: &str, subject: &str) {
        self.inner.trust.allow(role, subject);
        self.inner.denied_roles.lock().remove(role);
    }

    /// Lets nobody assume a role any more, neither with a token nor from another role.
    pub fn deny_role(&self, role: &str) {
        self.inner.trust.disallow(role);
        self.inner.denied_roles.lock().insert(role.to_owned());
    }

    /// Accepts calls signed with this access key, which STS never gave out.
    pub fn allow_static_key(&self, access_key_id: &str) {
        self.inner.credentials.allow_static(access_key_id);
    }

    /// How long the credentials that are given out from now on are good for; `None`: what the caller asks for.
    pub fn set_credential_lifetime(&self, lifetime: Option<Duration>) {
        self.inner.credentials.set_lifetime(lifetime);
    }

    /// Makes every credential that was given out expire now, whatever its holder believes.
    pub fn expire_credentials(&self) {
        self.inner.credentials.expire_all();
    }

    /// Makes an action (`GetSecretValue`, or [`EVERY_ACTION`]) go wrong. Replaces the action's former fault.
    pub fn set_fault(&self, action: &str, fault: Fault, times: Times) {
        self.inner.faults.set(action, fault, times);
    }

    /// Ends an action's fault. Calls that hang already go on hanging.
    pub fn clear_fault(&self, action: &str) {
        self.inner.faults.clear(Some(action));
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.inner.faults.clear(None);
    }

    /// Every call since the start or the last reset, in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.record.all()
    }

    /// How many calls there were of an action.
    pub fn count(&self, action: &str) -> usize {
        self.inner.record.count(|call| call.action == action)
    }

    /// How many calls there were of a service (`secretsmanager`, `sts`).
    pub fn count_service(&self, service: &str) -> usize {
        self.inner.record.count(|call| call.service == service)
    }

    /// How many calls asked for a secret, by the name or ARN that they used.
    pub fn count_secret(&self, secret_id: &str) -> usize {
        self.inner.record.count(|call| call.secret_ids.iter().any(|id| id == secret_id))
    }

    /// Forgets the calls, and the highest number in flight. Connections go on being counted.
    pub fn reset_calls(&self) {
        self.inner.record.reset();
        self.inner.most_in_flight.store(0, Ordering::Relaxed);
    }

    /// TCP connections accepted since the start.
    pub fn connections(&self) -> u64 {
        self.front.accepted()
    }

    /// TCP connections open now.
    pub fn open_connections(&self) -> u64 {
        self.front.open()
    }

    /// The most calls that were in work at the same time since the start or the last reset.
    pub fn most_in_flight(&self) -> usize {
        self.inner.most_in_flight.load(Ordering::Relaxed)
    }

    /// Resets every open connection.
    pub fn cut_connections(&self) {
        self.front.cut();
    }
}

async fn serve(inner: Arc<Inner>, connection: Connection) {
    let Connection { number, reset, stream } = connection;
    let service = service_fn(move |request| {
        let (inner, reset) = (Arc::clone(&inner), Arc::clone(&reset));
        async move { inner.answer(request, number, &reset).await }
    });
    // An error is the client's going away, or a reset on purpose.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Counts a call as in work for as long as it lives, also when its client goes away.
struct InFlight<'a>(&'a Inner);

impl<'a> InFlight<'a> {
    fn enter(inner: &'a Inner) -> Self {
        let now = inner.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        inner.most_in_flight.fetch_max(now, Ordering::Relaxed);
        Self(inner)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

type Answer = Response<Full<Bytes>>;

impl Inner {
    async fn answer(
        &self,
        request: Request<Body>,
        connection: u64,
        reset: &AtomicBool,
    ) -> Result<Answer, ResetConnection> {
        let _in_flight = InFlight::enter(self);
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| ResetConnection)?.to_bytes();
        let incoming = Incoming::parse(&head, &body);
        let session_name = self.credentials.session_name(incoming.access_key_id.as_deref());
        let entry = self.record.arrived(&incoming, session_name, connection);
        let answer = match self.faulty_answer(&incoming, reset).await? {
            Some(answer) => answer,
            None => self.honest_answer(&incoming, head, body).await,
        };
        self.record.answered(entry, answer.status().as_u16());
        Ok(answer)
    }

    /// What the fault in force makes of the call; `None` if it is to be answered honestly.
    async fn faulty_answer(&self, incoming: &Incoming, reset: &AtomicBool) -> Result<Option<Answer>, ResetConnection> {
        let xml = incoming.speaks_xml();
        let document = |refusal: Refusal| if xml { refusal.xml() } else { refusal.json() };
        Ok(match self.faults.strike(&incoming.action) {
            None => None,
            Some(Fault::Latency(latency)) => {
                tokio::time::sleep(latency).await;
                None
            }
            Some(Fault::Throttle) => {
                let code = if xml { "Throttling" } else { "ThrottlingException" };
                Some(document(Refusal::new(400, code, "Rate exceeded")))
            }
            Some(Fault::Status(status)) => {
                let code = if xml { "InternalFailure" } else { "InternalServiceError" };
                Some(document(Refusal::new(status, code, "An error occurred on the server side.")))
            }
            Some(Fault::Refuse { status, code, message }) => Some(document(Refusal { status, code, message })),
            Some(Fault::Garbage) => Some(refusal::response(
                200,
                "application/x-amz-json-1.1",
                "\u{1}\u{2}not what was asked for".to_owned(),
            )),
            Some(Fault::Hang) => pending().await,
            Some(Fault::Reset) => {
                reset.store(true, Ordering::Relaxed);
                return Err(ResetConnection);
            }
        })
    }

    async fn honest_answer(&self, incoming: &Incoming, head: http::request::Parts, body: Bytes) -> Answer {
        let permitted = match incoming.action.as_str() {
            "AssumeRoleWithWebIdentity" => {
                self.trust.verify(incoming.field("WebIdentityToken"), incoming.field("RoleArn")).await.map(drop)
            }
            "AssumeRole" => self.credentials.check(incoming).and_then(|()| self.check_assume_role(incoming)),
            _ => self.credentials.check(incoming),
        };
        let answer = match permitted {
            Ok(()) => self.forward(incoming, head, body).await,
            Err(refusal) => Err(refusal),
        };
        answer.unwrap_or_else(|refusal| if incoming.speaks_xml() { refusal.xml() } else { refusal.json() })
    }

    fn check_assume_role(&self, incoming: &Incoming) -> Result<(), Refusal> {
        let role = incoming.field("RoleArn");
        if !self.denied_roles.lock().contains(role) {
            return Ok(());
        }
        let message = format!("User is not authorized to perform: sts:AssumeRole on resource: {role}");
        Err(Refusal::new(403, "AccessDenied", message))
    }

    async fn forward(&self, incoming: &Incoming, head: http::request::Parts, body: Bytes) -> Result<Answer, Refusal> {
        let failed = |_: reqwest::Error| Refusal::new(503, "ServiceUnavailable", "moto does not answer");
        let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut headers = head.headers;
        for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let request = self.http.request(head.method, format!("{}{path}", self.upstream)).headers(headers).body(body);
        let response = request.send().await.map_err(failed)?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        let mut body = response.bytes().await.map_err(failed)?;
        if status.is_success() && incoming.action.starts_with("AssumeRole") {
            let session_name = incoming.field("RoleSessionName");
            body = Bytes::from(self.credentials.hand_out(&String::from_utf8_lossy(&body), session_name));
        }
        for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

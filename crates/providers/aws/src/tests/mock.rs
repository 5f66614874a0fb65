//! A stand-in for Secrets Manager and STS that does as a test tells it and writes down what it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request: the operation, and its arguments as JSON or as form text.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) operation: String,
    pub(super) body: String,
    /// Who signed, as the access key's ID; empty for nobody.
    pub(super) signer: String,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Script = Box<dyn Fn(&Seen, usize) -> (u16, String) + Send + Sync>;

struct World {
    script: Script,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    busy: AtomicUsize,
    most_busy: AtomicUsize,
}

/// See the module.
pub(super) struct Mock {
    port: u16,
    world: Arc<World>,
}

impl Mock {
    /// `script` answers status and body for each request and its number.
    pub(super) async fn start(script: impl Fn(&Seen, usize) -> (u16, String) + Send + Sync + 'static) -> Self {
        let world = Arc::new(World {
            script: Box::new(script),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            most_busy: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let counted = Arc::clone(&world);
        let listener = listener.tap_io(move |_| {
            counted.connections.fetch_add(1, Ordering::SeqCst);
        });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&world));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port, world }
    }

    /// Answers each secret called `x` with the text `value of x`, and all of STS.
    pub(super) async fn friendly() -> Self {
        Self::start(|seen, number| match seen.operation.as_str() {
            "GetSecretValue" => {
                let id = seen.json()["SecretId"].as_str().unwrap().to_owned();
                (200, json!({"Name": id, "SecretString": format!("value of {id}")}).to_string())
            }
            operation => (200, credentials(operation, number)),
        })
        .await
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.world.seen.lock().clone()
    }

    pub(super) fn count(&self, operation: &str) -> usize {
        self.seen().iter().filter(|seen| seen.operation == operation).count()
    }

    pub(super) fn connections(&self) -> usize {
        self.world.connections.load(Ordering::SeqCst)
    }

    pub(super) fn most_busy(&self) -> usize {
        self.world.most_busy.load(Ordering::SeqCst)
    }
}

async fn answer(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let form = || body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
    let target = header("x-amz-target");
    let operation = target.rsplit('.').next().filter(|name| !name.is_empty()).map_or_else(form, str::to_owned);
    let authorization = header("authorization");
    let signer = authorization.split("Credential=").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let seen = Seen { operation, signer: signer.to_owned(), body };
    let number = {
        let mut all = world.seen.lock();
        all.push(seen.clone());
        all.len()
    };
    let busy = world.busy.fetch_add(1, Ordering::SeqCst) + 1;
    world.most_busy.fetch_max(busy, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.busy.fetch_sub(1, Ordering::SeqCst);
    let (status, body) = (world.script)(&seen, number);
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// What STS answers; the access key's ID has the request's number.
pub(super) fn credentials(operation: &str, number: usize) -> String {
    format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result><Credentials>\
         <AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{operation}Result></{operation}Response>"
    )
}

/// How STS refuses.
pub(super) fn sts_error(code: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>canary text</Message></Error><RequestId>1-2-3</RequestId></ErrorResponse>"
    )
}

/// How Secrets Manager refuses.
pub(super) fn error(code: &str, text: &str) -> String {
    json!({"__type": code, "message": text}).to_string()
}

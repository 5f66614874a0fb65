//! A stand-in for Vault that does as a test tells it and writes down what it was asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query, without `/v1/`.
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(super) fn token(&self) -> &str {
        self.header("x-vault-token")
    }
}

type Script = Box<dyn Fn(&Seen) -> (u16, String) + Send + Sync>;

pub(super) struct World {
    script: Script,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    /// Headers of every answer.
    pub(super) headers: Mutex<Vec<(&'static str, String)>>,
}

/// See the module.
pub(super) struct Mock {
    port: u16,
    pub(super) world: Arc<World>,
}

impl Mock {
    /// `script` answers status and body for each request.
    pub(super) async fn start(script: impl Fn(&Seen) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (app, world) = app(script);
        let counted = Arc::clone(&world);
        let listener = listener.tap_io(move |_| {
            counted.connections.fetch_add(1, Ordering::SeqCst);
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port, world }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.world.seen.lock().clone()
    }

    /// Paths that were asked for, in order.
    pub(super) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    pub(super) fn count(&self, path: &str) -> usize {
        self.paths().iter().filter(|seen| *seen == path).count()
    }

    pub(super) fn connections(&self) -> usize {
        self.world.connections.load(Ordering::SeqCst)
    }
}

/// The stand-in without a place to listen at.
pub(super) fn app(script: impl Fn(&Seen) -> (u16, String) + Send + Sync + 'static) -> (Router, Arc<World>) {
    let world = Arc::new(World {
        script: Box::new(script),
        seen: Mutex::default(),
        connections: AtomicUsize::new(0),
        headers: Mutex::default(),
    });
    (Router::new().fallback(answer).with_state(Arc::clone(&world)), world)
}

async fn answer(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let seen = Seen {
        method: method.to_string(),
        path: path.strip_prefix("/v1/").unwrap_or(&path).to_owned(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    world.seen.lock().push(seen.clone());
    let (status, body) = (world.script)(&seen);
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in world.headers.lock().iter() {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

//! A folder, served over HTTP: what a Helm repository is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::front::Front;

/// A running server; it ends when it is dropped.
pub struct Files {
    front: Front,
}

impl Files {
    /// Serves the files of one folder, and none below or beside it, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port for it.
    pub async fn serve(folder: &Path) -> anyhow::Result<Self> {
        let folder: Arc<PathBuf> = Arc::new(folder.to_path_buf());
        let front = Front::start(move |connection| {
            let folder = Arc::clone(&folder);
            let service = service_fn(move |request: Request<Incoming>| {
                let folder = Arc::clone(&folder);
                async move { Ok::<_, std::convert::Infallible>(answer(&folder, request.uri().path()).await) }
            });
            async move {
                let stream = TokioIo::new(connection.stream);
                // An error is the client's going away.
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
            }
        });
        Ok(Self { front: front.await? })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.front.address())
    }
}

async fn answer(folder: &Path, path: &str) -> Response<Full<Bytes>> {
    let name = path.trim_start_matches('/');
    let plain = !name.is_empty() && !name.contains(['/', '\\']) && name != "..";
    let found = if plain { tokio::fs::read(folder.join(name)).await.ok() } else { None };
    let mut response = Response::new(Full::new(Bytes::from(found.clone().unwrap_or_default())));
    if found.is_none() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

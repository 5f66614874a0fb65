//! One request: read it within bounds, judge it, answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request as HttpRequest;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::admission::Kind;
use crate::metrics::AdmissionMetrics;
use crate::review::{Request, Review, Verdict, answer};

/// Largest body, in bytes. An object of the API server has at most half of it.
const LARGEST_BODY: usize = 3 << 20;

/// Longest time for a body to arrive; the API server waits no longer for the answer.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// How many requests are worked on at the same time. More are answered 429 at once.
const MOST_IN_FLIGHT: usize = 200;

/// Who judges: see [`crate::admission::Judge::judge`].
pub type Judges = Arc<dyn Fn(Kind, &Request<'_>) -> Verdict + Send + Sync>;

/// What all requests share.
#[derive(Clone)]
struct Shared {
    judges: Judges,
    slots: Arc<Semaphore>,
    metrics: AdmissionMetrics,
}

/// A route for each kind.
pub(crate) fn router(judges: Judges, metrics: AdmissionMetrics) -> Router {
    let shared = Shared { judges, slots: Arc::new(Semaphore::new(MOST_IN_FLIGHT)), metrics };
    Kind::ALL.into_iter().fold(Router::new(), |router, kind| {
        let shared = shared.clone();
        router.route(kind.path(), post(move |request: HttpRequest| counted(shared, kind, request)))
    })
}

async fn counted(shared: Shared, kind: Kind, request: HttpRequest) -> Response {
    let began = Instant::now();
    let Ok(_slot) = shared.slots.try_acquire() else {
        let response = plain(StatusCode::TOO_MANY_REQUESTS, "Too many admissions at the same time; try again.");
        shared.metrics.answered(kind, response.status().as_u16(), began.elapsed());
        return response;
    };
    let _in_flight = shared.metrics.begin(kind);
    let response = respond(&shared, kind, request).await;
    shared.metrics.answered(kind, response.status().as_u16(), began.elapsed());
    response
}

async fn respond(shared: &Shared, kind: Kind, request: HttpRequest) -> Response {
    let json = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let json = json.and_then(|value| value.split(';').next()).is_some_and(|kind| kind.trim() == "application/json");
    if !json {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "An AdmissionReview has the content type application/json.");
    }
    let body = match timeout(BODY_WITHIN, to_bytes(request.into_body(), LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "The body breaks off or has more than 3 MiB."),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "The body did not arrive within 5 s."),
    };
    // A defect met by one object must not take the webhook from all others.
    catch_unwind(AssertUnwindSafe(|| judged(shared, kind, &body))).unwrap_or_else(|_| {
        tracing::error!(kind = kind.as_str(), "An admission crashed; this is a defect.");
        plain(StatusCode::INTERNAL_SERVER_ERROR, "The admission crashed; this is a defect of the webhook.")
    })
}

fn judged(shared: &Shared, kind: Kind, body: &[u8]) -> Response {
    let review: Review<'_> = match serde_json::from_slice(body) {
        Ok(review) => review,
        Err(error) => return plain(StatusCode::BAD_REQUEST, &format!("This is no AdmissionReview: {error}.")),
    };
    let known = matches!(review.api_version.as_str(), "admission.k8s.io/v1" | "admission.k8s.io/v1beta1");
    let (true, "AdmissionReview", Some(request)) = (known, review.kind.as_str(), &review.request) else {
        return plain(
            StatusCode::BAD_REQUEST,
            "This is no AdmissionReview of admission.k8s.io/v1 or v1beta1 with a request.",
        );
    };
    let verdict = (shared.judges)(kind, request);
    if let Some(refusal) = &verdict.refusal {
        tracing::debug!(kind = kind.as_str(), uid = request.uid, refusal.message, "refused");
    }
    let bytes = answer(&review.api_version, &request.uid, &verdict);
    ([(CONTENT_TYPE, "application/json")], Body::from(bytes)).into_response()
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, text.to_owned()).into_response()
}

//! Lets those read `/metrics` whom the API server lets: a `TokenReview` says who asks, a `SubjectAccessReview` whether they may.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use eso_core::Fault;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};
use lru::LruCache;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::client::{ClientSettings, ReadYaml, api_fault, client};

/// How long an answer counts.
const REMEMBERED: Duration = Duration::from_mins(1);

/// How many answers are remembered.
const ANSWERS: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// Asks the API server, and remembers its answers. Clones share them.
#[derive(Clone)]
pub struct Guard {
    client: Client,
    hashers: Arc<[RandomState; 2]>,
    /// By a hash of the token.
    answers: Arc<Mutex<LruCache<u128, (Instant, StatusCode)>>>,
}

impl Guard {
    pub(super) async fn new(yaml: ReadYaml) -> Result<Self, Fault> {
        Ok(Self::with(client(&ClientSettings::default(), yaml).await?))
    }

    fn with(client: Client) -> Self {
        let hashers = Arc::new([RandomState::new(), RandomState::new()]);
        Self { client, hashers, answers: Arc::new(Mutex::new(LruCache::new(ANSWERS))) }
    }

    /// 200 for those who may read.
    pub(super) async fn admits(&self, headers: &HeaderMap) -> StatusCode {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) else {
            return StatusCode::UNAUTHORIZED;
        };
        let [high, low] = &*self.hashers;
        let key = (u128::from(high.hash_one(token)) << 64) | u128::from(low.hash_one(token));
        let known = self.answers.lock().get(&key).copied();
        if let Some((_, answer)) = known.filter(|(when, _)| when.elapsed() < REMEMBERED) {
            return answer;
        }
        match self.ask(token).await {
            Ok(answer) => {
                self.answers.lock().put(key, (Instant::now(), answer));
                answer
            }
            Err(fault) => {
                tracing::warn!(detail = fault.detail.as_deref(), "{fault} Nobody can read the metrics meanwhile.");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    async fn ask(&self, token: &str) -> Result<StatusCode, Fault> {
        let review = TokenReview {
            spec: TokenReviewSpec { token: Some(token.to_owned()), ..TokenReviewSpec::default() },
            ..TokenReview::default()
        };
        let reviews: Api<TokenReview> = Api::all(self.client.clone());
        let review = reviews.create(&PostParams::default(), &review).await;
        let status = review.map_err(|error| api_fault(&error, "review a token"))?.status.unwrap_or_default();
        let (Some(true), Some(user)) = (status.authenticated, status.user) else { return Ok(StatusCode::UNAUTHORIZED) };
        let accesses: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let access = accesses.create(&PostParams::default(), &access(user)).await;
        let status = access.map_err(|error| api_fault(&error, "review an access"))?.status;
        let allowed = status.is_some_and(|status| status.allowed);
        Ok(if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN })
    }
}

fn access(user: UserInfo) -> SubjectAccessReview {
    let path = NonResourceAttributes { path: Some("/metrics".to_owned()), verb: Some("get".to_owned()) };
    let spec = SubjectAccessReviewSpec {
        user: user.username,
        groups: user.groups,
        uid: user.uid,
        extra: user.extra,
        non_resource_attributes: Some(path),
        ..SubjectAccessReviewSpec::default()
    };
    SubjectAccessReview { spec, ..SubjectAccessReview::default() }
}

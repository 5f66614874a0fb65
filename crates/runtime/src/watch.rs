//! Watches that never end.
//!
//! The only place that uses kube's watcher. What it gives: the first list in pages, the watch from there, resumption where an ended
//! watch stopped, a new list after 410. What is added here:
//!
//! - a jittered backoff (0.8 s to 30 s) after errors, and one warning per distinct error instead of one per try;
//! - a new list where kube would ask for a version that is gone for ever;
//! - a plain list where the server refuses to stream it.
//!
//! A watch that goes silent while its connection stays open is noticed in two places. While the watch runs, kube ends it when
//! nothing, not even a bookmark or the server's own end, has come for 5 s longer than the server-side timeout: 55 s by default.
//! While a list or a watch is being started, [`crate::client`]'s deadline ends it (30 s, 15 s). So with the defaults a dead server is
//! noticed within 55 s, and the new watch stands within 70 s even if the first new connection is dead too.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::client::api_fault;
use crate::jitter::jittered;

/// First delay after an error.
const BACKOFF_BASE: Duration = Duration::from_millis(800);
/// Longest delay after an error, before jitter.
const BACKOFF_CAP: Duration = Duration::from_secs(30);
/// A stream that ran that long without an error starts at the first delay again. Longer than one try can take.
const SETTLED: Duration = Duration::from_secs(35);
/// After which an error that was warned of is worth a warning again. A quiet watch has no other sign that it recovered.
const NEWS_AGAIN: Duration = Duration::from_mins(2);

/// What to watch, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchConfig {
    /// After which the server ends a watch, in whole seconds, at least 1. Under a minute, as load balancers cut silent connections
    /// at 60 s; silence is noticed 5 s after it.
    pub timeout: Duration,
    /// Label selector; `None` is everything.
    pub labels: Option<String>,
    /// Field selector; `None` is everything.
    pub fields: Option<String>,
    /// Objects per page of the first list.
    pub page_size: u32,
    /// How the first list is read.
    pub initial: InitialList,
}

impl Default for WatchConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(50),
            labels: None,
            fields: None,
            page_size: 500,
            initial: InitialList::Pages,
        }
    }
}

/// How the first list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitialList {
    /// In pages; every server can.
    #[default]
    Pages,
    /// As events of a watch. Falls back to pages where the server refuses.
    Stream,
}

/// What a watch tells. Lists repeat: after every [`WatchEvent::Restarted`], what was known and is not [`WatchEvent::Seen`] until
/// [`WatchEvent::Listed`] is gone. `Restarted` can come again before `Listed`; the list then begins anew.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent<K> {
    /// A list begins.
    Restarted,
    /// An object of the list.
    Seen(K),
    /// The list is complete.
    Listed,
    /// An object came or changed.
    Applied(K),
    /// An object is gone; this is how it was last.
    Deleted(K),
}

/// Watches until it is dropped. Never ends and never fails: errors are logged and tried again.
pub fn watch<K>(api: Api<K>, config: WatchConfig) -> impl Stream<Item = WatchEvent<K>> + Send
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let inner = start(&api, &config);
    let backoff = Backoff { failures: 0, since: Instant::now() };
    let watch = Watch { url: api.resource_url().to_owned(), api, config, inner, backoff, warned: String::new() };
    futures::stream::unfold(watch, |mut watch| async move { Some((watch.next().await, watch)) })
}

type Inner<K> = Pin<Box<dyn Stream<Item = watcher::Result<Event<K>>> + Send>>;

fn start<K>(api: &Api<K>, config: &WatchConfig) -> Inner<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let timeout = u32::try_from(config.timeout.as_secs()).unwrap_or(u32::MAX).max(1);
    let mut wanted = watcher::Config::default().timeout(timeout).page_size(config.page_size);
    wanted.label_selector.clone_from(&config.labels);
    wanted.field_selector.clone_from(&config.fields);
    if config.initial == InitialList::Stream {
        wanted = wanted.streaming_lists();
    }
    Box::pin(watcher(api.clone(), wanted))
}

struct Watch<K> {
    api: Api<K>,
    config: WatchConfig,
    inner: Inner<K>,
    backoff: Backoff,
    url: String,
    /// The error that was last warned of; empty when all is well.
    warned: String,
}

impl<K> Watch<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    async fn next(&mut self) -> WatchEvent<K> {
        loop {
            match self.inner.next().await {
                Some(Ok(event)) => return self.translate(event),
                Some(Err(error)) => self.recover(&error).await,
                // kube's stream does not end; should it ever, a new one is as good.
                None => self.restart_in(BACKOFF_BASE).await,
            }
        }
    }

    fn translate(&mut self, event: Event<K>) -> WatchEvent<K> {
        if !matches!(event, Event::Init) && !self.warned.is_empty() {
            tracing::info!(url = self.url, "The watch works again.");
            self.warned.clear();
        }
        if matches!(event, Event::Apply(_) | Event::Delete(_)) {
            // Not after a list alone: a list that works before a watch that does not must not be repeated without delay.
            self.backoff.failures = 0;
        }
        match event {
            Event::Init => WatchEvent::Restarted,
            Event::InitApply(object) => WatchEvent::Seen(object),
            Event::InitDone => WatchEvent::Listed,
            Event::Apply(object) => WatchEvent::Applied(object),
            Event::Delete(object) => WatchEvent::Deleted(object),
        }
    }

    async fn recover(&mut self, error: &watcher::Error) {
        if self.backoff.since.elapsed() >= NEWS_AGAIN {
            self.warned.clear();
        }
        let wait = self.backoff.next_wait();
        let (text, detail) = described(error, &self.url);
        if text == self.warned {
            tracing::debug!(url = self.url, detail, "{text} Still so; trying again in {} ms.", wait.as_millis());
        } else if is_gone(error) {
            // Part of normal life: the server keeps only some minutes of history.
            tracing::debug!(url = self.url, "{text}");
        } else {
            tracing::warn!(
                url = self.url,
                "{text} Trying again in {} ms; further tries are logged at level debug.",
                wait.as_millis()
            );
            tracing::debug!(url = self.url, detail, "The watch's error in full.");
            self.warned = text;
        }
        match error {
            watcher::Error::WatchStartFailed(kube::Error::Api(status)) => match status.code {
                400 | 422 if self.config.initial == InitialList::Stream => {
                    self.config.initial = InitialList::Pages;
                    self.restart_in(Duration::ZERO).await;
                }
                // kube would ask for the same version again and again. After a 404 the kind itself was away, and its objects with it.
                404 | 410 => self.restart_in(wait).await,
                _ => tokio::time::sleep(wait).await,
            },
            _ => tokio::time::sleep(wait).await,
        }
    }

    async fn restart_in(&mut self, wait: Duration) {
        tokio::time::sleep(wait).await;
        self.inner = start(&self.api, &self.config);
    }
}

fn is_gone(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::WatchError(status) | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
            status.code == 410
        }
        _ => false,
    }
}

/// A sentence without foreign text, and the foreign text.
fn described(error: &watcher::Error, url: &str) -> (String, String) {
    let (error, doing) = match error {
        watcher::Error::InitialListFailed(error) => (error, format!("list {url}")),
        watcher::Error::WatchStartFailed(error) => (error, format!("begin the watch of {url}")),
        watcher::Error::WatchFailed(error) => (error, format!("go on with the watch of {url}")),
        watcher::Error::WatchError(status) => {
            (&kube::Error::Api(status.clone()), format!("go on with the watch of {url}"))
        }
        watcher::Error::NoResourceVersion => {
            return (format!("Could not watch {url}: an object without a resource version came."), String::new());
        }
    };
    let fault = api_fault(error, &doing);
    (fault.public(), fault.detail.unwrap_or_default())
}

struct Backoff {
    failures: u32,
    /// When the last wait ended.
    since: Instant,
}

impl Backoff {
    fn next_wait(&mut self) -> Duration {
        if self.since.elapsed() >= SETTLED {
            self.failures = 0;
        }
        let wait = jittered(BACKOFF_BASE.saturating_mul(2_u32.saturating_pow(self.failures)).min(BACKOFF_CAP));
        self.failures = self.failures.saturating_add(1);
        self.since = Instant::now() + wait;
        wait
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;

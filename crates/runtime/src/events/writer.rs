//! Background tasks that write events.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{Timestamp, Unit};
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{EventKind, EventRef, dropped_total};
use crate::client::api_fault;

/// How many events are written at a time.
const WRITERS: usize = 4;
/// How many events wait per writer.
const WAITING: usize = 1024;
/// From how many waiting events on, per writer, those who make events should wait too.
const CROWDED: usize = 64;
/// Longest object name in an event's name: what 253 characters leave beside a dot and the stamp.
const LONGEST_NAME: usize = 253 - 17;

/// One event to write; with a count over 1 it is there already.
pub(super) struct Job {
    pub stamp: u64,
    pub count: u32,
    pub first: Timestamp,
    pub last: Timestamp,
    pub about: EventRef,
    pub kind: EventKind,
    pub reason: String,
    pub message: String,
    pub component: String,
}

/// The writers. All jobs of one event go to the same writer, so that a patch never overtakes its create.
pub(super) struct Writers {
    lines: Vec<Arc<Line>>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Line {
    jobs: Mutex<Jobs>,
    filled: Notify,
    emptied: Notify,
    eased: Notify,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    writing: bool,
}

impl Writers {
    pub fn start(client: &Client) -> Self {
        let lines: Vec<Arc<Line>> = (0..WRITERS).map(|_| Arc::default()).collect();
        let tasks = lines.iter().map(|line| tokio::spawn(run(Arc::clone(line), client.clone()))).collect();
        Self { lines, tasks }
    }

    pub fn queue(&self, key: u128, job: Job) {
        let number = usize::try_from(key % WRITERS as u128).unwrap_or_default();
        let Some(line) = self.lines.get(number) else { return };
        let mut jobs = line.jobs.lock();
        if jobs.waiting.len() >= WAITING {
            jobs.waiting.pop_front();
            dropped_total().inc();
        }
        jobs.waiting.push_back(job);
        drop(jobs);
        line.filled.notify_one();
    }

    /// Returns once nothing waits and nothing is being written.
    pub async fn idle(&self) {
        for line in &self.lines {
            line.reach(&line.emptied, |jobs| jobs.waiting.is_empty() && !jobs.writing).await;
        }
    }

    /// Returns once no writer has many events before it.
    pub async fn eased(&self) {
        for line in &self.lines {
            line.reach(&line.eased, |jobs| jobs.waiting.len() < CROWDED).await;
        }
    }
}

impl Line {
    /// Waits for a state that `change` tells about.
    async fn reach(&self, change: &Notify, state: impl Fn(&Jobs) -> bool) {
        loop {
            let changed = change.notified();
            if state(&self.jobs.lock()) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn run(line: Arc<Line>, client: Client) {
    loop {
        let job = {
            let mut jobs = line.jobs.lock();
            let job = jobs.waiting.pop_front();
            jobs.writing = job.is_some();
            if jobs.waiting.len() < CROWDED {
                line.eased.notify_waiters();
            }
            if job.is_none() {
                // A burst's buffer is given back.
                jobs.waiting.shrink_to(16);
                line.emptied.notify_waiters();
            }
            job
        };
        match job {
            Some(job) => write(&client, job).await,
            None => line.filled.notified().await,
        }
    }
}

async fn write(client: &Client, job: Job) {
    let namespace = if job.about.namespace.is_empty() { "default" } else { &job.about.namespace };
    let api: Api<Event> = Api::namespaced(client.clone(), namespace);
    let name = event_name(&job.about.name, job.stamp);
    if job.count > 1 {
        let patch = serde_json::json!({ "count": job.count, "lastTimestamp": Time(seconds(job.last)) });
        match api.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await {
            // The server forgets events after an hour; the count goes on in a new one.
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Ok(_) => return,
            Err(error) => return log(&error, &job),
        }
    }
    let event = event(name, namespace.to_owned(), &job);
    if let Err(error) = api.create(&PostParams::default(), &event).await {
        log(&error, &job);
    }
}

fn log(error: &kube::Error, job: &Job) {
    let EventRef { kind, namespace, name, .. } = &job.about;
    let fault = api_fault(error, &format!("write an event of {kind} {namespace}/{name}"));
    tracing::debug!(reason = job.reason, detail = fault.detail.as_deref(), "{}", fault.public());
}

fn event(name: String, namespace: String, job: &Job) -> Event {
    let about = job.about.clone();
    Event {
        metadata: ObjectMeta { name: Some(name), namespace: Some(namespace), ..ObjectMeta::default() },
        involved_object: ObjectReference {
            api_version: filled(about.api_version),
            kind: filled(about.kind),
            namespace: filled(about.namespace),
            name: filled(about.name),
            uid: filled(about.uid),
            resource_version: filled(about.resource_version),
            field_path: None,
        },
        type_: Some(job.kind.as_str().to_owned()),
        reason: Some(job.reason.clone()),
        message: Some(job.message.clone()),
        count: Some(i32::try_from(job.count).unwrap_or(i32::MAX)),
        first_timestamp: Some(Time(seconds(job.first))),
        last_timestamp: Some(Time(seconds(job.last))),
        source: Some(EventSource { component: Some(job.component.clone()), host: None }),
        reporting_component: Some(job.component.clone()),
        ..Event::default()
    }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// These fields have whole seconds.
fn seconds(time: Timestamp) -> Timestamp {
    time.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(time)
}

/// `<object>.<hex>`, as client-go names events.
fn event_name(object: &str, stamp: u64) -> String {
    let short = object.split_at(object.floor_char_boundary(LONGEST_NAME)).0;
    // A name may not have a dot or a dash before a dot.
    let short = short.trim_end_matches(['.', '-']);
    format!("{short}.{stamp:x}")
}

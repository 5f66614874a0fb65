//! N objects that exist before the operator starts.

use std::time::Duration;

use anyhow::Context as _;

use crate::api_calls::OperatorCalls;
use crate::args::BenchArgs;
use crate::objects;
use crate::operator::{Candidate, RunningOperator};
use crate::report::{Cold, per_thousand};
use crate::stage::Stage;
use crate::sync_watch::SyncWatch;
use crate::usage::own_cpu_seconds;

/// How long the API server rests after the objects were created.
const PAUSE: Duration = Duration::from_secs(3);
/// How long the operator may go on with something, events for example, after the last sync.
const AFTERMATH: Duration = Duration::from_secs(30);

/// Creates the objects, starts the operator, and measures until it rests. Leaves it to the caller to stop the operator.
///
/// # Errors
/// When an object does not sync in time or its Secret holds something else than AWS gave.
pub(crate) async fn cold(
    stage: &Stage,
    candidate: &Candidate,
    args: &BenchArgs,
    objects: u32,
    rest: Duration,
) -> anyhow::Result<(Cold, RunningOperator)> {
    let count = usize::try_from(objects)?;
    objects::create_store(&stage.api).await?;
    objects::create_external_secrets(&stage.api, count).await?;
    tokio::time::sleep(PAUSE).await;
    let watch = SyncWatch::start(&stage.api, count).await?;
    stage.aws.reset();
    let (calls, server) = (stage.plane.metrics().await?, stage.plane.api_server_usage().await?.cpu_seconds);
    let own = own_cpu_seconds();
    let operator = RunningOperator::start(candidate, stage)?;
    let synced = watch.wait(limit(objects), || operator.check_alive()).await;
    synced.with_context(|| format!("the end of the operator's log:\n{}", operator.log_tail()))?;
    let memory_at_last_sync = operator.memory()?;
    let quiet = operator.wait_quiet(AFTERMATH).await?;
    let operator_cpu_seconds = operator.cpu_seconds()?;
    let api_server_cpu_seconds = stage.plane.api_server_usage().await?.cpu_seconds - server;
    let bench_cpu_seconds = own_cpu_seconds() - own;
    let calls_after = stage.plane.metrics().await?;
    let provider = stage.aws.counts();
    let time_to = |percent| watch.time_to(percent, operator.started()).map_or(0.0, |time| time.as_secs_f64());
    let (to_50, to_99, to_100) = (time_to(50), time_to(99), time_to(100));
    drop(watch);
    let rested = Duration::from_secs_f64(to_100) + rest;
    tokio::time::sleep(rested.saturating_sub(operator.started().elapsed())).await;
    let memory_at_rest = operator.memory()?;
    let rest_cpu_seconds = operator.cpu_seconds()? - operator_cpu_seconds;
    let rest_calls = OperatorCalls::of(&stage.plane.metrics().await?.since(&calls_after));
    objects::check_secrets(stage.plane.admin_client(), count).await?;
    let line = Cold {
        workload: "cold",
        operator: candidate.name(),
        objects,
        latency_ms: args.latency_ms,
        seconds_to_50_percent: to_50,
        seconds_to_99_percent: to_99,
        seconds_to_100_percent: to_100,
        seconds_to_quiet: quiet.map(|quiet| quiet.as_secs_f64()),
        objects_per_second: f64::from(objects) / to_100,
        memory_at_last_sync,
        rest_seconds: rest.as_secs(),
        memory_at_rest,
        operator_cpu_seconds,
        operator_cpu_seconds_per_1000: per_thousand(operator_cpu_seconds, objects),
        rest_cpu_seconds,
        api_server_cpu_seconds,
        bench_cpu_seconds,
        api_calls: OperatorCalls::of(&calls_after.since(&calls)),
        rest_api_calls: rest_calls,
        provider,
    };
    Ok((line, operator))
}

/// Two minutes, or slower than any operator we know of.
fn limit(objects: u32) -> Duration {
    Duration::from_secs(u64::from(objects / 10).max(120))
}

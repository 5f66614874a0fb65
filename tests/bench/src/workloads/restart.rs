//! The operator started again over objects that are synced.

use std::time::Duration;

use anyhow::Context as _;

use crate::api_calls::OperatorCalls;
use crate::args::BenchArgs;
use crate::operator::{Candidate, RunningOperator};
use crate::report::Restart;
use crate::stage::Stage;

/// How long it may take to become ready, and again to become quiet.
const LIMIT: Duration = Duration::from_mins(5);

/// Starts the operator and measures until it rests: it should read everything and write nothing.
///
/// # Errors
/// When it ends or never becomes quiet.
pub(crate) async fn restart(
    stage: &Stage,
    candidate: &Candidate,
    args: &BenchArgs,
    objects: u32,
) -> anyhow::Result<Restart> {
    stage.aws.reset();
    let (calls, server) = (stage.plane.metrics().await?, stage.plane.api_server_usage().await?.cpu_seconds);
    let operator = RunningOperator::start(candidate, stage)?;
    let ready = operator.wait_ready(LIMIT).await?;
    let settled = operator.wait_quiet(LIMIT).await?.context("the operator does not come to rest after its restart")?;
    let operator_cpu_seconds = operator.cpu_seconds()?;
    let api_server_cpu_seconds = stage.plane.api_server_usage().await?.cpu_seconds - server;
    let api_calls = OperatorCalls::of(&stage.plane.metrics().await?.since(&calls));
    tokio::time::sleep((settled + args.rest()).saturating_sub(operator.started().elapsed())).await;
    let line = Restart {
        workload: "restart",
        operator: candidate.name(),
        objects,
        ready_seconds: ready.map(|ready| ready.as_secs_f64()),
        settled_seconds: settled.as_secs_f64(),
        rest_seconds: args.rest_seconds,
        memory_at_rest: operator.memory()?,
        operator_cpu_seconds,
        api_server_cpu_seconds,
        api_calls,
        provider: stage.aws.counts(),
    };
    operator.stop().await?;
    Ok(line)
}

//! An operator with nothing to do.

use std::time::Duration;

use crate::operator::{Candidate, RunningOperator};
use crate::report::Idle;
use crate::stage::Stage;

/// How long it does nothing.
const SECONDS: u64 = 20;

/// Starts the operator in an empty cluster and measures it after 20 s.
///
/// # Errors
/// When it ends.
pub(crate) async fn idle(stage: &Stage, candidate: &Candidate) -> anyhow::Result<Idle> {
    let operator = RunningOperator::start(candidate, stage)?;
    let ready = operator.wait_ready(Duration::from_secs(SECONDS)).await?;
    let start_cpu_seconds = operator.cpu_seconds()?;
    tokio::time::sleep(Duration::from_secs(SECONDS).saturating_sub(operator.started().elapsed())).await;
    let line = Idle {
        workload: "idle",
        operator: candidate.name(),
        seconds: SECONDS,
        ready_seconds: ready.map(|ready| ready.as_secs_f64()),
        memory: operator.memory()?,
        start_cpu_seconds,
        cpu_seconds: operator.cpu_seconds()?,
    };
    operator.stop().await?;
    Ok(line)
}

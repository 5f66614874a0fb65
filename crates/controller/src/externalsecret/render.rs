//! Plans that render templates are made on threads of their own: they may take long, and need a deep stack.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use eso_core::provider::Payload;
use eso_core::{Fault, FaultKind};
use eso_plan::externalsecret::{Host, Plan, RENDER_STACK, Seen, plan};
use tokio::sync::{Semaphore, oneshot};

/// How many render at the same time. More would only take the processor from each other, and each may use its whole budget.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Time and randomness of this process.
struct System {
    begun: Instant,
}

impl Host for System {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        if provider.secure_random.fill(buffer).is_err() {
            // It cannot fail once the process runs; were it to, ending the turn is all that is safe.
            std::panic::resume_unwind(Box::new("no randomness"));
        }
    }
}

/// Plans; off the async threads if the object has a template.
///
/// Faults: Internal, when no thread can be had or the planner panicked.
pub(super) async fn planned(seen: &Seen, answers: Vec<Result<Payload, Fault>>) -> Result<Plan, Fault> {
    if seen.object.spec.target.template.is_none() {
        return Ok(plan(seen, answers, &mut System { begun: Instant::now() }));
    }
    let _turn = AT_ONCE.acquire().await;
    let (send, receive) = oneshot::channel();
    let seen = seen.clone();
    let render = move || {
        let _ = send.send(plan(&seen, answers, &mut System { begun: Instant::now() }));
    };
    let thread = std::thread::Builder::new().name("render".to_owned()).stack_size(RENDER_STACK).spawn(render);
    thread.map_err(|error| Fault::new(FaultKind::Internal, format!("no thread to render templates on: {error}")))?;
    receive
        .await
        .map_err(|_| Fault::new(FaultKind::Internal, "Rendering the templates of this object ended in a panic."))
}

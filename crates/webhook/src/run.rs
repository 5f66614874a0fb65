//! The life of the process: wait for a certificate, serve, stop.

use std::sync::Arc;
use std::time::Duration;

use eso_core::{Fault, FaultKind};
use eso_plan::text::read_yaml;
use eso_registry::Registry;
use eso_runtime::admin::{self, Addresses, Check};
use eso_runtime::metrics::{ExtendedLabels, Metrics};
use eso_runtime::shutdown;
use eso_runtime::tls::{Http2, Shown, keep_fresh, server_config};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::admission::Judge;
use crate::args::Args;
use crate::certificates::CertFolder;
use crate::metrics::AdmissionMetrics;
use crate::server::Server;

/// How long a certificate is waited for. Source: ESO.
const CERTIFICATE_WITHIN: Duration = Duration::from_mins(2);

/// How often it is looked for; ESO looks every 10 s.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A certificate that is good has to be so for that much longer.
const MARGIN: Duration = Duration::from_hours(1);

/// Runs until SIGTERM, SIGINT, or a certificate that ends within the lookahead.
///
/// Faults: there is no certificate within two minutes, or an address cannot be listened on.
pub async fn run(args: Args) -> Result<(), Fault> {
    let stop = shutdown::on_signal()?;
    for suite in args.tls_ciphers.unspoken() {
        tracing::warn!("--tls-ciphers: {suite} is not spoken here; the others of the list are.");
    }
    let folder = CertFolder { folder: args.cert_dir.clone(), name: args.dns_name.clone() };
    let metrics = Arc::new(Metrics::new(ExtendedLabels::Off));
    let admissions = AdmissionMetrics::new(&metrics);
    let addresses = Addresses { metrics: args.metrics.metrics_addr.0, live: args.healthz_addr.0 };
    let serving = CancellationToken::new();
    let (ready_folder, ready_serving) = (folder.clone(), serving.clone());
    let ready = Check::new(move || readiness(&ready_folder, &ready_serving));
    admin::serve_behind(args.metrics.door(read_yaml).await?, addresses, metrics, ready, stop.clone()).await?;
    if !await_certificate(&folder, &stop).await? {
        return Ok(());
    }
    let shown = Shown::default();
    shown.set(folder.files().read()?);
    let http2 = if args.enable_http2 { Http2::On } else { Http2::Off };
    let tls = server_config(shown.clone(), args.tls_min_version, &args.tls_ciphers, http2)?;
    let server = Server::bind(args.port, tls).await?;
    serving.cancel();
    tracing::info!(port = args.port, name = args.dns_name, "started");
    let (usable, counts) = (folder.clone(), (admissions.reads.clone(), admissions.read_failures.clone()));
    let fresh = tokio::spawn(keep_fresh(folder.files(), shown, move || usable.check(Timestamp::now()), counts));
    let watchdog = tokio::spawn(watch_end(folder, args.check_interval, args.lookahead_interval, stop.clone()));
    let judge =
        Judge { registry: Registry::new(), left: args.template_left_delimiter, right: args.template_right_delimiter };
    server.serve(Arc::new(move |kind, request| judge.judge(kind, request)), admissions, stop).await;
    fresh.abort();
    watchdog.abort();
    Ok(())
}

/// Why the webhook cannot answer admissions, when it cannot.
fn readiness(folder: &CertFolder, serving: &CancellationToken) -> Result<(), String> {
    folder.check(Timestamp::now() + MARGIN).map_err(|fault| fault.public())?;
    if serving.is_cancelled() { Ok(()) } else { Err("The webhook is starting.".to_owned()) }
}

/// Waits for a good certificate. `false`: the process is to stop.
async fn await_certificate(folder: &CertFolder, stop: &CancellationToken) -> Result<bool, Fault> {
    let began = Instant::now();
    loop {
        let fault = match folder.check(Timestamp::now() + MARGIN) {
            Ok(()) => return Ok(true),
            Err(fault) => fault,
        };
        if began.elapsed() >= CERTIFICATE_WITHIN {
            let text =
                format!("There was no usable certificate in {} for two minutes: {fault}", folder.folder.display());
            return Err(Fault::new(FaultKind::Misconfigured, text));
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => return Ok(false),
        }
    }
}

/// Cancels `stop` once the certificate ends within `lookahead`.
async fn watch_end(folder: CertFolder, every: Duration, lookahead: Duration, stop: CancellationToken) {
    loop {
        sleep(every).await;
        if let Err(fault) = folder.check(Timestamp::now() + lookahead) {
            tracing::error!("{fault} Ending, to be started anew with a better certificate.");
            stop.cancel();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::await_certificate;
    use crate::certificates::CertFolder;

    fn empty() -> (tempfile::TempDir, CertFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = CertFolder { folder: dir.path().to_owned(), name: "hook.ns.svc".to_owned() };
        (dir, folder)
    }

    #[tokio::test(start_paused = true)]
    async fn parity_216_without_a_certificate_it_gives_up_after_two_minutes() {
        let (_dir, folder) = empty();
        let began = tokio::time::Instant::now();
        let fault = await_certificate(&folder, &CancellationToken::new()).await.unwrap_err();
        assert!(fault.message.contains("for two minutes: ca.crt holds no certificate"), "{fault}");
        assert_eq!(began.elapsed().as_secs(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn asked_to_stop_it_waits_no_longer() {
        let (_dir, folder) = empty();
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(await_certificate(&folder, &stop).await, Ok(false));
    }
}

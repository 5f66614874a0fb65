//! Command line. Names, defaults and meaning are ESO's, so that a chart's arguments need no change.

mod ignored;
mod template;

use std::time::Duration;

use clap::{ArgAction, Parser};
use eso_runtime::admin::MetricsArgs;
use eso_runtime::flags::{Listen, parse_duration, parse_listen};
use eso_runtime::telemetry::LogArgs;

use ignored::Ignored;
use template::TemplateArgs;

/// Keeps Kubernetes Secrets in step with external secret stores.
#[derive(Debug, Clone, Parser)]
#[allow(clippy::struct_excessive_bools, clippy::doc_markdown)] // one field per flag, and the comments are the text of --help
#[command(name = "eso-controller", version, max_term_width = 110)]
pub struct Args {
    /// How /metrics is served.
    #[command(flatten)]
    pub metrics: MetricsArgs,
    /// Where /healthz and /readyz are served; 0 switches them off.
    #[arg(long, value_name = "ADDRESS", default_value = ":8082", value_parser = parse_listen)]
    pub live_addr: Listen,
    /// Only stores of this class, and of none, are handled.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub controller_class: String,
    /// How many objects of each kind are worked on at the same time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrent: u16,
    /// Requests per second to the API server; 0 means no limit.
    #[arg(long, value_name = "N", default_value_t = 50.0)]
    pub client_qps: f32,
    /// Requests that may go ahead of --client-qps at once.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub client_burst: u32,
    /// Only objects in this namespace are handled; empty means all.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub namespace: String,
    /// Handle ClusterSecretStores, and ExternalSecrets that name one.
    #[arg(long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_cluster_store_reconciler: bool,
    /// Handle SecretStores.
    #[arg(long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_secret_store_reconciler: bool,
    /// How often a store is checked that sets no refreshInterval of its own.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub store_requeue_interval: Duration,
    /// Read from stores only while they are Ready.
    #[arg(long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_flood_gate: bool,
    /// Let ExternalSecrets write other kinds than Secret. Whoever may create one can then create objects of every kind that the
    /// controller may write.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub unsafe_allow_generic_targets: bool,
    /// Put the objects' app.kubernetes.io labels on their metrics.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_extended_metric_labels: bool,
    /// Work only while holding a lease, so that a second replica can stand by.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_leader_election: bool,
    /// Name of the lease.
    #[arg(long, value_name = "NAME", default_value = "external-secrets-controller")]
    pub leader_election_id: String,
    /// How long others wait for a silent holder of the lease.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = parse_duration)]
    pub leader_election_lease_duration: Duration,
    /// How long a holder that cannot renew the lease goes on.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub leader_election_renew_deadline: Duration,
    /// How often the lease is tried or renewed.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration)]
    pub leader_election_retry_period: Duration,
    /// Log level and time format.
    #[command(flatten)]
    pub log: LogArgs,
    /// After how many seconds the API server ends a watch; a watch silent for longer is opened anew.
    #[arg(long, hide = true, env = "ESO_WATCH_TIMEOUT_SECONDS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=290))]
    pub watch_timeout_seconds: u32,
    /// How templates are read, and what they may use up.
    #[command(flatten)]
    pub template: TemplateArgs,
    /// What ESO knows and this program has no use for.
    #[command(flatten)]
    pub ignored: Ignored,
}

#[cfg(test)]
mod tests {
    use eso_runtime::flags::parse;

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Args, (String, u8)> {
        parse(std::iter::once("eso-controller").chain(arguments.iter().copied()).map(Into::into))
    }

    #[test]
    fn booleans_follow_pflag() {
        assert!(!parsed(&["--enable-flood-gate=false"]).unwrap().enable_flood_gate);
        assert!(parsed(&["--enable-flood-gate"]).unwrap().enable_flood_gate);
        assert!(!parsed(&[]).unwrap().enable_extended_metric_labels);
    }

    #[test]
    fn an_unknown_flag_or_a_bad_value_exits_1_with_a_sentence() {
        for wrong in
            ["--no-such-flag", "--concurrent=0", "--store-requeue-interval=5", "--loglevel=loud", "--live-addr=x"]
        {
            let (text, code) = parsed(&[wrong]).unwrap_err();
            assert_eq!(code, 1, "{wrong}");
            assert!(text.contains(wrong.split('=').next().unwrap()), "{text}");
        }
    }

    #[test]
    fn parity_224_the_lease_has_its_default_name() {
        assert_eq!(parsed(&[]).unwrap().leader_election_id, "external-secrets-controller");
    }

    #[test]
    fn flags_of_eso_that_change_nothing_here_are_accepted_and_named() {
        let args = parsed(&["--enable-secrets-caching", "--vault-token-cache-size", "5", "--concurrent=2"]).unwrap();
        let named: Vec<_> = args.ignored.0.iter().map(|(flag, _)| *flag).collect();
        assert_eq!(named, ["enable-secrets-caching", "vault-token-cache-size"]);
        assert!(parsed(&[]).unwrap().ignored.0.is_empty());
        assert_eq!(parsed(&["--enable-secrets-caching=perhaps"]).unwrap_err().1, 1);
    }

    #[test]
    fn help_exits_0() {
        assert_eq!(parsed(&["--help"]).unwrap_err().1, 0);
    }
}

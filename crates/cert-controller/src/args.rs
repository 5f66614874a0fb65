//! Command line. Names, defaults and meaning are ESO's, so that a chart's arguments need no change.

use std::time::Duration;

use clap::{ArgAction, Parser};
use eso_runtime::admin::MetricsArgs;
use eso_runtime::flags::{Listen, parse_duration, parse_listen};
use eso_runtime::telemetry::LogArgs;

/// Makes the certificate of the webhook and tells the API server whom to trust.
#[derive(Debug, Clone, Parser)]
#[allow(clippy::struct_excessive_bools, clippy::doc_markdown)] // one field per flag, and the comments are the text of --help
#[command(name = "eso-cert-controller", version, max_term_width = 110)]
pub struct Args {
    /// How /metrics is served.
    #[command(flatten)]
    pub metrics: MetricsArgs,
    /// Where /healthz and /readyz are served; 0 switches them off.
    #[arg(long, value_name = "ADDRESS", default_value = ":8081", value_parser = parse_listen)]
    pub healthz_addr: Listen,
    /// Service of the webhook.
    #[arg(long, value_name = "NAME", default_value = "external-secrets-webhook")]
    pub service_name: String,
    /// Namespace of that Service.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub service_namespace: String,
    /// Secret that holds the certificate. It has to be there.
    #[arg(long, value_name = "NAME", default_value = "external-secrets-webhook")]
    pub secret_name: String,
    /// Namespace of that Secret.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub secret_namespace: String,
    /// CustomResourceDefinitions whose conversion webhook, if they have one, is pointed at the Service.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "externalsecrets.external-secrets.io,clustersecretstores.external-secrets.io,secretstores.external-secrets.io"
    )]
    pub crd_names: Vec<String>,
    /// How often everything is looked at although nothing has changed.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub crd_requeue_interval: Duration,
    /// Without effect: only labelled webhook configurations are watched, and no CustomResourceDefinition.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_partial_cache: bool,
    /// Work only while holding the lease crd-certs-controller, so that a second replica can stand by.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_leader_election: bool,
    /// Without effect: the servers for metrics and health speak HTTP/1.1.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_http2: bool,
    /// Log level and time format.
    #[command(flatten)]
    pub log: LogArgs,
}

impl Args {
    /// DNS name of the webhook.
    pub fn dns_name(&self) -> String {
        format!("{}.{}.svc", self.service_name, self.service_namespace)
    }
}

#[cfg(test)]
mod tests {
    use eso_runtime::flags::parse;

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Args, (String, u8)> {
        parse(std::iter::once("eso-cert-controller").chain(arguments.iter().copied()).map(Into::into))
    }

    #[test]
    fn flags_have_their_defaults() {
        let args = parsed(&[]).unwrap();
        assert_eq!(args.dns_name(), "external-secrets-webhook.default.svc");
        assert_eq!(args.crd_names.len(), 3);
        assert_eq!(args.crd_requeue_interval, Duration::from_mins(5));
        assert!(!args.enable_leader_election);
    }

    #[test]
    fn what_the_chart_passes_is_taken() {
        let args = parsed(&[
            "--crd-requeue-interval=5m",
            "--service-name=external-secrets-webhook",
            "--service-namespace=external-secrets",
            "--secret-name=external-secrets-webhook",
            "--secret-namespace=external-secrets",
            "--metrics-addr=:8080",
            "--healthz-addr=:8081",
            "--loglevel=info",
            "--zap-time-encoding=epoch",
            "--enable-leader-election=true",
            "--enable-partial-cache=true",
            "--crd-names=a.example.org,b.example.org",
            "--crd-names=c.example.org",
        ]);
        let args = args.unwrap();
        assert_eq!(args.crd_names, ["a.example.org", "b.example.org", "c.example.org"]);
        assert!(args.enable_leader_election && args.enable_partial_cache);
    }
}

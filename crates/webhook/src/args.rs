//! Command line. Names, defaults and meaning are ESO's, so that a chart's arguments need no change.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser};
use eso_runtime::admin::MetricsArgs;
use eso_runtime::flags::{Listen, parse_duration, parse_listen};
use eso_runtime::telemetry::LogArgs;
use eso_runtime::tls::{MinVersion, Suites};

/// Refuses ExternalSecrets and stores that could never work, when they are applied.
#[derive(Debug, Clone, Parser)]
#[allow(clippy::doc_markdown)] // the comments are the text of --help
#[command(name = "eso-webhook", version, max_term_width = 110)]
pub struct Args {
    /// How /metrics is served.
    #[command(flatten)]
    pub metrics: MetricsArgs,
    /// Where /healthz and /readyz are served; 0 switches them off.
    #[arg(long, value_name = "ADDRESS", default_value = ":8081", value_parser = parse_listen)]
    pub healthz_addr: Listen,
    /// Where the API server reaches the webhook, on all interfaces.
    #[arg(long, value_name = "PORT", default_value_t = 10250)]
    pub port: u16,
    /// DNS name that the certificate has to be for.
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    pub dns_name: String,
    /// Folder with ca.crt, tls.crt and tls.key.
    #[arg(long, value_name = "FOLDER", default_value = "/tmp/k8s-webhook-server/serving-certs")]
    pub cert_dir: PathBuf,
    /// How often the certificate is checked.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub check_interval: Duration,
    /// A certificate that ends within this time makes the webhook end, to be started anew.
    #[arg(long, value_name = "DURATION", default_value = "2160h", value_parser = parse_duration)]
    pub lookahead_interval: Duration,
    /// Cipher suites of TLS 1.2, with commas between them; none named means all secure ones.
    #[arg(long, value_name = "NAMES", default_value = "", value_parser = Suites::parse)]
    pub tls_ciphers: Suites,
    /// Least version of TLS. 1.2 and 1.3 are spoken.
    #[arg(long, value_name = "VERSION", default_value = "1.2", value_parser = MinVersion::parse)]
    pub tls_min_version: MinVersion,
    /// Offer HTTP/2.
    #[arg(long, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub enable_http2: bool,
    /// What opens an action in templates; the same as the controller's flag.
    #[arg(long, value_name = "TEXT", default_value = "{{")]
    pub template_left_delimiter: String,
    /// What closes an action in templates; the same as the controller's flag.
    #[arg(long, value_name = "TEXT", default_value = "}}")]
    pub template_right_delimiter: String,
    /// Log level and time format.
    #[command(flatten)]
    pub log: LogArgs,
}

#[cfg(test)]
mod tests {
    use eso_runtime::flags::parse;

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Args, (String, u8)> {
        parse(std::iter::once("eso-webhook").chain(arguments.iter().copied()).map(Into::into))
    }

    #[test]
    fn flags_have_their_defaults() {
        let args = parsed(&[]).unwrap();
        assert_eq!((args.port, args.dns_name.as_str()), (10250, "localhost"));
        assert_eq!(args.lookahead_interval, Duration::from_hours(90 * 24));
        assert_eq!(args.check_interval, Duration::from_mins(5));
        assert!(!args.enable_http2);
    }

    #[test]
    fn what_the_chart_passes_is_taken() {
        let args = parsed(&[
            "--port=10250",
            "--dns-name=external-secrets-webhook.external-secrets.svc",
            "--cert-dir=/tmp/certs",
            "--check-interval=5m",
            "--metrics-addr=:8080",
            "--healthz-addr=:8081",
            "--loglevel=info",
            "--zap-time-encoding=epoch",
            "--lookahead-interval=100h",
            "--enable-http2=true",
            "--tls-ciphers=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "--tls-min-version=1.3",
        ]);
        assert!(args.unwrap().enable_http2);
    }

    #[test]
    fn an_unknown_suite_or_flag_exits_1() {
        for wrong in ["--tls-ciphers=TLS_NULL", "--no-such-flag", "--port=70000"] {
            assert_eq!(parsed(&[wrong]).unwrap_err().1, 1, "{wrong}");
        }
    }
}

//! Flags of ESO that change nothing here. They are accepted, so that a chart's or a person's arguments need no change; those that were
//! set are named in the log at start.

use clap::error::Error;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use eso_runtime::flags::parse_duration;

/// What a flag takes.
#[derive(Clone, Copy)]
enum Takes {
    Bool,
    Number,
    Duration,
}

const CACHES: &str = "Secrets and ConfigMaps are never cached; an index of hashes takes the caches' place";
const TOKENS: &str = "tokens are always kept, one for each identity, and renewed in time";
const LATER: &str = "what it sets is not built yet";

/// Flag, what it takes, and why it changes nothing.
const FLAGS: &[(&str, Takes, &str)] = &[
    ("enable-secrets-caching", Takes::Bool, CACHES),
    ("enable-configmaps-caching", Takes::Bool, CACHES),
    ("enable-managed-secrets-caching", Takes::Bool, CACHES),
    ("enable-secret-api-read-on-cache-mismatch", Takes::Bool, CACHES),
    ("enable-http2", Takes::Bool, "the servers for metrics and health speak HTTP/1.1"),
    ("enable-cluster-external-secret-reconciler", Takes::Bool, LATER),
    ("enable-cluster-push-secret-reconciler", Takes::Bool, LATER),
    ("enable-push-secret-reconciler", Takes::Bool, LATER),
    ("enable-generator-state", Takes::Bool, LATER),
    ("generator-gc-grace-period", Takes::Duration, LATER),
    ("enable-vault-token-cache", Takes::Bool, TOKENS),
    ("vault-token-cache-size", Takes::Number, TOKENS),
    ("experimental-enable-vault-token-cache", Takes::Bool, TOKENS),
    ("experimental-vault-token-cache-size", Takes::Number, TOKENS),
    ("experimental-enable-doppler-oidc-cache", Takes::Bool, LATER),
    ("experimental-doppler-oidc-cache-size", Takes::Number, LATER),
    ("doppler-etag-cache-size", Takes::Number, LATER),
    ("mysterybox-tokens-cache-size", Takes::Number, LATER),
    ("mysterybox-connections-cache-size", Takes::Number, LATER),
];

/// The flags that were set although they change nothing, each with the reason.
#[derive(Debug, Clone, Default)]
pub struct Ignored(pub Vec<(&'static str, &'static str)>);

impl Ignored {
    /// One line a flag.
    pub fn log(&self) {
        for (flag, why) in &self.0 {
            tracing::info!("--{flag} has no effect: {why}.");
        }
    }
}

impl Args for Ignored {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(|(name, takes, _)| arg(name, *takes)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Ignored {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let set = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        Ok(Self(FLAGS.iter().filter(|(name, ..)| set(name)).map(|(name, _, why)| (*name, *why)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn arg(name: &'static str, takes: Takes) -> Arg {
    let arg = Arg::new(name).long(name).action(ArgAction::Set).hide(true);
    match takes {
        Takes::Bool => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(clap::value_parser!(bool)),
        Takes::Number => arg.value_parser(clap::value_parser!(u64)),
        Takes::Duration => arg.value_parser(parse_duration),
    }
}

//! Command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use eso_harness::Profile;

/// What to measure, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// How many objects to sync; several numbers, separated by commas, run `cold` and `restart` once for each.
    #[arg(long, value_name = "N", default_value = "1000", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub objects: Vec<u32>,
    /// How long the stand-in for AWS takes for each answer.
    #[arg(long, value_name = "MS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub latency_ms: u64,
    /// How many objects our operator works on at the same time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrent: u16,
    /// Which workloads, separated by commas.
    #[arg(
        long,
        value_name = "NAMES",
        value_enum,
        value_delimiter = ',',
        default_value = "ceiling,idle,cold,restart,admission"
    )]
    pub workloads: Vec<Workload>,
    /// How long after the last sync memory at rest is measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub rest_seconds: u64,
    /// Another operator's command line, run in place of ours. `{metrics}` and `{live}` stand for two free ports. Its environment
    /// holds KUBECONFIG and the AWS_* variables of a web identity login, endpoints included.
    #[arg(long, value_name = "COMMAND")]
    pub peer_cmd: Option<String>,
    /// Manifests applied beside ours, such as a peer's other CRDs and RBAC.
    #[arg(long, value_name = "FILE")]
    pub peer_manifests: Option<PathBuf>,
    /// Also write the JSON lines to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// How our operator is compiled.
    #[arg(long, value_enum, default_value_t = Build::Release)]
    pub build: Build,
}

/// One kind of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// The machine's own limits.
    Ceiling,
    /// Nothing to do.
    Idle,
    /// Everything to do.
    Cold,
    /// Started again, with everything done.
    Restart,
    /// The webhook under 500 admissions a second, and the cert-controller.
    Admission,
}

/// How our operator is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Build {
    /// Quick to build; its times and memory say little.
    Dev,
    /// Optimised; memory is right, times nearly.
    Ci,
    /// What the images ship.
    Release,
}

impl BenchArgs {
    pub(crate) const fn profile(&self) -> Profile {
        match self.build {
            Build::Dev => Profile::Dev,
            Build::Ci => Profile::Ci,
            Build::Release => Profile::Release,
        }
    }

    pub(crate) const fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms)
    }

    pub(crate) const fn rest(&self) -> Duration {
        Duration::from_secs(self.rest_seconds)
    }

    pub(crate) fn wants(&self, workload: Workload) -> bool {
        self.workloads.contains(&workload)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{BenchArgs, Workload};

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        bench: BenchArgs,
    }

    fn parsed(arguments: &[&str]) -> Result<BenchArgs, clap::Error> {
        Program::try_parse_from(std::iter::once(&"bench").chain(arguments)).map(|program| program.bench)
    }

    #[test]
    fn every_workload_runs_over_1000_objects_by_default() {
        let args = parsed(&[]).unwrap();
        assert_eq!(args.objects, [1000]);
        assert_eq!(
            args.workloads,
            [Workload::Ceiling, Workload::Idle, Workload::Cold, Workload::Restart, Workload::Admission]
        );
        assert_eq!((args.latency_ms, args.concurrent, args.rest_seconds), (5, 32, 60));
    }

    #[test]
    fn lists_are_separated_by_commas_and_bounded() {
        let args = parsed(&["--objects=100,10000", "--workloads=cold,restart"]).unwrap();
        assert_eq!(args.objects, [100, 10_000]);
        assert!(!args.wants(Workload::Idle));
        assert!(parsed(&["--objects=0"]).is_err());
        assert!(parsed(&["--workloads=warm"]).is_err());
    }
}

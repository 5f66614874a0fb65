//! The frame of a program: command line, logs, async runtime, exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use eso_core::Fault;

use crate::telemetry::LogArgs;
use crate::{client, flags, telemetry};

/// How many threads work. Two are enough for a program that mostly waits, and each costs memory.
const THREADS: usize = 2;

/// Runs a program: `run` with its parsed arguments, on an async runtime. The exit code is 0, or 1 after a sentence on standard error
/// (a wrong command line) or in the log (everything else).
pub fn main<A: Parser, F>(log: impl FnOnce(&A) -> &LogArgs, run: impl FnOnce(A) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Fault>>,
{
    let args: A = match flags::parse(std::env::args_os()) {
        Ok(args) => args,
        Err((text, code)) => {
            let _ = match code {
                0 => std::io::stdout().write_all(text.as_bytes()),
                _ => std::io::stderr().write_all(text.as_bytes()),
            };
            return ExitCode::from(code);
        }
    };
    client::install_crypto();
    telemetry::init(log(&args));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(args)).map_err(|fault| fault.public()),
        Err(error) => Err(format!("the asynchronous runtime could not start: {error}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

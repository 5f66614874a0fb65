//! `eso-controller`: see `--help`.

use std::io::Write as _;
use std::process::ExitCode;

/// Small arenas and a quick return of memory to the system; settings are in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = match eso_controller::args::parse(std::env::args_os()) {
        Ok(args) => args,
        Err((text, code)) => {
            let _ = match code {
                0 => std::io::stdout().write_all(text.as_bytes()),
                _ => std::io::stderr().write_all(text.as_bytes()),
            };
            return ExitCode::from(code);
        }
    };
    eso_runtime::client::install_crypto();
    eso_runtime::telemetry::init(&args.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(eso_controller::run(args)).map_err(|fault| fault.public()),
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

//! `eso-cert-controller`: see `--help`.

use std::process::ExitCode;

/// Small arenas and a quick return of memory to the system; settings are in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    eso_runtime::program::main(|args: &eso_cert_controller::args::Args| &args.log, eso_cert_controller::run)
}

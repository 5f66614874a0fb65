//! temporary
use clap::Parser;
#[derive(Parser)]
struct P {
    #[command(flatten)]
    b: eso_bench::BenchArgs,
}
fn main() -> anyhow::Result<()> {
    eso_bench::run(&P::parse().b)
}

//! `template-fuzz`: a long comparison by hand. The short one is a test.
#![allow(clippy::print_stdout)] // a command line program talks to people

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use eso_template::STACK;
use eso_template_oracle::grammar::Focus;
use eso_template_oracle::oracle::Oracle;
use eso_template_oracle::run::run;

/// Compares generated templates with Go's engine.
#[derive(Parser)]
struct Args {
    /// The oracle program.
    #[arg(long)]
    oracle: PathBuf,
    /// Where the templates come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many templates.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Sprig's functions instead of the language.
    #[arg(long, conflicts_with = "yaml")]
    functions: bool,
    /// YAML instead of the language.
    #[arg(long)]
    yaml: bool,
    /// How many of Go's most frequent errors to show.
    #[arg(long, default_value_t = 0)]
    causes: usize,
    /// How many differences to show.
    #[arg(long, default_value_t = 20)]
    show: usize,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = move || -> Result<()> {
        let focus = match (args.functions, args.yaml) {
            (true, _) => Focus::Functions,
            (_, true) => Focus::Yaml,
            _ => Focus::Language,
        };
        let report = run(&Oracle::new(&args.oracle), focus, args.seed, args.from..args.from + args.count)?;
        for (_, text) in report.different.iter().take(args.show) {
            println!("{text}");
        }
        let mut errors: Vec<_> = report.errors.iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (cause, count) in errors.into_iter().take(args.causes) {
            println!("{count:7} {cause}");
        }
        println!("{}", report.summary());
        Ok(())
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).context("no thread")?;
    thread.join().map_err(|_| anyhow::anyhow!("the comparison panicked"))?
}

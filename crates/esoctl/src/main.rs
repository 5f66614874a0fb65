//! `esoctl`: what people do with eso-rs from a command line.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line program talks to people

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use esoctl::{render, template};

/// What people do with eso-rs from a command line.
#[derive(Parser)]
#[command(name = "esoctl")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Shows the Secret that the template of an `ExternalSecret` or a `PushSecret` makes of given data, without a cluster.
    Template(template::TemplateArgs),
    /// Renders the template cases of a file and prints one JSON line for each.
    Render(render::RenderArgs),
}

fn main() -> ExitCode {
    let done: Result<()> = match Args::parse().task {
        Task::Template(args) => template::run(&args, &mut std::io::stdout().lock()),
        Task::Render(args) => render::run(&args, &mut std::io::stdout().lock()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

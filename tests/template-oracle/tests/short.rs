//! A short seeded comparison with Go's engine; `template-fuzz` runs longer ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Tests fail loudly.

use std::path::PathBuf;

use eso_harness::{Part, Program};
use eso_template::STACK;
use eso_template_oracle::grammar::Focus;
use eso_template_oracle::oracle::Oracle;
use eso_template_oracle::run::{Report, run};

fn program() -> PathBuf {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let installed = runtime.block_on(eso_harness::ensure(&[Part::TemplateOracle])).unwrap();
    installed.path(Program::TemplateOracle).unwrap().to_path_buf()
}

fn compared(focus: Focus, count: u64) -> Report {
    let work = move || run(&Oracle::new(&program()), focus, 20_261_125, 0..count).unwrap();
    let report = std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
    println!("{}", report.summary());
    report
}

fn first(report: &Report) -> String {
    report.different.iter().take(5).map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_language_gives_what_go_gives() {
    let report = compared(Focus::Language, 4_000);
    assert!(report.rendered > 1_000, "hardly any template renders: {}", report.summary());
    assert!(report.different.is_empty(), "{}\n{}", report.summary(), first(&report));
}

#[test]
fn yaml_is_read_and_written_as_go_does() {
    let report = compared(Focus::Yaml, 8_000);
    assert!(report.rendered > 6_000, "hardly any document is read: {}", report.summary());
    assert!(report.different.is_empty(), "{}\n{}", report.summary(), first(&report));
}

#[test]
fn functions_give_what_sprig_gives() {
    let report = compared(Focus::Functions, 4_000);
    assert!(report.rendered > 2_000, "hardly any template renders: {}", report.summary());
    // One in a thousand is the bar.
    assert!(report.different.len() <= 4, "{}\n{}", report.summary(), first(&report));
}

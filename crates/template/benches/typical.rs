//! How long a typical config file takes, beside what Go takes for the same in the same minute.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)] // A benchmark talks to people and fails loudly.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use criterion::Criterion;
use eso_template::{Cache, Limits, Options, Template};
use eso_template_oracle::compare::Still;
use eso_template_oracle::oracle::{Answer, Oracle};
use eso_template_oracle::typical;

const RENDERS: u32 = 20_000;
const ROUNDS: usize = 5;

/// The oracle program, whose path `cargo xtask bench --templates` puts into the environment.
fn oracle() -> Oracle {
    let program = std::env::var_os("ESO_TEMPLATE_ORACLE").expect("run `cargo xtask bench --templates`");
    Oracle::new(Path::new(&program))
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}

fn main() {
    let (oracle, question) = (oracle(), typical::question(RENDERS));
    let template = Template::parse(&question.name, &question.text, &Options::default()).unwrap();
    let data = question.data.value();
    let render = || template.render(&data, &mut Still, Limits::default()).unwrap();
    assert_eq!(oracle.ask(&[typical::question(0)]).unwrap(), [Answer::Text(render())], "both render the same");

    let (mut ours, mut go, mut go_parse) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..RENDERS {
            black_box(render());
        }
        ours.push(u64::try_from(begun.elapsed().as_nanos()).unwrap() / u64::from(RENDERS));
        let times = oracle.measure(&question).unwrap();
        go.push(times.render);
        go_parse.push(times.parse);
    }
    let (ours, go) = (median(ours), median(go));

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("render", |b| b.iter(|| black_box(render())));
    criterion.bench_function("parse", |b| {
        b.iter(|| black_box(Template::parse(&question.name, &question.text, &Options::default()).unwrap()));
    });
    let cache = Cache::new(NonZeroUsize::MIN, 1 << 20);
    criterion.bench_function("parse, from the cache", |b| {
        b.iter(|| black_box(cache.parse(&question.name, &question.text, &Options::default()).unwrap()));
    });
    criterion.final_summary();
    println!("typical config file, median of {ROUNDS} rounds of {RENDERS} renders");
    println!("  ours {ours} ns, Go {go} ns per render: {:.2} of Go's time", ours as f64 / go as f64);
    println!("  Go {} ns per parse", median(go_parse));
}

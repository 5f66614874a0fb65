//! What is going on, for the person who waits.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use parking_lot::Mutex;

/// How often a line is printed when stderr is not a terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(30);

/// The display of several tasks at once.
#[derive(Clone)]
pub(super) struct Progress {
    bars: Option<MultiProgress>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { bars: std::io::stderr().is_terminal().then(MultiProgress::new) }
    }

    /// Shows a new task.
    pub(super) fn task(&self, name: &'static str) -> Task {
        let state = Arc::new(State { name, started: Instant::now(), line: Mutex::new(Line::default()) });
        let bar = self.bars.as_ref().map(|bars| {
            let style = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg} {elapsed}");
            let bar = bars.add(ProgressBar::new_spinner()).with_prefix(name);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let ticker = bar.is_none().then(|| {
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(PLAIN_EVERY).await;
                    state.print();
                }
            })
        });
        Task { state, bar, ticker }
    }
}

#[derive(Default)]
struct Line {
    step: String,
    detail: String,
    expected: Option<Duration>,
}

struct State {
    name: &'static str,
    started: Instant,
    line: Mutex<Line>,
}

impl State {
    fn text(&self) -> String {
        let line = self.line.lock();
        let mut text = line.step.clone();
        if let Some(expected) = line.expected {
            let _ = write!(text, " (about {})", minutes(expected));
        }
        if !line.detail.is_empty() {
            let _ = write!(text, ": {}", line.detail);
        }
        text
    }

    #[allow(clippy::print_stderr, reason = "progress is for the person at the terminal")]
    fn print(&self) {
        eprintln!("{}: {} [{}]", self.name, self.text(), minutes(self.started.elapsed()));
    }
}

/// One thing being obtained.
pub(super) struct Task {
    state: Arc<State>,
    bar: Option<ProgressBar>,
    ticker: Option<tokio::task::JoinHandle<()>>,
}

impl Task {
    /// Says what is being done now and how long it is expected to take.
    pub(super) fn step(&self, step: &str, expected: Option<Duration>) {
        *self.state.line.lock() = Line { step: step.to_owned(), detail: String::new(), expected };
        match &self.bar {
            Some(bar) => bar.set_message(self.state.text()),
            None => self.state.print(),
        }
    }

    /// Says how far the step has come; without a terminal it shows in the next periodic line.
    pub(super) fn detail(&self, detail: String) {
        self.state.line.lock().detail = detail;
        if let Some(bar) = &self.bar {
            bar.set_message(self.state.text());
        }
    }

    /// Leaves a last line.
    pub(super) fn finish(&self, outcome: &str) {
        *self.state.line.lock() = Line { step: outcome.to_owned(), ..Line::default() };
        match &self.bar {
            Some(bar) => bar.finish_with_message(self.state.text()),
            None => self.state.print(),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(ticker) = &self.ticker {
            ticker.abort();
        }
    }
}

fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{:02}", seconds / 60, seconds % 60) }
}

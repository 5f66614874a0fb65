//! Runs a builder or an installer, shows how it gets on, and keeps what it says.

use std::collections::VecDeque;
use std::process::Stdio;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::progress::Task;

/// Lines of output kept for the error message.
const KEPT: usize = 6;

/// Runs a command to its end. `describe` turns a line of its output into what the person sees, or `None` to show nothing new.
///
/// # Errors
/// One line with the command's name, how it ended, and the last lines of its stderr.
pub(super) async fn run(
    command: &mut Command,
    task: &Task,
    mut describe: impl FnMut(&str) -> Option<String>,
) -> anyhow::Result<()> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().with_context(|| format!("{name} cannot be run"))?;
    let mut out = BufReader::new(child.stdout.take().context("stdout is not piped")?).lines();
    let mut err = BufReader::new(child.stderr.take().context("stderr is not piped")?).lines();
    let mut last = VecDeque::new();
    let (mut out_open, mut err_open) = (true, true);
    while out_open || err_open {
        let line = tokio::select! {
            line = out.next_line(), if out_open => { let line = line?; out_open = line.is_some(); line }
            line = err.next_line(), if err_open => {
                let line = line?;
                err_open = line.is_some();
                if let Some(line) = &line { last.push_back(line.trim().to_owned()); }
                line
            }
        };
        while last.len() > KEPT {
            last.pop_front();
        }
        if let Some(text) = line.as_deref().and_then(&mut describe) {
            task.detail(text);
        }
    }
    let status = child.wait().await.with_context(|| format!("{name} cannot be waited for"))?;
    anyhow::ensure!(status.success(), "{name} ended with {status}: {}", Vec::from(last).join(" | "));
    Ok(())
}

//! Memory and CPU time of a process, as the kernel counts them.

use std::fs;

use anyhow::Context as _;
use serde::Serialize;

/// `USER_HZ`, in which `/proc` counts CPU time: 100 on every architecture that Linux runs on today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Resident memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_field_names, reason = "they are the names in the JSON lines, where the unit belongs")]
pub(crate) struct Memory {
    /// `VmRSS`: all of it, the pages of the program's own file included. Those are shared, and the kernel can drop them.
    pub(crate) rss_bytes: u64,
    /// `RssAnon`: what the process has allocated and touched; no other process can share it and the kernel cannot drop it.
    pub(crate) rss_anon_bytes: u64,
    /// `VmHWM`: the most that `VmRSS` ever was.
    pub(crate) peak_rss_bytes: u64,
}

impl Memory {
    /// Reads `/proc/<pid>/status`.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the operator is gone")?;
        Self::parse(&status).context("the operator is gone")
    }

    fn parse(status: &str) -> Option<Self> {
        let bytes = |name: &str| -> Option<u64> {
            let line = status.lines().find(|line| line.starts_with(name))?;
            Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
        };
        Some(Self { rss_bytes: bytes("VmRSS:")?, rss_anon_bytes: bytes("RssAnon:")?, peak_rss_bytes: bytes("VmHWM:")? })
    }
}

/// User and system time of a process so far, in seconds.
///
/// # Errors
/// When the process is gone.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the operator is gone")?;
    // The second field, the name, may hold anything; utime and stime are fields 14 and 15 of proc_pid_stat(5).
    let ticks = stat.rsplit_once(") ").map_or(0, |(_, rest)| {
        rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum()
    });
    Ok(f64::from(ticks) / TICKS_PER_SECOND)
}

/// User and system time of the benchmark itself.
pub(crate) fn own_cpu_seconds() -> f64 {
    cpu_seconds(std::process::id()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn figures_are_in_bytes_and_a_zombie_has_none() {
        let status = "Name:\tx\nVmHWM:\t    30 kB\nVmRSS:\t    20 kB\nRssAnon:\t    10 kB\n";
        let expected = Memory { rss_bytes: 20_480, rss_anon_bytes: 10_240, peak_rss_bytes: 30_720 };
        assert_eq!(Memory::parse(status), Some(expected));
        assert_eq!(Memory::parse("Name:\tx\nState:\tZ (zombie)\n"), None);
    }
}

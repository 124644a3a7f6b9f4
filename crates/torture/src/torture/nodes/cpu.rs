//! CPU time of processes, as Linux counts it.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// Ticks a second in /proc: the same on every Linux (USER_HZ).
const HZ: u32 = 100;

/// What a line of /proc/PID/stat says.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// In ticks.
    own: u32,
    /// Of children that have ended, in ticks.
    ended: u32,
}

/// CPU time of the process so far.
///
/// # Errors
/// When it is gone.
pub(super) fn of(process: u32) -> Result<Duration> {
    let stat = stat(process).context("a process is gone")?;
    Ok(Duration::from_secs(1) * stat.own / HZ)
}

/// CPU time of the process and of all its children, ended ones too.
///
/// # Errors
/// When it is gone.
pub(super) fn with_children(process: u32) -> Result<Duration> {
    let first = stat(process).context("a process is gone")?;
    let processes = fs::read_dir("/proc").context("there is no /proc")?;
    let children = processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(stat)
        .filter(|one| one.parent == process)
        .map(|one| one.own + one.ended);
    let ticks = first.own + first.ended + children.sum::<u32>();
    Ok(Duration::from_secs(1) * ticks / HZ)
}

fn stat(process: u32) -> Option<Stat> {
    parsed(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The name, in brackets, may have anything in it.
fn parsed(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    // The first of them is the third of proc(5).
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at - 3)?.parse::<u32>().ok();
    Some(Stat {
        parent: number(4)?,
        own: number(14)? + number(15)?,
        ended: number(16)? + number(17)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read() {
        let line = "42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 50 20 5 20 0 9 0";
        let stat = Stat {
            parent: 7,
            own: 150,
            ended: 25,
        };
        assert_eq!(parsed(line), Some(stat));
        assert_eq!(parsed("42"), None);
    }

    #[test]
    fn work_takes_time() {
        let own = std::process::id();
        let Ok(before) = of(own) else {
            eprintln!("SKIPPED: there is no /proc");
            return;
        };
        while of(own).unwrap_or_default() < before + Duration::from_millis(30) {
            std::hint::black_box((0..1_000_000_u64).sum::<u64>());
        }
        assert!(with_children(own).unwrap_or_default() >= before);
    }
}

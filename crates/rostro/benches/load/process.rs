//! The server's process, and what the kernel knows of it.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::client::{Connection, Request};

/// Longest start.
const START: Duration = Duration::from_secs(180);

/// A server process; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// It has children of its own, in its process group.
    group: bool,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `rostro` on a data folder, with these settings besides.
    pub(crate) fn start(data: &Path, pack: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let mut child = command(data, pack, &["serve"])?
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(data.join("server.log"))?)
            .spawn()
            .context("rostro cannot be run")?;
        let mut stdout = BufReader::new(child.stdout.take().context("no output")?);
        let mut line = String::new();
        let address = loop {
            line.clear();
            ensure!(
                stdout.read_line(&mut line)? > 0,
                "the server does not start"
            );
            if let Some((_, base)) = line.trim_end().split_once(" serves http://") {
                break base.parse()?;
            }
        };
        thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        let server = Self {
            child,
            group: false,
            address,
        };
        server.wait()?;
        Ok(server)
    }

    /// The leader of a process group that serves at `address` once it is ready.
    pub(crate) fn of_group(child: Child, address: SocketAddr) -> Result<Self> {
        let server = Self {
            child,
            group: true,
            address,
        };
        server.wait()?;
        Ok(server)
    }

    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        let ready = || -> Result<u16> {
            Ok(Connection::new(self.address)?
                .ask(&Request::get("/readyz"))?
                .status)
        };
        while !ready().is_ok_and(|status| status == 200) {
            ensure!(begun.elapsed() < START, "the server does not get ready");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Resident memory, in MB (10^6 bytes).
    pub(crate) fn resident(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line
            .and_then(|rest| rest.split_whitespace().next())
            .context("no VmRSS")?
            .parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// CPU time so far: that of the inference workers, to the nanosecond, and that of all other threads, those that ended included, to a
    /// hundredth of a second.
    pub(crate) fn cpu(&self) -> Result<(Duration, Duration)> {
        let process = format!("/proc/{}", self.child.id());
        let mut inference = Duration::ZERO;
        for task in fs::read_dir(format!("{process}/task"))? {
            let task = task?.path();
            // A thread may end while it is looked at; the workers do not.
            let name = fs::read_to_string(task.join("comm")).unwrap_or_default();
            if name.starts_with("inference") {
                let spent = fs::read_to_string(task.join("schedstat"))?;
                let nanos = spent.split(' ').next().unwrap_or_default().parse()?;
                inference += Duration::from_nanos(nanos);
            }
        }
        let stat = fs::read_to_string(format!("{process}/stat"))?;
        // Behind the name, which may hold anything: user and system time are the 12th and 13th fields.
        let (_, fields) = stat.rsplit_once(')').context("no stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        let all = Duration::from_millis(10 * ticks);
        Ok((inference, all.saturating_sub(inference)))
    }

    /// Seconds spent in each stage so far, from the server's own metrics.
    pub(crate) fn stages(&self) -> Result<BTreeMap<String, f64>> {
        let answer = Connection::new(self.address)?.ask(&Request::get("/metrics"))?;
        let text = String::from_utf8(answer.body)?;
        let sums = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("rostro_inference_stage_seconds_sum{stage=\"")?;
            let (stage, value) = rest.split_once("\"}")?;
            Some((stage.to_owned(), value.trim().parse().ok()?))
        });
        Ok(sums.collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dead already is as good.
        if self.group {
            let group = format!("-{}", self.child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of a new account.
pub(crate) fn token(data: &Path, pack: &str, account: &str) -> Result<String> {
    let output = command(data, pack, &["token", "issue", "--client", account])?.output()?;
    ensure!(
        output.status.success(),
        "rostro token issue: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The folder of installed packs.
pub(crate) fn models() -> Result<PathBuf> {
    let folder = std::env::var_os("ROSTRO_TEST_MODELS");
    Ok(folder
        .context("ROSTRO_TEST_MODELS is not set: run `cargo xtask bench`")?
        .into())
}

fn command(data: &Path, pack: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rostro"));
    command
        .args(arguments)
        .current_dir(data)
        .env("ROSTRO_MODELS__DIR", models()?)
        .env("ROSTRO_MODELS__PACK", pack)
        .env("ROSTRO_SERVER__DATA", data)
        .env("ROSTRO_SERVER__LISTEN", "127.0.0.1:0")
        // The faces are written through the store, without a key; the server would encrypt them while it is measured.
        .env("ROSTRO_ENCRYPTION__ENABLED", "false")
        .stdin(Stdio::null());
    Ok(command)
}

//! `cargo xtask bench first-minute`: what a new user waits for. The repository is cloned, with an empty target folder and an empty
//! cache; crates that cargo has downloaded before are not downloaded again.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::{
    postgres::free_port,
    report,
    workspace::{Workspace, env_path},
};

use crate::serve::{BUILT, SET_UP, WILL};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest wait for a stage.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Longest wait for an answer, and for the server's end.
const SHORT: Duration = Duration::from_secs(60);

/// What else to measure.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Also `cargo xtask test`, with another empty target folder
    #[arg(long)]
    tests: bool,
    /// Also `.ci/run`, with another empty target folder
    #[arg(long)]
    ci: bool,
}

/// Measures and prints a table.
///
/// # Errors
/// When a stage does not come, with what was said last.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let home = tempfile::Builder::new()
        .prefix("rostro-first-minute-")
        .tempdir()
        .context("no temporary folder can be made")?;
    let place = Place {
        home: home.path().to_owned(),
        port: free_port()?,
        mirrors: mirrors()?,
    };
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"])
        .arg(&workspace.root)
        .arg(place.clone_folder());
    let cloned = git.status().context("git cannot be run")?;
    ensure!(cloned.success(), "the repository cannot be cloned");

    let mut rows = place.first_start()?;
    rows.push(place.second_start()?);
    for (wanted, name, mut command) in [
        (args.tests, "`cargo xtask test`", place.tests()),
        (args.ci, "`.ci/run`", place.ci()),
    ] {
        if wanted {
            fs::remove_dir_all(place.target()).context("the target folder cannot be removed")?;
            let since = Instant::now();
            let status = command.status().context("it cannot be run")?;
            let failed = if status.success() { "" } else { ", FAILED" };
            rows.push((
                format!("{name}, from nothing built{failed}"),
                since.elapsed(),
            ));
        }
    }
    println!("{}", table(&rows));
    Ok(ExitCode::SUCCESS)
}

/// Where models and pictures may come from, made absolute.
fn mirrors() -> Result<Vec<(&'static str, PathBuf)>> {
    let mut found = Vec::new();
    for name in ["ROSTRO_MODELS_MIRROR", "ROSTRO_FACES"] {
        found.extend(env_path(name)?.map(|path| (name, path)));
    }
    Ok(found)
}

/// A stage, and the time since the start of the command that it is a stage of.
type Row = (String, Duration);

fn table(rows: &[Row]) -> String {
    let mut text = "| stage | since the start |\n|---|---|".to_owned();
    for (stage, time) in rows {
        let seconds = time.as_secs_f64();
        let time = match seconds {
            ..120.0 => format!("{seconds:.1} s"),
            _ => format!("{} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
        };
        text.push_str(&format!("\n| {stage} | {time} |"));
    }
    text
}

/// The clone and what is made there.
struct Place {
    home: PathBuf,
    port: u16,
    mirrors: Vec<(&'static str, PathBuf)>,
}

impl Place {
    fn clone_folder(&self) -> PathBuf {
        self.home.join("rostro")
    }

    fn target(&self) -> PathBuf {
        self.home.join("target")
    }

    fn log(&self) -> PathBuf {
        self.home.join("log")
    }

    /// A command in the clone, which knows nothing of this repository.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            // What cargo told this process, and settings.
            let ours = text.starts_with("ROSTRO_")
                || text.starts_with("CARGO_PKG_")
                || text.starts_with("CARGO_MANIFEST_")
                || ["CARGO", "ORT_DYLIB_PATH", "LD_LIBRARY_PATH"].contains(&text.as_ref());
            if ours && !text.starts_with("ROSTRO_TEST_") && text != "ROSTRO_MODELS_OFFLINE" {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.clone_folder())
            .envs(self.mirrors.iter().map(|(name, path)| (name, path)))
            .env("CARGO_TARGET_DIR", self.target())
            .env("ROSTRO_CACHE", self.home.join("cache"))
            .stdin(Stdio::null());
        command
    }

    fn tests(&self) -> Command {
        self.command("cargo", &["xtask", "test"])
    }

    fn ci(&self) -> Command {
        self.command(".ci/run", &[])
    }

    fn serve(&self) -> Result<Serving> {
        let log = File::create(self.log()).context("the log cannot be written")?;
        let child = self
            .command("cargo", &["xtask", "serve"])
            .env("ROSTRO_SERVER__LISTEN", format!("127.0.0.1:{}", self.port))
            .env("ROSTRO_SERVER__DATA", self.home.join("data"))
            .stdout(log.try_clone()?)
            .stderr(log)
            // So that Ctrl-C or an error here ends all of it.
            .process_group(0)
            .spawn()
            .context("cargo cannot be run")?;
        Ok(Serving {
            child,
            since: Instant::now(),
            log: self.log(),
        })
    }

    fn first_start(&self) -> Result<Vec<Row>> {
        let mut serving = self.serve()?;
        let mut rows = Vec::new();
        for (stage, mark) in [
            ("something is printed", ""),
            ("`xtask` is built and says what will happen", WILL),
            ("the server is built", BUILT),
            ("ONNX Runtime and models are fetched", SET_UP),
        ] {
            rows.push((stage.to_owned(), serving.says(mark)?));
            report::line(
                table(rows.split_at(rows.len() - 1).1)
                    .lines()
                    .last()
                    .unwrap_or_default(),
            );
        }
        rows.push((
            "first answer (`GET /readyz`: 200)".to_owned(),
            serving.answers(self.port)?,
        ));
        serving.stop()?;
        Ok(rows)
    }

    fn second_start(&self) -> Result<Row> {
        let mut serving = self.serve()?;
        let time = serving.answers(self.port)?;
        serving.stop()?;
        Ok(("second `cargo xtask serve`: first answer".to_owned(), time))
    }
}

/// A server that starts; ended when dropped.
struct Serving {
    child: Child,
    since: Instant,
    log: PathBuf,
}

impl Serving {
    /// When it has said something with `mark` in it.
    fn says(&mut self, mark: &str) -> Result<Duration> {
        self.wait(|log| {
            let said = fs::read_to_string(log).unwrap_or_default();
            !said.is_empty() && said.contains(mark)
        })
    }

    /// When it says that it is ready.
    fn answers(&mut self, port: u16) -> Result<Duration> {
        self.wait(|_| is_ready(port))
    }

    fn wait(&mut self, done: impl Fn(&Path) -> bool) -> Result<Duration> {
        loop {
            if done(&self.log) {
                return Ok(self.since.elapsed());
            }
            let ended = self.child.try_wait()?.is_some();
            if ended || self.since.elapsed() > PATIENCE {
                let said = fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(20).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                bail!(
                    "`cargo xtask serve` does not come so far:\n{}",
                    last.join("\n")
                );
            }
            thread::sleep(PAUSE);
        }
    }

    /// SIGTERM, and waits for the end.
    fn stop(mut self) -> Result<()> {
        signal(&self.child, "TERM")?;
        let since = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(since.elapsed() < SHORT, "the server does not stop");
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _gone = signal(&self.child, "KILL");
            let _reaped = self.child.wait();
        }
    }
}

/// To its process group: cargo, while it builds, has children.
fn signal(child: &Child, name: &str) -> Result<()> {
    // The shell's `kill`: the program of that name is not on every machine.
    let sent = Command::new("sh")
        .args(["-c", "kill -s $0 -- -$1", name, &child.id().to_string()])
        .status()
        .context("sh cannot be run")?;
    ensure!(sent.success(), "the server takes no signal {name}");
    Ok(())
}

/// Whether a server on this port answers `GET /readyz` with 200.
fn is_ready(port: u16) -> bool {
    let asked = || {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, SHORT)?;
        stream.set_read_timeout(Some(SHORT))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok::<_, std::io::Error>(head == *b"HTTP/1.1 200")
    };
    asked().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_200_is_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = thread::spawn(move || {
            for status in ["503 Service Unavailable", "200 OK"] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 256]).unwrap();
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert_eq!((is_ready(port), is_ready(port)), (false, true));
        answers.join().unwrap();
        assert!(!is_ready(port));
    }

    #[test]
    fn times_are_for_people() {
        let rows = [
            ("a".to_owned(), Duration::from_millis(4240)),
            ("b".to_owned(), Duration::from_secs(541)),
        ];
        assert_eq!(
            table(&rows),
            "| stage | since the start |\n|---|---|\n| a | 4.2 s |\n| b | 9 min 1 s |"
        );
    }
}

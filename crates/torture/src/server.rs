//! The server as a process of its own.

use std::{
    env,
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::setup::Fetched;
pub(crate) use xtask::server::build;

/// Longest start, the search indexes included.
const START: Duration = Duration::from_secs(180);
/// Between questions whether it is ready.
const PAUSE: Duration = Duration::from_millis(30);

/// How to start the server.
#[derive(Debug)]
pub(crate) struct Launcher {
    program: PathBuf,
    settings: Vec<(&'static str, std::ffi::OsString)>,
    data: PathBuf,
}

impl Launcher {
    /// With the data folder `data`, and the database there when `postgres` gives no address.
    pub(crate) fn new(
        program: PathBuf,
        fetched: &Fetched,
        data: PathBuf,
        postgres: Option<&str>,
    ) -> Self {
        let mut settings = vec![
            ("ROSTRO_MODELS__DIR", fetched.models.clone().into()),
            ("ROSTRO_MODELS__PACK", fetched.pack.clone().into()),
            (
                "ROSTRO_INFERENCE__ONNXRUNTIME",
                fetched.onnxruntime.clone().into(),
            ),
            ("ROSTRO_SERVER__DATA", data.clone().into()),
            // A free port, which it tells.
            ("ROSTRO_SERVER__LISTEN", "127.0.0.1:0".into()),
        ];
        settings.extend(postgres.map(|url| ("ROSTRO_DATABASE__URL", url.into())));
        Self {
            program,
            settings,
            data,
        }
    }

    /// Sets an environment variable of it.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.settings.push((name, value.into()));
    }

    /// What the server wrote to its log, over all starts.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.join("server.log")
    }

    /// A token of a new account of this name.
    ///
    /// # Errors
    /// What the command says.
    pub(crate) fn issue_token(&self, account: &str) -> Result<String> {
        self.told(&["token", "issue", "--client", account])
    }

    /// What a command prints.
    fn told(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .command(arguments)
            .output()
            .context("rostro cannot be run")?;
        ensure!(
            output.status.success(),
            "rostro {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// A new API key of the account of this name.
    ///
    /// # Errors
    /// What the command says.
    pub(crate) fn create_key(&self, account: &str) -> Result<String> {
        self.told(&["key", "create", "--client", account])
    }

    /// Starts it; it is not ready yet.
    ///
    /// # Errors
    /// When it cannot be run.
    pub(crate) fn spawn(&self) -> Result<Running> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .context("the server's log cannot be written")?;
        let child = self
            .command(&["serve"])
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C is for this process, which ends the server.
            .process_group(0)
            .spawn()
            .context("rostro cannot be run")?;
        Ok(Running { child })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("ROSTRO_"))
            {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.data)
            .stdin(Stdio::null());
        command
    }
}

/// A server process; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Waits until it wants requests; its address, `http://HOST:PORT`. Once only.
    ///
    /// # Errors
    /// When it ends instead, or takes too long.
    pub(crate) fn ready(&mut self) -> Result<String> {
        let since = Instant::now();
        let stdout = self.child.stdout.take().context("asked twice")?;
        let (told, telling) = mpsc::channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|read| read > 0) {
                if let Some((_, base)) = line.trim_end().split_once(" serves http://") {
                    let _nobody_waits = told.send(format!("http://{base}"));
                    break;
                }
                line.clear();
            }
            // A full pipe would stop it.
            let _ended = stdout.read_to_end(&mut Vec::new());
        });
        let base = telling
            .recv_timeout(START)
            .context("the server does not start")?;
        let http = reqwest::blocking::Client::builder().no_proxy().build()?;
        while !http
            .get(format!("{base}/readyz"))
            .send()
            .is_ok_and(|answer| answer.status().is_success())
        {
            ensure!(self.alive()?, "the server ended while it got ready");
            ensure!(since.elapsed() < START, "the server does not get ready");
            thread::sleep(PAUSE);
        }
        Ok(base)
    }

    /// Whether it runs, and has not ended by itself.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn is_alive(&mut self) -> Result<bool> {
        self.alive()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its short name, such as `STOP`.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        // The shell's `kill`: the program of that name is not on every machine.
        let sent = Command::new("sh")
            .args(["-c", "kill -s $0 $1", name, &self.id().to_string()])
            .status()
            .context("sh cannot be run")?;
        ensure!(sent.success(), "the server takes no signal {name}");
        Ok(())
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// When it takes longer than `limit`, or does not end well.
    pub(crate) fn stop(mut self, limit: Duration) -> Result<()> {
        self.signal("TERM")?;
        let since = Instant::now();
        while self.alive()? {
            ensure!(since.elapsed() < limit, "the server does not stop");
            thread::sleep(PAUSE);
        }
        let status = self.child.wait().context("the server cannot be watched")?;
        ensure!(
            status.success(),
            "the server does not stop in order: {status}"
        );
        Ok(())
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub(crate) fn kill(mut self) -> Result<()> {
        if !self.alive()? {
            bail!("the server ended by itself");
        }
        self.child.kill().context("the server cannot be killed")?;
        self.child.wait().context("the server cannot be killed")?;
        Ok(())
    }

    fn alive(&mut self) -> Result<bool> {
        let status = self.child.try_wait();
        Ok(status.context("the server cannot be watched")?.is_none())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dead already is as good.
        let _dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

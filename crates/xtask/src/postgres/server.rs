//! A private Postgres server in a temporary folder.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::{OpenOptionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::program::User;
use crate::report;

/// The port is chosen before Postgres takes it; somebody may be faster.
const TRIES: usize = 3;

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// At once, for clients too, and in order.
    Fast,
    /// Without a checkpoint, as a crash would.
    Crash,
}

/// A running server; stops and removes itself when dropped.
#[derive(Debug)]
pub struct Server {
    home: PathBuf,
    programs: PathBuf,
    user: User,
    port: u16,
    url: String,
    // Locked while this lives: the next run tells by it whether this one was killed.
    _entry: File,
    entry: PathBuf,
}

impl Server {
    /// Makes and starts a server with the programs in `programs`, and enters it in the folder `register`.
    ///
    /// # Errors
    /// What Postgres says, in short.
    pub fn start(programs: &Path, register: &Path, durable: bool) -> Result<Self> {
        let user = User::find()?;
        let home = make_home(user)?;
        fs::create_dir_all(register).context("the cache cannot be written")?;
        let entry = register.join(std::process::id().to_string());
        let mut file = File::create(&entry).context("the cache cannot be written")?;
        file.lock().context("the cache cannot be locked")?;
        writeln!(file, "{}\n{}", home.display(), programs.display())
            .context("the cache cannot be written")?;

        // From here on dropping it tidies up.
        let mut server = Self {
            home,
            programs: programs.to_owned(),
            user,
            port: 0,
            url: String::new(),
            _entry: file,
            entry,
        };
        let password = password()?;
        server.initialise(&password, durable)?;
        server.start_on_free_port()?;
        server.url = format!(
            "postgres://rostro:{password}@127.0.0.1:{}/postgres",
            server.port
        );
        Ok(server)
    }

    /// Address with user (a superuser) and password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn initialise(&self, password: &str, durable: bool) -> Result<()> {
        // Other users of this machine reach 127.0.0.1 too, so there is a password, and it is not on a command line.
        let secret = self.home.join("password");
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&secret)?;
        file.write_all(password.as_bytes())?;
        give(&secret, self.user)?;
        let mut initdb = self.user.command(&self.programs.join("initdb"));
        initdb.args([
            "--username=rostro",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            "--no-instructions",
        ]);
        initdb
            .arg("--pwfile")
            .arg(&secret)
            .arg("--pgdata")
            .arg(self.data());
        run(initdb, "initdb")?;
        fs::remove_file(&secret)?;
        // Durability against a power cut costs time, and nothing here outlives the tests. That against the end of the server itself
        // is what some of them are about.
        let commit = if durable { "on" } else { "off" };
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\nsynchronous_commit = {commit}\nfull_page_writes = {commit}\nmax_connections = 200\n"
        );
        let mut config = File::options()
            .append(true)
            .open(self.data().join("postgresql.conf"))?;
        config
            .write_all(settings.as_bytes())
            .context("the settings of Postgres cannot be written")
    }

    /// Ends it without a checkpoint, as a crash would, and starts it again.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn crash(&self) -> Result<()> {
        self.halt(Stop::Crash)?;
        self.revive()
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it does not end.
    pub fn halt(&self, how: Stop) -> Result<()> {
        let mode = match how {
            Stop::Fast => "--mode=fast",
            Stop::Crash => "--mode=immediate",
        };
        let mut stop = self.user.command(&self.programs.join("pg_ctl"));
        stop.args(["stop", mode, "--wait", "--silent"])
            .arg("--pgdata")
            .arg(self.data());
        run(stop, "pg_ctl stop")
    }

    /// Starts it again on its port after [`Server::halt`].
    ///
    /// # Errors
    /// When it does not come back.
    pub fn revive(&self) -> Result<()> {
        ensure!(self.start_again()?, "Postgres does not come back");
        Ok(())
    }

    /// The process that all others of it descend from.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pid(&self) -> Result<u32> {
        let file = self.data().join("postmaster.pid");
        let text = fs::read_to_string(file).context("Postgres does not run")?;
        let first = text.lines().next().unwrap_or_default();
        first.parse().context("Postgres does not tell its process")
    }

    fn start_on_free_port(&mut self) -> Result<()> {
        let log = self.home.join("log");
        for _ in 0..TRIES {
            self.port = free_port()?;
            if self.start_again()? {
                return Ok(());
            }
        }
        let log = fs::read_to_string(&log).unwrap_or_default();
        bail!(
            "Postgres does not start: {}",
            log.lines().last().unwrap_or("it left no log")
        );
    }

    /// Starts it on its port; whether it runs.
    fn start_again(&self) -> Result<bool> {
        let log = self.home.join("log");
        let mut start = self.user.command(&self.programs.join("pg_ctl"));
        start
            .args(["start", "--wait", "--silent", "--timeout=60"])
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(&log);
        start.arg("--options").arg(format!("-p {}", self.port));
        // The server would keep a pipe open, and whoever reads it waiting.
        start
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(start.status().context("pg_ctl cannot be run")?.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&self.programs, &self.home, self.user);
        let _left_for_the_next_run = fs::remove_file(&self.entry);
    }
}

/// Stops and removes the servers in `register` whose run is gone.
pub(super) fn stop_stale(register: &Path) {
    for entry in register.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(file) = File::open(&path) else {
            continue;
        };
        if file.try_lock().is_err() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        if let (Some((home, programs)), Ok(user)) = (text.trim_end().split_once('\n'), User::find())
        {
            report::line("  stopping the Postgres that a killed test run left");
            stop(Path::new(programs), Path::new(home), user);
        }
        let _gone = fs::remove_file(&path);
    }
}

fn stop(programs: &Path, home: &Path, user: User) {
    let mut stop = user.command(&programs.join("pg_ctl"));
    stop.args(["stop", "--mode=immediate", "--wait", "--silent"])
        .arg("--pgdata")
        .arg(home.join("data"));
    // Not running is as good.
    let _stopped = stop
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if let Err(error) = fs::remove_dir_all(home)
        && home.exists()
    {
        report::line(format_args!(
            "  note: {} cannot be removed: {error}",
            home.display()
        ));
    }
}

/// A folder that `user` owns, outside the checkout: root's own folders may be closed to `user`.
fn make_home(user: User) -> Result<PathBuf> {
    let home = tempfile::Builder::new()
        .prefix("rostro-test-postgres-")
        .tempdir()
        .context("no temporary folder can be made")?
        .keep();
    give(&home, user)?;
    Ok(home)
}

fn give(path: &Path, user: User) -> Result<()> {
    let Some((owner, group)) = user.ids else {
        return Ok(());
    };
    chown(path, Some(owner), Some(group))
        .with_context(|| format!("{} cannot be given to the user of Postgres", path.display()))
}

/// A new one, in hex.
fn password() -> Result<String> {
    let mut random = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("/dev/urandom cannot be read")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A port of 127.0.0.1 that nobody uses now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("127.0.0.1 has no free port")?;
    Ok(listener.local_addr()?.port())
}

fn run(mut command: Command, name: &str) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} cannot be run"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    bail!(
        "{name} failed: {}",
        text.lines()
            .find(|line| line.contains("error"))
            .or_else(|| text.lines().last())
            .unwrap_or("no reason given")
    );
}

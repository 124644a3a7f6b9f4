//! `rostro serve` as a process of its own, whose limits can be changed while it runs.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{client::Client, common};

/// A running server; killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) client: Client,
}

impl Process {
    /// Starts one in the folder `home`, once it is ready; `None` (and a loud line) when this machine has no models.
    pub(crate) async fn start(home: &Path) -> Option<Self> {
        Self::start_with(home, &[]).await
    }

    /// As [`Process::start`], with these variables in its environment.
    pub(crate) async fn start_with(home: &Path, settings: &[(&str, &str)]) -> Option<Self> {
        let (config, _) = common::config()?;
        // A write beyond the limit is an error then, as on a full disk, and not the end.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]);
        command.arg(env!("CARGO_BIN_EXE_rostro")).current_dir(home);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROSTRO_") {
                command.env_remove(name);
            }
        }
        command
            .env("ROSTRO_SERVER__LISTEN", "127.0.0.1:0")
            .env("ROSTRO_MODELS__DIR", &config.models.dir)
            .env("ROSTRO_INFERENCE__WORKERS", "1")
            .env("ROSTRO_LOG__LEVEL", "off")
            .envs(settings.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("-d @-") {
            let read = stdout.read_line(&mut banner).unwrap();
            assert_ne!(read, 0, "it ended: {banner}");
        }
        // A full pipe would stop it.
        std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        let after = |mark: &str, end: char| {
            let (_, rest) = banner.split_once(mark).expect("the banner has it");
            rest.split(end).next().unwrap().trim().to_owned()
        };
        let base = format!("http://{}", after(" serves http://", '\n'));
        let process = Self {
            child,
            client: Client::new(&base, &after("Bearer ", '\'')),
        };
        let ready = format!("{base}/readyz");
        while !reqwest::get(&ready).await.unwrap().status().is_success() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Some(process)
    }

    /// Sends it a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("sh")
            .args(["-c", "kill -s $0 $1", name, &pid])
            .status();
        assert!(status.unwrap().success(), "kill failed");
    }

    /// Waits for its end; whether it ended well.
    pub(crate) fn ended_well(mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// From now on no file of its can be written beyond this length.
    pub(crate) fn limit_files(&self, limit: &str) {
        self.limit("fsize", limit);
    }

    /// From now on it has this limit, by the name that `prlimit` knows it by.
    pub(crate) fn limit(&self, what: &str, limit: &str) {
        let status = Command::new("prlimit")
            .args(["--pid", &self.child.id().to_string()])
            .arg(format!("--{what}={limit}:"))
            .status();
        assert!(status.unwrap().success(), "prlimit failed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

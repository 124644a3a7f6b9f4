//! A server under attack, a good client beside it, and what is left afterwards.

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{client::Client, common::figure::figure, pictures::face, process::Process};

/// How short the server's limits are here.
const LIMIT: &str = "2s";
/// A request of a good client may wait for as long as this.
const LATEST: Duration = Duration::from_secs(90);
/// Longest time until what an attack took is given back.
const BACK: Duration = Duration::from_secs(60);
/// Files that the server may open for good meanwhile: connections of its pool to SQLite, three files each.
const POOL: usize = 60;
/// What memory may grow by for good: the allocator keeps what it was once given for the next connections.
const KEPT: u64 = 96 << 20;
/// And for each connection that there was.
const KEPT_EACH: u64 = 16 << 10;

/// A server under attack.
pub(crate) struct Siege {
    process: Process,
    _home: tempfile::TempDir,
    /// `HOST:PORT`.
    pub(crate) address: String,
    /// A token of its account.
    pub(crate) token: String,
}

impl Siege {
    /// A server with short limits; `None` (and a loud line) when this machine has no models.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// The same, with these settings too.
    pub(crate) async fn start_with(settings: &[(&'static str, &'static str)]) -> Option<Self> {
        raise_own_limit();
        let home = tempfile::tempdir().unwrap();
        let mut all = vec![
            ("ROSTRO_SERVER__IDLE_TIMEOUT", LIMIT),
            ("ROSTRO_SERVER__REQUEST_TIMEOUT", "10s"),
            ("ROSTRO_LIMITS__FAILED_AUTH_PER_MINUTE", "0"),
        ];
        all.extend(settings);
        let process = Process::start_with(home.path(), &all).await?;
        let (address, token) = process.client.address();
        let siege = Self {
            process,
            _home: home,
            address,
            token,
        };
        // What the first requests take for good is not the attack's.
        siege
            .good(&AtomicBool::new(true), &AtomicUsize::new(0))
            .await;
        Some(siege)
    }

    /// Runs `attack` while a good client is served, and waits until what it took is given back. What the attack tried is told under `name`.
    pub(crate) async fn withstand(&self, name: &str, attack: impl AsyncFnOnce(&Self) -> usize) {
        let (files, memory) = (self.files(), self.memory());
        let (over, served) = (AtomicBool::new(false), AtomicUsize::new(0));
        let attacking = async {
            let tried = attack(self).await;
            over.store(true, Ordering::Relaxed);
            tried
        };
        let (tried, ()) = tokio::join!(attacking, self.good(&over, &served));
        let since = Instant::now();
        let kept = KEPT + KEPT_EACH * tried as u64;
        while self.files() > files + POOL || self.memory() > memory + kept {
            assert!(
                since.elapsed() < BACK,
                "{name}: {} files and {} bytes before, {} and {} now",
                files,
                memory,
                self.files(),
                self.memory()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let served = served.into_inner();
        figure(
            "hostile",
            &format!("{name}: {tried} tried, {served} good requests beside them served, 0 failed"),
        );
    }

    /// A good client: at least one round of requests, each of which must succeed.
    async fn good(&self, over: &AtomicBool, served: &AtomicUsize) {
        let client = Client::new(&format!("http://{}", self.address), &self.token);
        loop {
            let pair = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] });
            for request in [
                client.post("compare", &pair),
                client.post("collections", &json!({ "name": "good" })),
            ] {
                let told = tokio::time::timeout(LATEST, request)
                    .await
                    .expect("a good client is served");
                told.data();
                served.fetch_add(1, Ordering::Relaxed);
            }
            if over.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Open files of the server.
    pub(crate) fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.id()))
            .unwrap()
            .count()
    }

    /// Waits until the number of open files is such.
    pub(crate) async fn until(&self, otherwise: &str, such: impl Fn(usize) -> bool) {
        let since = Instant::now();
        while !such(self.files()) {
            assert!(since.elapsed() < BACK, "{otherwise}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Memory of the server in use, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// Most files that the server, and this process, may open.
    pub(crate) fn most_files(&self) -> usize {
        most_files(&self.process.id().to_string())
            .0
            .min(most_files("self").0)
    }
}

/// How many files a process may open, now and at most.
fn most_files(process: &str) -> (usize, usize) {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let word = |at| {
        line.split_ascii_whitespace()
            .nth(at)
            .unwrap()
            .parse()
            .unwrap_or(usize::MAX)
    };
    (word(3), word(4))
}

/// As many files as the system allows, for this process and the servers that it starts; without `prlimit` those that it has.
fn raise_own_limit() {
    let (now, most) = most_files("self");
    if now < most {
        let own = std::process::id().to_string();
        let _without = Command::new("prlimit")
            .args(["--pid", &own, &format!("--nofile={most}:{most}")])
            .status();
    }
}

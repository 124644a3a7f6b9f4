//! Gateways on one private Postgres, each over a line of its own.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use reqwest::Url;

use super::{proxy::Proxy, watch::Watch};
use crate::{
    postgres,
    secret::secret,
    server::{Launcher, Running},
    setup::Fetched,
    torture::api::{Api, Credentials},
};

/// On SIGTERM a gateway serves for so long while it says already that it is not ready.
const NOTICE: Duration = Duration::from_secs(2);
/// Longest time to stop in order: notice, requests in flight, and some.
const STOP: Duration = Duration::from_secs(60);

/// All of it; ends when dropped.
pub(super) struct Cluster {
    /// Common to all.
    pub(super) postgres: postgres::Server,
    /// In the order in which they were started.
    pub(super) nodes: Vec<Node>,
    /// Of the account.
    pub(super) credentials: Credentials,
    program: PathBuf,
    fetched: Fetched,
    secrets: [String; 2],
    data: tempfile::TempDir,
}

/// One gateway.
pub(super) struct Node {
    /// Its line to Postgres.
    pub(super) line: Proxy,
    /// `http://HOST:PORT`, over all its starts.
    pub(super) base: String,
    launcher: Launcher,
    running: Option<Running>,
}

impl Cluster {
    /// Starts Postgres and the first gateways.
    ///
    /// # Errors
    /// What Postgres or a gateway says.
    pub(super) fn start(
        program: &Path,
        fetched: &Fetched,
        register: &Path,
        gateways: usize,
    ) -> Result<Self> {
        let data = tempfile::Builder::new()
            .prefix("rostro-nodes-")
            .tempdir()
            .context("no temporary folder can be made")?;
        let mut cluster = Self {
            postgres: postgres::private(register)?,
            nodes: Vec::new(),
            credentials: Credentials {
                token: String::new(),
                key: String::new(),
            },
            program: program.to_owned(),
            fetched: fetched.clone(),
            secrets: [secret(32), secret(32)],
            data,
        };
        for _ in 0..gateways {
            cluster.add()?;
        }
        let first = cluster.nodes.first().context("there is no gateway")?;
        cluster.credentials = Credentials {
            token: first.launcher.issue_token("torture")?,
            key: first.launcher.create_key("torture")?,
        };
        Ok(cluster)
    }

    /// Starts one more gateway.
    ///
    /// # Errors
    /// What it says.
    pub(super) fn add(&mut self) -> Result<()> {
        let name = format!("node-{}", self.nodes.len() + 1);
        let line = Proxy::to(self.postgres.port())?;
        let mut url = Url::parse(self.postgres.url()).context("the address of Postgres")?;
        let _has_a_host = url.set_port(Some(line.port()));
        url.query_pairs_mut().append_pair("application_name", &name);
        let data = self.data.path().join(&name);
        std::fs::create_dir(&data).context("no temporary folder can be made")?;
        let mut launcher = Launcher::new(
            self.program.clone(),
            &self.fetched,
            data,
            Some(url.as_str()),
        );
        let [signs, seals] = &self.secrets;
        launcher.set("ROSTRO_AUTH__SECRET", signs);
        launcher.set("ROSTRO_ENCRYPTION__MASTER_KEY", seals);
        // Clients know it, over all starts.
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        launcher.set("ROSTRO_SERVER__LISTEN", &listen.to_string());
        let notice = format!("{}s", NOTICE.as_secs());
        launcher.set("ROSTRO_SERVER__SHUTDOWN_DELAY", &notice);
        let mut node = Node {
            line,
            base: format!("http://{listen}"),
            launcher,
            running: None,
        };
        node.start()?;
        self.nodes.push(node);
        Ok(())
    }

    /// A client of each gateway.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn apis(&self, patience: impl Fn(usize) -> Duration) -> Result<Vec<Api>> {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .map(|(at, node)| Api::with_patience(&node.base, &self.credentials, patience(at)))
            .collect()
    }

    /// What each gateway says of itself.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn watch(&self) -> Result<Watch> {
        Watch::new(self.nodes.iter().map(|node| node.base.clone()).collect())
    }

    /// The gateway `at`.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn node(&mut self, at: usize) -> Result<&mut Node> {
        self.nodes.get_mut(at).context("there is no such gateway")
    }

    /// Whether every gateway still runs.
    ///
    /// # Errors
    /// When one has ended by itself.
    pub(super) fn all_alive(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            let alive = node.running()?.is_alive()?;
            ensure!(alive, "the gateway at {} ended by itself", node.base);
        }
        Ok(())
    }

    /// Keeps the folder of logs.
    pub(super) fn keep(self) -> PathBuf {
        self.data.keep()
    }
}

impl Node {
    /// Starts it and waits until it wants requests.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn start(&mut self) -> Result<()> {
        let mut running = self.launcher.spawn()?;
        running.ready()?;
        self.running = Some(running);
        Ok(())
    }

    /// The process.
    ///
    /// # Errors
    /// When it was ended.
    pub(super) fn running(&mut self) -> Result<&mut Running> {
        self.running.as_mut().context("the gateway does not run")
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub(super) fn kill(&mut self) -> Result<()> {
        let running = self.running.take();
        running.context("the gateway does not run")?.kill()
    }

    /// SIGTERM, up to its end.
    ///
    /// # Errors
    /// When it does not end in order.
    pub(super) fn stop(&mut self) -> Result<()> {
        let running = self.running.take();
        running.context("the gateway does not run")?.stop(STOP)
    }
}

//! Nodes on one database that divide the search indexes among themselves: who is there, who holds what, and how one asks another.
//!
//! Each node writes a row a second, and reads those of the others. What it holds follows from them (`view.rs`); whom it asks for what
//! it does not hold, too.

mod ask;
mod beat;
mod mac;
mod view;
mod wire;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use gallery::{Gallery, Held};
use parking_lot::RwLock;
use store::{Beat, Catalog, StoreError};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{Config, auth::Secrets};

pub(crate) use ask::{Refused, SCHEME, SEAL, now};
pub(crate) use mac::{Keys, Proof};
pub(crate) use view::{Peer, View};
pub(crate) use wire::{Answer, LARGEST, Probe, Question, Within};

/// Where a node asks another.
pub(crate) const PATH: &str = "/internal/v1/search";

/// What this node knows of the others, and they of it.
pub struct Nodes {
    address: String,
    id: Uuid,
    hold: Held,
    hold_text: String,
    node_timeout: Duration,
    take_over_after: Duration,
    view: RwLock<Arc<View>>,
    http: reqwest::Client,
    keys: Keys,
    /// Searches for other nodes, or for several, that compute here at a time.
    pub(crate) places: Semaphore,
}

impl Nodes {
    /// As the settings say; `None` where this node is alone, or each holds all and none is to be asked.
    ///
    /// # Errors
    /// One sentence for an operator.
    pub(crate) fn new(config: &Config, secrets: &Secrets, workers: usize) -> Result<Option<Self>> {
        let advertise = config.server.advertise.trim_end_matches('/');
        if advertise.is_empty() {
            return Ok(None);
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("rostro/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(ask::TIMEOUT)
            .build()
            .context(
                "other nodes cannot be asked: install the root certificates (ca-certificates)",
            )?;
        Ok(Some(Self {
            address: advertise.to_owned(),
            id: Uuid::new_v4(),
            hold: config.search.hold.held(),
            hold_text: config.search.hold.clone().into(),
            node_timeout: config.search.node_timeout,
            take_over_after: config.search.take_over_after,
            view: RwLock::default(),
            http,
            keys: Keys::new(secrets),
            places: Semaphore::new(workers.max(1)),
        }))
    }

    /// Who else is there.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read())
    }

    /// What proves that a question comes from a node.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Looks at once who is there: something was not as it was known to be.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn refresh(&self, store: &dyn Catalog) -> Result<(), StoreError> {
        let nodes = store.nodes().await?;
        self.learn(nodes);
        Ok(())
    }

    /// Tells the others not to ask this node any more. That the database is away is no matter: they will see that it is silent.
    pub(crate) async fn leave(&self, store: &dyn Catalog) {
        let _ = store.beat(self.said(&Held::nothing())).await;
    }

    fn said(&self, serves: &Held) -> Beat {
        Beat {
            address: self.address.clone(),
            id: self.id,
            hold: self.hold_text.clone(),
            serves: serves.to_string(),
        }
    }

    fn learn(&self, nodes: Vec<store::Node>) {
        let peers = nodes
            .into_iter()
            .filter(|node| node.said.address != self.address)
            .filter_map(|node| Peer::new(node, self.node_timeout));
        *self.view.write() = Arc::new(View::new(peers.collect()));
    }

    /// Gives signs of life, learns of those of others, and has `gallery` hold what follows from them, until the task is aborted.
    pub(crate) async fn run(&self, store: &dyn Catalog, gallery: &Gallery) {
        beat::run(self, store, gallery).await;
    }
}

//! The gallery: in-memory search indexes over the enrolled faces of all accounts, kept in step with the store.
//!
//! There is one index per collection, and one per account for persons in no collection. They hold nothing that the database
//! does not have: at start they are built from a scan, then they follow the store's changes by revision. A write is visible
//! to searches on this node once [`Gallery::reached`] its revision, and that is when it may be answered.
//!
//! With [`Engine::Pgvector`] there are no indexes here: searches ask the database itself.
//! [`Gallery::find`] answers for both.
//!
//! Rows are faces, answers are persons: a person scores as the best of its faces.

mod aim;
mod error;
mod find;
mod follow;
mod memory;
mod pgvector;
mod place;
mod roster;
mod scope;
mod shelves;
mod status;

use std::{sync::Arc, time::Duration};

use inference::MatchScale;
use store::{Catalog, ModelId, Revision};
use tokio::{sync::watch, task::JoinHandle};

pub use aim::Aim;
pub use error::GalleryError;
pub use find::{Answer, FindError, Match, Mode, Request};
pub use status::{Phase, Status};

use scope::Scope;
use shelves::Shelves;

/// Where templates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// In the memory of this node.
    Embedded,
    /// In Postgres, by pgvector.
    Pgvector {
        /// Vectors of one collection from which it has a partition and an index of its own, which [`Mode::Fast`] uses.
        partition_threshold: usize,
    },
}

impl Engine {
    /// As in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Pgvector { .. } => "pgvector",
        }
    }
}

/// What the gallery searches with.
#[derive(Debug, Clone)]
pub struct GalleryOptions {
    /// Where templates are compared.
    pub engine: Engine,
    /// The model whose templates are searched; faces of other models are not there.
    pub model: ModelId,
    /// Length of its templates.
    pub dimension: usize,
    /// Rows of one collection from which [`Mode::Fast`] uses a graph; below, it is exact too.
    pub graph_threshold: usize,
    /// How often to look for changes although nothing was heard of any.
    pub poll: Duration,
    /// How long [`Gallery::reached`] waits.
    pub patience: Duration,
}

/// What the follower and the searches share.
struct Shared {
    store: Arc<dyn Catalog>,
    options: GalleryOptions,
    scale: Arc<MatchScale>,
    shelves: Shelves,
    status: watch::Sender<Status>,
}

/// The searchable faces. Dropping it stops following the store.
pub struct Gallery {
    shared: Arc<Shared>,
    follower: JoinHandle<()>,
}

impl Gallery {
    /// Starts building the indexes in the background; [`Gallery::status`] tells how far they are. Must be called inside a
    /// Tokio runtime.
    ///
    /// # Errors
    /// [`GalleryError::Options`].
    pub fn start(
        store: Arc<dyn Catalog>,
        scale: Arc<MatchScale>,
        options: GalleryOptions,
    ) -> Result<Self, GalleryError> {
        let mut index_options = index::Options::new(options.dimension);
        index_options.graph.threshold = options.graph_threshold;
        let shelves = Shelves::new(index_options)
            .map_err(|error| GalleryError::Options(error.to_string()))?;
        let status = watch::Sender::new(Status::default());
        let shared = Arc::new(Shared {
            store,
            options,
            scale,
            shelves,
            status,
        });
        let own = Arc::clone(&shared);
        let follower = match own.options.engine {
            Engine::Embedded => tokio::spawn(follow::supervise(own)),
            Engine::Pgvector {
                partition_threshold,
            } => tokio::spawn(pgvector::run(own, partition_threshold)),
        };
        Ok(Self { shared, follower })
    }

    /// The model whose templates are searched.
    #[must_use]
    pub fn model(&self) -> ModelId {
        self.shared.options.model
    }

    /// Where templates are compared.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.shared.options.engine
    }

    /// What the follower is doing; costs nothing, unlike [`Gallery::status`].
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.shared.status.borrow().phase
    }

    /// What searches that begin now see at the least.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.shared.status.borrow().revision
    }

    /// How far the indexes are, with figures gathered from all of them.
    #[must_use]
    pub fn status(&self) -> Status {
        let mut status = self.shared.status.borrow().clone();
        self.shared.shelves.describe(&mut status);
        status
    }

    /// Returns once searches on this node see everything up to `revision`; waits for it for [`GalleryOptions::patience`].
    ///
    /// # Errors
    /// As [`Gallery::reached_within`].
    pub async fn reached(&self, revision: Revision) -> Result<(), GalleryError> {
        self.reached_within(revision, self.shared.options.patience)
            .await
    }

    /// Returns once searches on this node see everything up to `revision`.
    ///
    /// # Errors
    /// [`GalleryError::Stopped`] when the follower is gone; when `patience` ends first, [`GalleryError::Loading`] while the indexes are
    /// being built, otherwise [`GalleryError::Behind`].
    pub async fn reached_within(
        &self,
        revision: Revision,
        patience: Duration,
    ) -> Result<(), GalleryError> {
        let mut status = self.shared.status.subscribe();
        let reached = status.wait_for(|status| match status.phase {
            Phase::Loading => false,
            Phase::Following => status.revision >= revision,
            Phase::Stopped => true,
        });
        let reached = match tokio::time::timeout(patience, reached).await {
            Ok(Ok(status)) => Ok(status.phase),
            Ok(Err(_)) => Ok(Phase::Stopped),
            Err(_elapsed) => Err(self.phase()),
        };
        match reached {
            Ok(Phase::Following) => Ok(()),
            Err(Phase::Loading) => Err(GalleryError::Loading),
            Err(Phase::Following) => Err(GalleryError::Behind),
            Ok(_) | Err(Phase::Stopped) => Err(GalleryError::Stopped),
        }
    }

    /// Stops following the store, for good; to be called before the store is closed.
    pub fn stop(&self) {
        self.follower.abort();
        self.shared
            .status
            .send_modify(|status| status.phase = Phase::Stopped);
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        self.stop();
    }
}

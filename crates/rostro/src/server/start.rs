//! From settings to a listening server, and back.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use gallery::{Gallery, GalleryOptions};
use inference::{Engine, EngineConfig};
use packs::InstalledPack;
use store::{Catalog, EncryptionOptions, StoreOptions};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::upkeep;
use gateway::server::{Routes, Tls, router, serve};
use service::{
    App, AppState, Config, InstalledModels, Login, Recorder, Reembedder,
    auth::{Accounts, IdentityProvider, Keys, Secrets, Tokens},
    config::SearchEngine,
    fetch::Fetcher,
    limits::Limits,
    master_key::Source,
    observe::{self, Metrics},
    seal_key,
};
use service::{Readiness, ReembeddingTask};

/// How often the search indexes look for changes of which no notice came.
const POLL: Duration = Duration::from_millis(500);

/// A running server. Dropping it stops it at once; [`Server::stop`] lets it finish what is in flight.
pub struct Server {
    app: AppState,
    tls: Option<Arc<Tls>>,
    address: SocketAddr,
    operators: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
    upkeep: JoinHandle<()>,
    reembedding: JoinHandle<()>,
}

impl Server {
    /// Starts everything that `config` asks for: the address is taken first, then the database, then the models, which are
    /// loaded and warmed when this returns. The search indexes are built in the background.
    ///
    /// # Errors
    /// One sentence for an operator: the address is taken, the data folder cannot be written, the database cannot be
    /// opened, ONNX Runtime or the model pack is missing or not usable.
    pub async fn start(config: Config) -> Result<Self> {
        let (listener, address) = bind(config.server.listen, "server.listen").await?;
        let apart = match config.server.operators_listen() {
            Some(listen) => Some(bind(listen, "server.operators_listen").await?),
            None => None,
        };
        let operators = apart.as_ref().map(|(_, address)| *address);
        let metrics = Metrics::start()
            .map_err(anyhow::Error::msg)
            .context("the metrics cannot be started")?;
        let tls = Tls::start(&config.server.tls)?;
        let (app, reembedding) = assemble(config).await?;
        let app = Arc::new(app);
        let reembedding = tokio::spawn(reembedding.run());
        let (stop, stopping) = watch::channel(false);
        let Routes {
            all,
            operators: operators_routes,
        } = router(Arc::clone(&app), metrics.clone(), tls.clone());
        let apart = apart.map(|(listener, _)| listener).zip(operators_routes);
        let listeners = std::iter::once((listener, all)).chain(apart);
        let serving = listeners.map(|(listener, routes)| {
            let (app, tls, stopping) = (Arc::clone(&app), tls.clone(), stopping.clone());
            tokio::spawn(async move {
                serve(listener, tls, routes, stopping, &app.config.server).await;
            })
        });
        let serving = serving.collect();
        let upkeep = tokio::spawn(upkeep::run(Arc::clone(&app), metrics));
        Ok(Self {
            app,
            tls,
            address,
            operators,
            stop,
            serving,
            upkeep,
            reembedding,
        })
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of `/metrics` and `/docs`, when that is another.
    #[must_use]
    pub fn operators_address(&self) -> Option<SocketAddr> {
        self.operators
    }

    /// The address as clients begin theirs.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        // The unspecified address stands for all of this machine's own.
        if self.address.ip().is_unspecified() {
            format!("{scheme}://localhost:{}", self.address.port())
        } else {
            format!("{scheme}://{}", self.address)
        }
    }

    /// Its parts.
    #[must_use]
    pub fn app(&self) -> &AppState {
        &self.app
    }

    /// Whether [`Server::reload`] has anything to take up.
    #[must_use]
    pub fn can_reload(&self) -> bool {
        self.tls.is_some() || self.app.identity_provider.is_some()
    }

    /// Takes up a new certificate and the identity provider's keys as they are now, where the settings name such.
    pub async fn reload(&self) {
        if let Some(tls) = &self.tls {
            tls.reload();
        }
        if let Some(provider) = &self.app.identity_provider {
            provider.refresh().await;
        }
    }

    /// Stops: `/readyz` says no; after `server.shutdown_delay` no connection is accepted any more, requests in flight may finish within
    /// `server.drain_timeout`, audit records are written, the database is closed.
    pub async fn stop(mut self) {
        self.app.readiness.drain();
        tokio::time::sleep(self.app.config.server.shutdown_delay).await;
        let _ = self.stop.send(true);
        for serving in &mut self.serving {
            if let Err(error) = serving.await {
                tracing::error!(%error, "a listener failed");
            }
        }
        self.upkeep.abort();
        self.app.login.finish().await;
        self.app.audit.finish().await;
        self.reembedding.abort();
        self.app.gallery.stop();
        self.app.store.close().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
        self.upkeep.abort();
        self.reembedding.abort();
    }
}

/// A listener, and where it really is.
async fn bind(listen: SocketAddr, setting: &str) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} ({setting})"))?;
    let address = listener
        .local_addr()
        .context("the listening socket has no address")?;
    Ok((listener, address))
}

/// Opens the database of the settings.
///
/// # Errors
/// One sentence for an operator; the address is shown without its password.
pub async fn open_store(config: &Config) -> Result<Arc<dyn Catalog>> {
    let data: &Path = &config.server.data;
    let encryption = config.encryption.enabled.then(|| EncryptionOptions {
        keys: config
            .encryption
            .keys(data)
            .map(|keys| config.database.with_password(&keys).unwrap_or(keys)),
        source: Arc::new(Source::new(&config.encryption, data)),
    });
    let options = StoreOptions {
        encryption,
        max_connections: config.database.max_connections,
        // A database that falls silent in the middle of a transaction is a 503, not a 504.
        operation_timeout: config.server.request_timeout * 2 / 3,
        ..StoreOptions::default()
    };
    store::open(&config.database.url(data), &options)
        .await
        .with_context(|| {
            format!(
                "the database {} cannot be opened (database.url)",
                config.database.display_url()
            )
        })
}

/// The parts, and what is to run beside them.
async fn assemble(config: Config) -> Result<(App, ReembeddingTask)> {
    let secrets = Secrets::load(&config.auth, &config.server.data)?;
    let store = open_store(&config).await?;
    if let Some((file, true)) = config.encryption.file(&config.server.data)
        && config.encryption.enabled
    {
        // A command may have made it, which has no log.
        tracing::info!(
            file = %file.display(),
            "persons are encrypted under the master key in this file: without it they are lost for good, so keep a copy of it apart from the database"
        );
    }
    let fetcher = Fetcher::new(&config.fetch);
    let engine = start_engine(&config).await?;
    let since = store
        .revision()
        .await
        .context("the database does not tell its revision")?;
    if config.search.engine == SearchEngine::Pgvector {
        prepare_vectors(&config, &store, &engine).await?;
    }
    let gallery = Arc::new(start_gallery(&config, &store, &engine)?);
    let reembedding = ReembeddingTask {
        store: Arc::clone(&store),
        gallery: Arc::clone(&gallery),
        reembedder: reembedder(&config, &store, &engine)?,
        state: Arc::default(),
        since,
    };
    let app = App {
        reembedding: Arc::clone(&reembedding.state),
        login: Login::new(&config, secrets.current())?,
        tokens: Tokens::new(&secrets, config.auth.clock_skew),
        identity_provider: IdentityProvider::start(&config.auth).await?,
        accounts: Accounts::new(Arc::clone(&store)),
        keys: Keys::new(Arc::clone(&store), &secrets),
        limits: Arc::new(Limits::new(&config)),
        audit: Recorder::new(
            Arc::clone(&store),
            seal_key(secrets.current()),
            &engine.info().embedder,
        ),
        models: InstalledModels::new(&config.models),
        readiness: Readiness::default(),
        config,
        engine,
        store,
        gallery,
        fetcher,
    };
    Ok((app, reembedding))
}

/// Starts the worker pool of the settings.
///
/// # Errors
/// One sentence for an operator.
pub(crate) async fn start_engine(config: &Config) -> Result<Engine> {
    config.demand_models()?;
    let runtime = &config.inference.onnxruntime;
    let settings = EngineConfig {
        onnxruntime: (!runtime.as_os_str().is_empty()).then(|| runtime.clone()),
        provider: config.inference.provider.into(),
        workers: config.inference.workers,
        queue: config.inference.queue,
        remember: config.inference.remember,
        job_time: Some(config.inference.job_time),
        limits: config.images.limits(),
        observer: Some(observe::inference_observer()),
    };
    let dir = config.models.pack_dir();
    // Hashing and loading models blocks for seconds.
    tokio::task::spawn_blocking(move || Engine::start(&InstalledPack::open(&dir)?, &settings))
        .await
        .context("the models could not be loaded")?
        .map_err(anyhow::Error::from)
}

/// Makes sure that the database can compare templates, and has a place for them.
async fn prepare_vectors(config: &Config, store: &Arc<dyn Catalog>, engine: &Engine) -> Result<()> {
    let info = engine.info();
    let model = info
        .embedder
        .parse()
        .context("the embedding model has no identity")?;
    store
        .prepare_vectors(model, info.dimension)
        .await
        .context("faces cannot be searched in the database")?;
    if config.encryption.enabled {
        tracing::warn!(
            "search.engine is \"pgvector\": templates are stored in the clear beside the encrypted ones, and backups of the database keep those of persons who are deleted later (docs/SECURITY.md)"
        );
    }
    Ok(())
}

fn start_gallery(config: &Config, store: &Arc<dyn Catalog>, engine: &Engine) -> Result<Gallery> {
    let info = engine.info();
    let options = GalleryOptions {
        engine: match config.search.engine {
            SearchEngine::Embedded => gallery::Engine::Embedded,
            SearchEngine::Pgvector => gallery::Engine::Pgvector {
                partition_threshold: config.search.partition_threshold,
            },
        },
        model: info
            .embedder
            .parse()
            .context("the embedding model has no identity")?,
        dimension: info.dimension,
        graph_threshold: config.search.graph_threshold,
        poll: POLL,
        patience: config.search.visible_within,
    };
    Gallery::start(Arc::clone(store), Arc::clone(engine.match_scale()), options)
        .context("the search indexes cannot be started")
}

/// One that leaves most workers to requests.
fn reembedder(config: &Config, store: &Arc<dyn Catalog>, engine: &Engine) -> Result<Reembedder> {
    let at_once = engine.info().workers / 4;
    Reembedder::new(
        Arc::clone(store),
        engine.clone(),
        config.images.limits(),
        at_once,
    )
    .context("the embedding model has no identity")
}

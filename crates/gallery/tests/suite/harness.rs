//! A fresh database for every test, in both kinds, and made-up persons.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::FutureExt;
use gallery::{Aim, Engine, FindError, Gallery, GalleryOptions, Match, Mode, Request};
use inference::Embedding;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use store::{
    Catalog, ClientId, CollectionId, CollectionRef, NewClient, NewCollection, NewFace, NewPerson,
    Person, PersonId, Revision, StoreOptions,
};

use crate::made_up::scale;

pub(crate) use crate::made_up::model;

/// Length of the made-up templates: that of a small real model.
const DIMENSION: usize = 128;

/// An open database, and how to open it once more, as another node would.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) catalog: Arc<dyn Catalog>,
    url: String,
    engine: Engine,
}

impl Bench {
    async fn open(url: String, options: &StoreOptions) -> Self {
        let catalog = store::open(&url, options).await.unwrap();
        Self {
            catalog,
            url,
            engine: Engine::Embedded,
        }
    }

    /// The same, whose galleries search with this engine.
    pub(crate) fn with(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    pub(crate) async fn another_node(&self) -> Self {
        let node = Self::open(self.url.clone(), &StoreOptions::default()).await;
        node.with(self.engine)
    }

    /// Another node, which looks for changes only so often by itself.
    pub(crate) async fn another_node_that_polls_every(&self, poll_interval: Duration) -> Self {
        let options = StoreOptions {
            poll_interval,
            ..StoreOptions::default()
        };
        Self::open(self.url.clone(), &options).await
    }

    /// A gallery that has read everything there is.
    pub(crate) async fn gallery(&self) -> Gallery {
        if self.engine != Engine::Embedded {
            let made = self.catalog.prepare_vectors(model(), DIMENSION);
            made.await.unwrap();
        }
        let gallery = self.start(GalleryOptions {
            engine: self.engine,
            ..options()
        });
        gallery.reached(Revision::ZERO).await.unwrap();
        gallery
    }

    /// A gallery that begins to read.
    pub(crate) fn start(&self, options: GalleryOptions) -> Gallery {
        Gallery::start(self.catalog.clone(), scale(&ANCHORS), options).unwrap()
    }

    /// Runs statements on a connection of their own.
    pub(crate) async fn raw(&self, statements: &str) {
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        if self.url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            connection.execute(statements).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection.execute(statements).await.unwrap();
        }
    }

    pub(crate) async fn account(&self, name: &str) -> ClientId {
        let new = NewClient {
            name: name.to_owned(),
            ..NewClient::default()
        };
        self.catalog.create_client(new).await.unwrap().id
    }

    pub(crate) async fn collection(&self, client: ClientId) -> CollectionId {
        let new = NewCollection {
            name: "people".to_owned(),
            ..NewCollection::default()
        };
        self.catalog
            .create_collection(client, new)
            .await
            .unwrap()
            .id
    }

    /// Enrols a person with these faces, and waits for `gallery` to see it.
    pub(crate) async fn enrol(
        &self,
        gallery: &Gallery,
        client: ClientId,
        faces: &[u64],
        collections: &[CollectionId],
    ) -> Person {
        let new = person(faces, collections);
        let committed = self.catalog.create_person(client, new).await.unwrap();
        gallery.reached(committed.revision).await.unwrap();
        committed.value
    }
}

/// What most tests search with.
pub(crate) fn options() -> GalleryOptions {
    GalleryOptions {
        engine: Engine::Embedded,
        model: model(),
        dimension: DIMENSION,
        graph_threshold: usize::MAX,
        poll: Duration::from_millis(500),
        patience: Duration::from_secs(60),
    }
}

/// A person with the made-up faces of these numbers.
pub(crate) fn person(faces: &[u64], collections: &[CollectionId]) -> NewPerson {
    NewPerson {
        name: "somebody".to_owned(),
        collections: collections.iter().copied().map(CollectionRef::Id).collect(),
        faces: faces.iter().copied().map(face).collect(),
        namesakes: true,
        ..NewPerson::default()
    }
}

/// The made-up face of a number.
pub(crate) fn face(number: u64) -> NewFace {
    NewFace {
        thumbnail: vec![0xFF, 0xD8],
        crop: None,
        original: None,
        embedding: template(number).as_slice().to_vec(),
        model: model(),
        quality: None,
    }
}

/// The template of a number: the same for the same number, nearly at a right angle to all others.
pub(crate) fn template(number: u64) -> Embedding {
    let mut random = StdRng::seed_from_u64(number);
    let values: Vec<f32> = (0..DIMENSION)
        .map(|_| random.random_range(-1.0..1.0))
        .collect();
    Embedding::normalised(&values).unwrap()
}

/// A template that is `share` (0 to 1) of one number's and the rest of another's.
pub(crate) fn between(number: u64, other: u64, share: f32) -> Embedding {
    Embedding::weighted_mean(&[template(number), template(other)], &[share, 1.0 - share]).unwrap()
}

/// What cosines mean.
const ANCHORS: [(f64, f64); 5] = [
    (1e-2, 0.30),
    (1e-3, 0.40),
    (1e-4, 0.50),
    (1e-5, 0.60),
    (1e-6, 0.70),
];

/// A request for everybody with at least this score.
pub(crate) fn query(
    client: ClientId,
    collection: Option<CollectionId>,
    probe: Embedding,
    min_score: f64,
) -> Request {
    Request {
        client,
        collection,
        probes: vec![probe],
        min_score,
        max_fpir: None,
        slack: 0.0,
        limit: 100,
        mode: Mode::Accurate,
    }
}

/// Who was found of the only probe.
pub(crate) async fn find(gallery: &Gallery, request: &Request) -> Result<Vec<Match>, FindError> {
    let answer = gallery.find(request.clone()).await?;
    Ok(answer.matches.into_iter().next().unwrap())
}

/// What counts as found.
pub(crate) async fn aim(
    gallery: &Gallery,
    client: ClientId,
    collection: Option<CollectionId>,
    min_score: f64,
    max_fpir: Option<f64>,
) -> Aim {
    let request = Request {
        probes: Vec::new(),
        max_fpir,
        ..query(client, collection, template(0), min_score)
    };
    gallery.find(request).await.unwrap().aim
}

/// How many faces are searched.
pub(crate) async fn count(
    gallery: &Gallery,
    client: ClientId,
    collection: Option<CollectionId>,
) -> usize {
    aim(gallery, client, collection, 0.0, None).await.faces
}

/// Who has the face of this number.
pub(crate) async fn who(
    gallery: &Gallery,
    client: ClientId,
    collection: Option<CollectionId>,
    face: u64,
) -> Vec<PersonId> {
    let query = query(client, collection, template(face), 0.9);
    let found = find(gallery, &query).await.unwrap();
    found.iter().map(|one: &Match| one.person).collect()
}

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let bench = Bench::open(url, &StoreOptions::default()).await;
    let catalog = bench.catalog.clone();
    test(bench).await;
    catalog.close().await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    on_server("ROSTRO_TEST_POSTGRES_URL", Engine::Embedded, test).await;
}

/// On a Postgres with pgvector, with galleries that search there.
pub(crate) async fn with_pgvector<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    let engine = Engine::Pgvector {
        partition_threshold: usize::MAX,
    };
    on_server("ROSTRO_TEST_PGVECTOR_URL", engine, test).await;
}

async fn on_server<F: Future<Output = ()>>(
    variable: &str,
    engine: Engine,
    test: impl FnOnce(Bench) -> F,
) {
    let Ok(server) = std::env::var(variable) else {
        eprintln!("SKIPPED: {variable} is not set");
        return;
    };
    if engine != Engine::Embedded {
        // In a schema that stays: each test's own goes with it, and what is in that.
        let made = "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public";
        let mut connection = PgConnection::connect(&server).await.unwrap();
        // Another test may be making it.
        let _ = connection.execute(made).await;
        connection.close().await.unwrap();
    }
    let schema = format!("test_{}", uuid::Uuid::new_v4().simple());
    admin(&server, format!("CREATE SCHEMA {schema}")).await;
    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
    let bench = Bench::open(url, &StoreOptions::default())
        .await
        .with(engine);
    let catalog = bench.catalog.clone();
    // The schema goes also when the test fails.
    let result = std::panic::AssertUnwindSafe(test(bench))
        .catch_unwind()
        .await;
    catalog.close().await;
    admin(&server, format!("DROP SCHEMA {schema} CASCADE")).await;
    if let Err(failure) = result {
        std::panic::resume_unwind(failure);
    }
}

async fn admin(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection
        .execute(sqlx::AssertSqlSafe(statement))
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// `on_both! { test_function, ... }`: each `async fn(Bench)` as a test on SQLite and as one on Postgres.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::harness::on_sqlite(super::$test).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::harness::on_postgres(super::$test).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// `on_pgvector! { test_function, ... }`: each `async fn(Bench)` as a test on a Postgres with pgvector.
macro_rules! on_pgvector {
    ($($test:ident),* $(,)?) => {
        mod pgvector {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::harness::with_pgvector(super::$test).await;
            })*
        }
    };
}
pub(crate) use on_pgvector;

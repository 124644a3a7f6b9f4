//! A fresh database for every test, in both kinds.

use std::fs;
use std::future::Future;
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};
use store::{
    Catalog, ChangeKind, Client, ClientId, Collection, CollectionId, EncryptionOptions, MasterKey,
    MasterKeySource, MasterKeys, ModelId, NewClient, NewCollection, NewFace, NewPerson, Person,
    Revision, StoreOptions, Template,
};
use zeroize::Zeroizing;

/// What a test gets: an open catalog, and how to open it once more, as another node would.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) url: String,
}

/// The key of the tests.
pub(crate) fn master_key(seed: u8) -> MasterKey {
    MasterKey::new(&Zeroizing::new([seed; 32])).expect("a key")
}

/// Every test runs on an encrypted database.
pub(crate) fn options(url: &str) -> StoreOptions {
    encrypted(url, Arc::new(MasterKeys::new(master_key(1), [])))
}

/// With keys from this source.
pub(crate) fn encrypted(url: &str, source: Arc<dyn MasterKeySource>) -> StoreOptions {
    // The schema of a test has the key store too.
    let keys = url.starts_with("postgres").then(|| url.to_owned());
    StoreOptions {
        encryption: Some(EncryptionOptions { keys, source }),
        ..StoreOptions::default()
    }
}

impl Bench {
    async fn open(url: String) -> Self {
        let catalog = store::open(&url, &options(&url))
            .await
            .expect("the database opens");
        Self { catalog, url }
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Arc<dyn Catalog> {
        store::open(&self.url, &options(&self.url))
            .await
            .expect("the database opens again")
    }

    /// A new account.
    pub(crate) async fn account(&self, name: &str) -> Client {
        self.catalog
            .create_client(NewClient {
                name: name.to_owned(),
                ..NewClient::default()
            })
            .await
            .expect("an account")
    }
}

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Bench::open(format!(
        "sqlite://{}",
        folder.path().join("new/rostro.db").display()
    ))
    .await;
    let catalog = bench.catalog.clone();
    test(bench).await;
    catalog.close().await;
    fs::remove_dir_all(folder.path()).expect("nothing is open any more");
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    let Ok(server) = std::env::var("ROSTRO_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: ROSTRO_TEST_POSTGRES_URL is not set");
        return;
    };
    let schema = format!("test_{}", uuid::Uuid::new_v4().simple());
    admin(&server, format!("CREATE SCHEMA {schema}")).await;
    let separator = if server.contains('?') { '&' } else { '?' };
    let url =
        format!("{server}{separator}options=-csearch_path%3D{schema}&application_name={schema}");
    let bench = Bench::open(url).await;
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
    let mut connection = PgConnection::connect(server)
        .await
        .expect("ROSTRO_TEST_POSTGRES_URL leads to a server");
    connection
        .execute(sqlx::AssertSqlSafe(statement))
        .await
        .expect("a schema of one's own");
    connection.close().await.expect("a clean end");
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

/// The database without the catalog.
impl Bench {
    /// Runs a statement on a connection of its own.
    pub(crate) async fn raw(&self, statement: &str) -> Result<(), sqlx::Error> {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        if self.url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            connection.execute(statement).await?;
        } else {
            let mut connection = PgConnection::connect(&self.url).await?;
            connection.execute(statement).await?;
        }
        Ok(())
    }

    /// Where the Postgres server listens, and the address of this database through another port of this machine. Nothing when
    /// the server is not reached by TCP.
    pub(crate) fn address(&self) -> Option<((String, u16), impl Fn(u16) -> String)> {
        let options: PgConnectOptions = self.url.parse().expect("it was opened before");
        let tcp = options.get_socket().is_none() && !options.get_host().starts_with('/');
        let server = (options.get_host().to_owned(), options.get_port());
        // The driver leaves this part out.
        let tail = self
            .url
            .split_once("options=")
            .expect("a schema")
            .1
            .to_owned();
        let through = move |port| {
            let url = options.clone().host("127.0.0.1").port(port).to_url_lossy();
            format!("{url}&options={tail}")
        };
        tcp.then_some((server, through))
    }

    /// Cuts the connections of this test's catalogs, as a failing network does.
    pub(crate) async fn cut_connections(&self) {
        let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()";
        self.raw(statement).await.expect("connections are cut");
    }
}

/// Things that many tests need.
impl Bench {
    /// A new collection.
    pub(crate) async fn collection(&self, client: ClientId, name: &str) -> Collection {
        let new = NewCollection {
            name: name.to_owned(),
            ..NewCollection::default()
        };
        self.catalog
            .create_collection(client, new)
            .await
            .expect("a collection")
    }

    /// A new person with one face.
    pub(crate) async fn person(
        &self,
        client: ClientId,
        name: &str,
        collections: &[CollectionId],
    ) -> Person {
        self.catalog
            .create_person(client, someone(name, collections))
            .await
            .expect("a person")
            .value
    }

    /// The changes after a revision.
    pub(crate) async fn changes(&self, since: Revision) -> Vec<ChangeKind> {
        let changes = self
            .catalog
            .changes_since(since, 10_000)
            .await
            .expect("changes");
        changes.into_iter().map(|change| change.kind).collect()
    }

    /// All templates of the model, as a new follower reads them.
    pub(crate) async fn scan(&self, batch: u32) -> Vec<Vec<Template>> {
        let scan = self
            .catalog
            .scan_templates(model(), batch)
            .await
            .expect("a scan");
        scan.batches
            .map(|batch| batch.expect("a batch"))
            .collect()
            .await
    }
}

/// The model of the tests.
pub(crate) fn model() -> ModelId {
    ModelId::from([7; 32])
}

/// A face whose pictures and template are made of `seed`.
pub(crate) fn face(seed: u8) -> NewFace {
    NewFace {
        thumbnail: vec![0xff, 0xd8, seed],
        crop: None,
        original: Some(vec![seed; 3]),
        embedding: vec![f32::from(seed), 0.5, -1.0 / 3.0],
        model: model(),
        quality: Some(0.25),
    }
}

/// A person of this name with one face.
pub(crate) fn someone(name: &str, collections: &[CollectionId]) -> NewPerson {
    NewPerson {
        name: name.to_owned(),
        collections: collections.iter().map(|&id| id.into()).collect(),
        faces: vec![face(1)],
        ..NewPerson::default()
    }
}

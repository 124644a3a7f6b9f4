//! A fresh database for every test, in both kinds.

use std::fs;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use sqlx::{Connection, Executor, PgConnection};
use store::{Catalog, Client, NewClient, StoreOptions};

/// What a test gets: an open catalog, and how to open it once more, as another node would.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) url: String,
}

impl Bench {
    async fn open(url: String) -> Self {
        let catalog = store::open(&url, &StoreOptions::default())
            .await
            .expect("the database opens");
        Self { catalog, url }
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Arc<dyn Catalog> {
        store::open(&self.url, &StoreOptions::default())
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
    let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
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

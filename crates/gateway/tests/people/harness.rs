//! A server on each database, and a fresh account for each test.

use std::{
    panic::AssertUnwindSafe,
    sync::{LazyLock, OnceLock},
};

use futures_util::FutureExt as _;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::runtime::Runtime;

use crate::{account::Account, common::TestServer};

/// Outlives each test, as the shared server must.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Many requests at a time, none of them refused for lack of places.
fn roomy(config: &mut gateway::Config) {
    config.inference.queue = 256;
    config.server.max_in_flight = 256;
    config.server.request_timeout = std::time::Duration::from_secs(120);
    config.server.drain_timeout = std::time::Duration::from_secs(125);
}

/// Runs `test` with a new account of a server on SQLite that all tests share: accounts do not meet.
pub(crate) fn on_sqlite(test: impl AsyncFnOnce(&Account)) {
    static SERVER: OnceLock<Option<TestServer>> = OnceLock::new();
    let server = SERVER.get_or_init(|| RUNTIME.block_on(TestServer::start_with(roomy)));
    if let Some(server) = server {
        RUNTIME.block_on(async { test(&Account::new(server).await).await });
    }
}

/// Runs `test` with a new account of a server on Postgres, in a schema of its own, which goes also when the test fails.
pub(crate) fn on_postgres(test: impl AsyncFnOnce(&Account)) {
    let Ok(postgres) = std::env::var("ROSTRO_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: ROSTRO_TEST_POSTGRES_URL is not set");
        return;
    };
    RUNTIME.block_on(async {
        let schema = format!("people_{}", uuid::Uuid::new_v4().simple());
        admin(&postgres, format!("CREATE SCHEMA {schema}")).await;
        let separator = if postgres.contains('?') { '&' } else { '?' };
        let url = format!("{postgres}{separator}options=-csearch_path%3D{schema}");
        let server = TestServer::start_with(|config| {
            roomy(config);
            config.database.url = gateway::config::Secret::new(url);
        });
        let mut outcome = Ok(());
        if let Some(server) = server.await {
            let account = Account::new(&server).await;
            outcome = AssertUnwindSafe(test(&account)).catch_unwind().await;
            drop(account);
            server.stop().await;
        }
        admin(&postgres, format!("DROP SCHEMA {schema} CASCADE")).await;
        if let Err(failure) = outcome {
            std::panic::resume_unwind(failure);
        }
    });
}

async fn admin(postgres: &str, statement: String) {
    let mut connection = PgConnection::connect(postgres)
        .await
        .expect("ROSTRO_TEST_POSTGRES_URL leads to a server");
    connection
        .execute(sqlx::AssertSqlSafe(statement))
        .await
        .expect("a schema of one's own");
    connection.close().await.expect("a clean end");
}

/// `on_both! { test_function, ... }`: each `async fn(&Account)` as a test on SQLite and as one on Postgres.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                crate::harness::on_sqlite(super::$test);
            })*
        }
        mod postgres {
            $(#[test]
            fn $test() {
                crate::harness::on_postgres(super::$test);
            })*
        }
    };
}
pub(crate) use on_both;

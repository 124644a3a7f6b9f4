//! One server for each kind of database, which all tests of a binary share: loading models takes longer than most of them.
//! Accounts keep the tests apart.

use std::{
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use service::{
    Config,
    config::{SearchEngine, Secret},
};
use tokio::runtime::Runtime;

use super::{
    TestServer,
    database::{Kind, TestDatabase},
};

/// Outlives each test, as the servers must.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Runs `test` against the server on this kind of database. The schema in Postgres stays behind: the server of the tests is
/// thrown away as a whole.
pub fn on(kind: Kind, test: impl AsyncFnOnce(&TestServer)) {
    static SQLITE: OnceLock<Option<TestServer>> = OnceLock::new();
    static POSTGRES: OnceLock<Option<TestServer>> = OnceLock::new();
    static PGVECTOR: OnceLock<Option<TestServer>> = OnceLock::new();
    let shared = match kind {
        Kind::Sqlite => &SQLITE,
        Kind::Postgres => &POSTGRES,
        Kind::Pgvector => &PGVECTOR,
    };
    let start = async || {
        let database = TestDatabase::create(kind).await?;
        TestServer::start_with(|config| {
            config.database.url = Secret::new(&database.url);
            if kind == Kind::Pgvector {
                config.search.engine = SearchEngine::Pgvector;
                config.search.templates_in_the_clear = true;
            }
            roomy(config);
        })
        .await
    };
    if let Some(server) = shared.get_or_init(|| RUNTIME.block_on(start())) {
        RUNTIME.block_on(test(server));
    }
}

/// Many requests at a time, none of them refused for lack of places.
fn roomy(config: &mut Config) {
    config.inference.queue = 256;
    config.server.max_in_flight = 256;
    config.server.request_timeout = Duration::from_secs(120);
    config.server.drain_timeout = Duration::from_secs(125);
}

/// `on_both! { Account, test, ... }`: each `async fn(&Account)` as a test on SQLite and as one on Postgres, each with a fresh
/// account of the shared server.
#[allow(unused_macros, reason = "shared by several test binaries")]
macro_rules! on_both {
    ($account:ty, $($test:ident),* $(,)?) => {
        mod sqlite {
            use super::*;
            $(#[test]
            fn $test() {
                let on = crate::common::database::Kind::Sqlite;
                crate::common::shared::on(on, async |server: &crate::common::TestServer| super::$test(&<$account>::new(server).await).await);
            })*
        }
        mod postgres {
            use super::*;
            $(#[test]
            fn $test() {
                let on = crate::common::database::Kind::Postgres;
                crate::common::shared::on(on, async |server: &crate::common::TestServer| super::$test(&<$account>::new(server).await).await);
            })*
        }
    };
}
#[allow(unused_imports, reason = "shared by several test binaries")]
pub(crate) use on_both;

/// `on_pgvector! { Account, test, ... }`: each `async fn(&Account)` as a test on a Postgres that searches faces itself.
#[allow(unused_macros, reason = "shared by several test binaries")]
macro_rules! on_pgvector {
    ($account:ty, $($test:ident),* $(,)?) => {
        mod pgvector {
            use super::*;
            $(#[test]
            fn $test() {
                let on = crate::common::database::Kind::Pgvector;
                crate::common::shared::on(on, async |server: &crate::common::TestServer| super::$test(&<$account>::new(server).await).await);
            })*
        }
    };
}
#[allow(unused_imports, reason = "shared by several test binaries")]
pub(crate) use on_pgvector;

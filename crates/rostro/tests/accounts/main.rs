//! The account routes against a running server, on both databases: sessions, revocation, profile, login by one-time code
//! with a real SMTP conversation and a real HTTP hook.
#![allow(clippy::print_stderr, reason = "a skipped test must say so")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails says where"
)]

#[path = "../common/mod.rs"]
mod common;
mod login;
mod profile;
mod session;
mod sinks;

use common::{
    TestServer,
    database::{Kind, TestDatabase},
};
use service::Config;

/// Runs `test` against a server on this kind of database, with the settings that `change` makes.
async fn on<F: Future<Output = TestServer>>(
    kind: Kind,
    change: impl FnOnce(&mut Config),
    test: impl FnOnce(TestServer) -> F,
) {
    let Some(database) = TestDatabase::create(kind).await else {
        return;
    };
    let url = service::config::Secret::new(database.url.clone());
    let server = TestServer::start_with(|config| {
        config.database.url = url;
        change(config);
    });
    if let Some(server) = server.await {
        test(server).await.stop().await;
    }
    database.drop().await;
}

/// `on_both! { test, ... }`: each `async fn(Kind)` as a test on SQLite and as one on Postgres.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::common::database::Kind::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::common::database::Kind::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_both;

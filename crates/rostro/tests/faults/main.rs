//! Parts that fail under a running server: a full disk, a database that is away, searches that fall behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]

#[path = "../common/mod.rs"]
mod common;
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../verifik/pictures.rs"]
mod pictures;
#[path = "../../../store/tests/suite/proxy.rs"]
mod proxy;

mod away;
mod behind;
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
mod client;
mod clock;
mod full_disk;
mod memory;
mod nodes;
mod panics;
mod process;
mod raw;
mod startup;
mod stop;
mod upkeep;

use common::{
    TestServer,
    database::{Kind, TestDatabase},
};
use service::{Config, config::Secret};

/// Runs `test` against a server of its own on this kind of database, with the settings that `change` makes.
async fn with_server(
    kind: Kind,
    change: impl FnOnce(&mut Config),
    test: impl AsyncFnOnce(&TestServer),
) {
    let Some(database) = TestDatabase::create(kind).await else {
        return;
    };
    let server = TestServer::start_with(|config| {
        config.database.url = Secret::new(&database.url);
        change(config);
    });
    if let Some(server) = server.await {
        test(&server).await;
        server.stop().await;
    }
    database.drop().await;
}

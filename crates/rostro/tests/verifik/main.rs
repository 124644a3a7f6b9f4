//! The Verifik dialect against a running server with real models.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod bad_input;
mod contract;
mod crowd;
mod doctor;
mod pictures;
mod records;
mod urls;

use std::sync::{LazyLock, OnceLock};

use common::TestServer;
use tokio::runtime::Runtime;

/// Outlives each test, as the shared server must.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Runs `test` against a server with default settings that all tests share: loading models takes longer than most of them.
fn with_server(test: impl AsyncFnOnce(&TestServer)) {
    static SERVER: OnceLock<Option<TestServer>> = OnceLock::new();
    if let Some(server) = SERVER.get_or_init(|| RUNTIME.block_on(TestServer::start())) {
        RUNTIME.block_on(test(server));
    }
}

/// Runs `test` against a server of its own with the settings that `change` makes.
fn with_own_server(change: impl FnOnce(&mut service::Config), test: impl AsyncFnOnce(&TestServer)) {
    RUNTIME.block_on(async {
        if let Some(server) = TestServer::start_with(change).await {
            test(&server).await;
            server.stop().await;
        }
    });
}

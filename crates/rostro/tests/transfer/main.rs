//! `rostro client`, `token`, `import` and `export` as their users run them, on both databases.
#![allow(clippy::print_stderr, reason = "a skipped test must say so")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says where"
)]

mod accounts;
mod archives;
#[path = "../common/mod.rs"]
mod common;
mod pictures;

use std::{
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use common::database::{Kind, TestDatabase};
use futures_util::StreamExt as _;
use store::{Catalog, Record};

/// A folder with a database, as `rostro` is run in it.
pub struct Home {
    /// Its data folder.
    pub folder: tempfile::TempDir,
    /// Where its database is.
    pub url: String,
    database: TestDatabase,
}

impl Home {
    /// A new one; `None` when there is no such database.
    pub async fn new(kind: Kind) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(kind).await?;
        let url = database
            .url
            .replace("{data}", &folder.path().display().to_string());
        Some(Self {
            folder,
            url,
            database,
        })
    }

    /// Runs `rostro` with these arguments.
    pub fn rostro(&self, arguments: &[&str]) -> Output {
        let models = std::env::var_os("ROSTRO_TEST_MODELS").unwrap_or_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rostro"));
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("ROSTRO_"))
            {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("ROSTRO_DATABASE__URL", &self.url)
            .env("ROSTRO_MODELS__DIR", models)
            .env("ROSTRO_MODELS__PACK", common::pack())
            .output()
            .unwrap()
    }

    /// What it prints, when it succeeds.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.rostro(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it complains about, when it fails.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.rostro(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            text.starts_with("error: ") && text.lines().count() == 1,
            "{text}"
        );
        text
    }

    /// The database itself.
    pub async fn store(&self) -> Arc<dyn Catalog> {
        let mut config = service::Config::defaults().unwrap();
        config.database.url = service::config::Secret::new(self.url.as_str());
        config.server.data = self.folder.path().join("data");
        rostro::server::open_store(&config).await.unwrap()
    }

    /// All of an account, in the order of an export.
    pub async fn records(&self, account: &str) -> Vec<Record> {
        let store = self.store().await;
        let client = store.client_by_name(account).await.unwrap().unwrap();
        let records = store
            .export_account(client.id)
            .map(Result::unwrap)
            .collect()
            .await;
        store.close().await;
        records
    }

    /// Its data folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes its database away.
    pub async fn drop(self) {
        self.database.drop().await;
    }
}

/// `on_both! { test, ... }`: each `async fn(Home)` as a test on SQLite and as one on Postgres.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                if let Some(home) = crate::Home::new(crate::common::database::Kind::Sqlite).await {
                    super::$test(&home).await;
                    home.drop().await;
                }
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                if let Some(home) = crate::Home::new(crate::common::database::Kind::Postgres).await {
                    super::$test(&home).await;
                    home.drop().await;
                }
            })*
        }
    };
}
pub(crate) use on_both;

//! A database for one test: a fresh SQLite file, or a schema of its own in Postgres.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use sqlx::{Connection as _, Executor as _, PgConnection};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the test's own folder.
    Sqlite,
    /// At `ROSTRO_TEST_POSTGRES_URL`.
    Postgres,
    /// At `ROSTRO_TEST_PGVECTOR_URL`, where faces are searched too.
    Pgvector,
}

/// A database of its own. Give it back with [`TestDatabase::drop`].
pub struct TestDatabase {
    /// Its address for `database.url`.
    pub url: String,
    schema: Option<(String, String)>,
}

impl TestDatabase {
    /// A new one; `None` (and a loud line) when there is no Postgres.
    pub async fn create(kind: Kind) -> Option<Self> {
        if kind == Kind::Sqlite {
            let url = "sqlite://{data}/rostro.db".to_owned();
            return Some(Self { url, schema: None });
        }
        let variable = match kind {
            Kind::Pgvector => "ROSTRO_TEST_PGVECTOR_URL",
            Kind::Sqlite | Kind::Postgres => "ROSTRO_TEST_POSTGRES_URL",
        };
        let Ok(server) = std::env::var(variable) else {
            eprintln!("SKIPPED: {variable} is not set");
            return None;
        };
        if kind == Kind::Pgvector {
            // In a schema that stays when a test's own goes; another test binary may be making it.
            let made = "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public";
            let mut connection = PgConnection::connect(&server).await.unwrap();
            let _ = connection.execute(made).await;
        }
        let schema = format!("test_{}", uuid::Uuid::new_v4().simple());
        admin(&server, format!("CREATE SCHEMA {schema}")).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
        Some(Self {
            url,
            schema: Some((server, schema)),
        })
    }

    /// Removes it. A test that fails leaves its schema behind; the server of the tests is thrown away as a whole.
    pub async fn drop(self) {
        if let Some((server, schema)) = self.schema {
            admin(&server, format!("DROP SCHEMA {schema} CASCADE")).await;
        }
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

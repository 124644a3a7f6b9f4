//! The database without the store.

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

use crate::common::TestServer;

/// The address of a server's database.
pub(crate) fn address(server: &TestServer) -> String {
    let config = &server.app().config;
    config.database.url(&config.server.data)
}

/// Runs statements on a connection of their own.
pub(crate) async fn run(url: &str, statements: &str) {
    let statements = sqlx::AssertSqlSafe(statements.to_owned());
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        connection.execute(statements).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.execute(statements).await.unwrap();
    }
}

/// How many rows a table has.
pub(crate) async fn count(url: &str, table: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        connection.fetch_one(query).await.unwrap().get(0)
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.fetch_one(query).await.unwrap().get(0)
    }
}

/// Fails unless this many persons are there, each whole: with one face and its pictures.
pub(crate) async fn assert_whole(url: &str, persons: usize) {
    for table in ["persons", "faces", "face_images"] {
        assert_eq!(count(url, table).await, persons as i64, "{table}");
    }
}

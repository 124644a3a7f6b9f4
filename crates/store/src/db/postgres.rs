//! Connecting to Postgres.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, Postgres};

use super::transact::{Access, Dialect};
use super::{Database, Engine, Session, from_sqlx};
use crate::error::{Cause, StoreError};
use crate::open::StoreOptions;

impl Dialect for Postgres {
    fn begin(access: Access) -> &'static str {
        match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    fn session(connection: &mut PgConnection) -> Session<'_> {
        Session::Postgres(connection)
    }
}

impl Database {
    pub(crate) async fn open_postgres(
        url: &str,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let limit = options.operation_timeout.as_millis();
        let connect = PgConnectOptions::from_str(url).map_err(from_sqlx)?;
        let connect = match connect.get_application_name() {
            Some(_) => connect,
            None => connect.application_name("rostro"),
        };
        let connect = connect.options([
            // The server gives up on work and on peers that have gone away, so that neither holds locks for long.
            ("statement_timeout", limit.to_string()),
            ("idle_in_transaction_session_timeout", limit.to_string()),
            ("tcp_keepalives_idle", "30".to_owned()),
            ("tcp_keepalives_interval", "10".to_owned()),
            ("tcp_keepalives_count", "3".to_owned()),
            // An acknowledged write is durable, whatever the server's own default.
            ("synchronous_commit", "on".to_owned()),
        ]);
        let pool = PgPoolOptions::new()
            // One more for the connection that listens.
            .max_connections(options.max_connections.saturating_add(1))
            .acquire_timeout(options.acquire_timeout)
            .connect_with(connect)
            .await
            .map_err(from_sqlx)?;
        // Several nodes may start at once: sqlx holds an advisory lock meanwhile.
        sqlx::migrate!("../../migrations/postgres")
            .run(&pool)
            .await
            .map_err(|error| StoreError::Migration(Cause::new(error.to_string())))?;
        Ok(Self::new(Engine::Postgres(pool), options.operation_timeout))
    }
}

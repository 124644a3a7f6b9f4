//! Connecting to Postgres.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Error, Executor, PgConnection, Postgres};

use super::transact::{Access, Dialect};
use super::{Database, Engine, Place, Session, from_sqlx};
use crate::error::{Cause, StoreError};
use crate::open::StoreOptions;

/// Longest silence in the middle of a transaction; one that is well needs milliseconds. All writers wait for the locks of a node that
/// stands still there, and then for those that its other transactions were waiting for: so long for each.
const SILENCE: Duration = Duration::from_secs(2);

impl Dialect for Postgres {
    fn begin(access: Access) -> Option<&'static str> {
        match access {
            Access::Look => None,
            Access::Read => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Access::Write => Some("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
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
        place: Place,
    ) -> Result<Self, StoreError> {
        let limit = options.operation_timeout.as_millis();
        let silence = options.operation_timeout.min(SILENCE).as_millis();
        let mut connect = PgConnectOptions::from_str(url).map_err(from_sqlx)?;
        if let Place::Keys { beside, must_exist } = place {
            if beside {
                let name = connect.get_database().unwrap_or(connect.get_username());
                let name = format!("{name}_keys");
                connect = connect.database(&name);
            }
            make_database(&connect, must_exist).await?;
        }
        let connect = match connect.get_application_name() {
            Some(_) => connect,
            None => connect.application_name("rostro"),
        };
        let connect = connect.options([
            // The server gives up on work and on peers that have gone away, so that neither holds locks for long.
            ("statement_timeout", limit.to_string()),
            ("idle_in_transaction_session_timeout", silence.to_string()),
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
        if place == Place::Main {
            // Several nodes may start at once: sqlx holds an advisory lock meanwhile.
            super::migrations::postgres()
                .run(&pool)
                .await
                .map_err(|error| StoreError::Migration(Cause::new(error.to_string())))?;
        }
        Ok(Self::new(Engine::Postgres(pool), options.operation_timeout))
    }
}

/// Creates the database of a key store when it is not there.
async fn make_database(connect: &PgConnectOptions, must_exist: bool) -> Result<(), StoreError> {
    let code = |error: &Error| match error {
        Error::Database(error) => error.code().map(|code| code.into_owned()),
        _ => None,
    };
    let name = connect.get_database().unwrap_or(connect.get_username());
    match connect.connect().await {
        Ok(connection) => return connection.close().await.map_err(from_sqlx),
        // invalid_catalog_name
        Err(error) if code(&error).as_deref() == Some("3D000") => {}
        Err(error) => return Err(from_sqlx(error)),
    }
    if must_exist {
        return Err(StoreError::Encryption(format!(
            "the database is encrypted, and its key store, the database {name}, is not there (encryption.keys)"
        )));
    }
    let server = connect.clone().database("postgres");
    let text = format!(
        "CREATE DATABASE \"{}\" TEMPLATE template0",
        name.replace('"', "\"\"")
    );
    let made = async {
        let mut connection = server.connect().await?;
        connection.execute(AssertSqlSafe(text)).await?;
        connection.close().await
    };
    match made.await {
        Err(error) => match code(&error).as_deref() {
            // duplicate_database, or unique_violation in its place: another node was first
            Some("42P04" | "23505") => Ok(()),
            _ => Err(StoreError::Encryption(format!(
                "the database {name} for the data keys is not there and cannot be created by this user: create it, or set encryption.keys"
            ))),
        },
        Ok(()) => Ok(()),
    }
}

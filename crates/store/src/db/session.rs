//! A transaction of either database, as the SQL of the store sees it.

use std::sync::Arc;

use sqlx::{PgConnection, SqliteConnection};

use super::fault::from_sqlx;
use super::statement::{Row, Statement};
use crate::change::ChangeKind;
use crate::error::StoreError;
use crate::ids::ClientId;
use crate::open::DatabaseKind;
use crate::vault::{DataKeyId, Vault};

/// A connection that is inside a transaction.
pub(crate) enum Session<'c> {
    Postgres(&'c mut PgConnection),
    Sqlite(&'c mut SqliteConnection),
}

/// A running transaction.
pub(crate) struct Tx<'c> {
    session: Session<'c>,
    /// What the transaction changed of what indexes follow; becomes visible with its commit.
    pub(crate) changes: Vec<(ClientId, ChangeKind)>,
    /// Where data keys are, when persons are sealed.
    pub(crate) vault: Option<Arc<Vault>>,
    /// Data keys of persons whom the transaction deleted; they are destroyed after its commit.
    pub(crate) erased: Vec<DataKeyId>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(session: Session<'c>, vault: Option<Arc<Vault>>) -> Self {
        Self {
            session,
            changes: Vec::new(),
            vault,
            erased: Vec::new(),
        }
    }

    /// Which database this is.
    pub(crate) fn kind(&self) -> DatabaseKind {
        match self.session {
            Session::Postgres(_) => DatabaseKind::Postgres,
            Session::Sqlite(_) => DatabaseKind::Sqlite,
        }
    }

    /// All rows of an answer.
    pub(crate) async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match &mut self.session {
            Session::Postgres(connection) => {
                let (text, arguments) = statement.for_postgres()?;
                let rows = sqlx::query_with(text, arguments)
                    .fetch_all(&mut **connection)
                    .await
                    .map_err(from_sqlx)?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
            Session::Sqlite(connection) => {
                let (text, arguments) = statement.for_sqlite()?;
                let rows = sqlx::query_with(text, arguments)
                    .fetch_all(&mut **connection)
                    .await
                    .map_err(from_sqlx)?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
        }
    }

    /// The first row of an answer, if there is one.
    pub(crate) async fn row(&mut self, statement: Statement) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    /// Runs a statement; the number of rows that it changed.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64, StoreError> {
        match &mut self.session {
            Session::Postgres(connection) => {
                let (text, arguments) = statement.for_postgres()?;
                let done = sqlx::query_with(text, arguments)
                    .execute(&mut **connection)
                    .await
                    .map_err(from_sqlx)?;
                Ok(done.rows_affected())
            }
            Session::Sqlite(connection) => {
                let (text, arguments) = statement.for_sqlite()?;
                let done = sqlx::query_with(text, arguments)
                    .execute(&mut **connection)
                    .await
                    .map_err(from_sqlx)?;
                Ok(done.rows_affected())
            }
        }
    }
}

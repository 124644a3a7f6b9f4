//! From errors of `sqlx` to errors of the store. Only codes and names of constraints get through: the details that
//! databases add quote the values of rows.

use sqlx::Error;
use sqlx::error::{DatabaseError, ErrorKind};

use crate::error::{Cause, StoreError};

/// The error of the store for an error of the database.
pub(crate) fn from_sqlx(error: Error) -> StoreError {
    match error {
        Error::Database(error) => from_database(error.as_ref()),
        Error::PoolTimedOut => StoreError::Unavailable(Cause::new(
            "no connection became free in time, or none could be made",
        )),
        Error::PoolClosed => StoreError::Unavailable(Cause::new("the store is closed")),
        Error::Io(error) => {
            StoreError::Unavailable(Cause::new(format!("connection: {}", error.kind())))
        }
        Error::Tls(_) => StoreError::Unavailable(Cause::new("TLS failed")),
        Error::WorkerCrashed => {
            StoreError::Unavailable(Cause::new("the connection's thread ended"))
        }
        Error::Protocol(_) | Error::BeginFailed => {
            StoreError::Unavailable(Cause::new("the connection is out of step"))
        }
        Error::Configuration(_) => StoreError::Address("it cannot be parsed"),
        Error::ColumnDecode { index, .. } => {
            StoreError::Database(Cause::new(format!("column {index} cannot be read")))
        }
        Error::ColumnNotFound(name) => {
            StoreError::Database(Cause::new(format!("no column {name}")))
        }
        Error::Migrate(error) => StoreError::Migration(Cause::new(error.to_string())),
        // Their texts may quote values.
        _ => StoreError::Database(Cause::new("an error of the driver")),
    }
}

fn from_database(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let cause = || {
        Cause::new(format!(
            "code {code}{}",
            error
                .constraint()
                .map(|name| format!(", constraint {name}"))
                .unwrap_or_default()
        ))
    };
    match error.kind() {
        ErrorKind::UniqueViolation => {
            return violated(error).unwrap_or_else(|| StoreError::Database(cause()));
        }
        ErrorKind::ForeignKeyViolation => {
            return unreferred(error).unwrap_or_else(|| StoreError::Database(cause()));
        }
        _ => {}
    }
    match Trouble::of(&code, error) {
        Trouble::Collision => StoreError::Contended(cause()),
        Trouble::Away => StoreError::Unavailable(cause()),
        Trouble::TooLong => StoreError::InvalidValue("a text that is too long"),
        Trouble::Other => StoreError::Database(cause()),
    }
}

enum Trouble {
    /// Undone in favour of another transaction: run it again.
    Collision,
    /// Not now.
    Away,
    /// More than an index takes.
    TooLong,
    Other,
}

impl Trouble {
    fn of(code: &str, error: &dyn DatabaseError) -> Self {
        if error
            .try_downcast_ref::<sqlx::sqlite::SqliteError>()
            .is_some()
        {
            // The low byte of an extended result code is the plain one: BUSY, LOCKED; IOERR, FULL, CANTOPEN, READONLY.
            return match code.parse::<u32>().map(|code| code & 0xff) {
                Ok(5 | 6) => Self::Collision,
                Ok(8 | 10 | 13 | 14) => Self::Away,
                _ => Self::Other,
            };
        }
        match code {
            // serialization_failure, deadlock_detected; feature_not_supported is a prepared statement whose table has got columns since
            "40001" | "40P01" | "0A000" => Self::Collision,
            // program_limit_exceeded
            "54000" => Self::TooLong,
            // query_canceled is our statement_timeout; read_only_sql_transaction is a standby after a fail-over
            "57014" | "25006" | "25P03" => Self::Away,
            // connection exceptions, insufficient resources (disk full, too many connections), operator intervention, system errors
            _ if ["08", "53", "57", "58"]
                .iter()
                .any(|class| code.starts_with(class)) =>
            {
                Self::Away
            }
            _ => Self::Other,
        }
    }
}

/// The error of a violated uniqueness. Postgres names the constraint, SQLite its columns.
fn violated(error: &dyn DatabaseError) -> Option<StoreError> {
    let columns = error.message().strip_prefix("UNIQUE constraint failed: ");
    let name = error.constraint().or(columns)?;
    Some(match name {
        "clients_name_unique" | "clients.name" => StoreError::ClientNameTaken,
        "clients_email_unique" | "clients.email" => StoreError::ClientEmailTaken,
        "api_keys_hash_unique" | "api_keys.hash" => StoreError::ApiKeyTaken,
        "persons_external_id_unique"
        | "persons.client_id, persons.external_id"
        | "persons_external_index_unique"
        | "persons.client_id, persons.external_index" => StoreError::ExternalIdTaken,
        "persons_pkey" | "persons.id" | "faces_pkey" | "faces.id" => StoreError::IdTaken,
        "collections_pkey" | "collections.id" | "collections_code_unique" | "collections.code" => {
            StoreError::IdTaken
        }
        // Looked for before; it came in between, and the next attempt will see it.
        "memberships_unique" | "memberships_identity_unique" => {
            StoreError::Contended(Cause::new("membership"))
        }
        // So is a vector.
        name if name.starts_with("vectors_") => StoreError::Contended(Cause::new("vector")),
        _ => return None,
    })
}

/// The error of a violated reference; SQLite does not tell which, but there nothing comes in between.
fn unreferred(error: &dyn DatabaseError) -> Option<StoreError> {
    Some(match error.constraint()? {
        "collections_client_id_fkey"
        | "persons_client_id_fkey"
        | "api_keys_client_id_fkey"
        | "login_codes_client_id_fkey"
        | "verifications_client_id_fkey" => StoreError::ClientNotFound,
        // Deleted since it was looked for; the next attempt will see that.
        "memberships_collection"
        | "memberships_person"
        | "faces_person"
        | "further_templates_face" => StoreError::Contended(Cause::new("a referred row is gone")),
        name if name.starts_with("vectors_") => {
            StoreError::Contended(Cause::new("a referred row is gone"))
        }
        _ => return None,
    })
}

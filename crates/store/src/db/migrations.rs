//! The migrations of both databases, embedded in the program.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

// `POSTGRES` and `SQLITE`: version, description and SQL of each file in `migrations/`.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// All migrations of Postgres, oldest first.
pub(super) fn postgres() -> Migrator {
    migrator(POSTGRES)
}

/// All migrations of SQLite, oldest first.
pub(super) fn sqlite() -> Migrator {
    migrator(SQLITE)
}

fn migrator(files: &'static [(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |&(version, description, sql): &'static (i64, &'static str, &'static str)| {
        Migration::new(
            version,
            Cow::Borrowed(description),
            MigrationType::Simple,
            sql.into_sql_str(),
            // A file that begins with this line is not run in a transaction.
            sql.starts_with("-- no-transaction"),
        )
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

//! The database beside the database: how it comes to be, and what is said when it cannot, is old, or is in use.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};
use store::{DatabaseKind, KeyFate, StoreError};

use crate::harness::{Bench, on_both, on_postgres, options};

on_both! { an_older_copy_of_it, a_database_with_a_later_migration }

/// Runs a statement on the key store.
async fn raw_keys(bench: &Bench, statement: &str) {
    if bench.catalog.kind() == DatabaseKind::Postgres {
        return bench.raw(statement).await.unwrap();
    }
    let url = bench.url.replace("rostro.db", "rostro-keys.db");
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

/// Who was enrolled after the copy was made is left out and stays in the database; all others are served.
async fn an_older_copy_of_it(bench: Bench) {
    let owner = bench.account("one").await.id;
    let ana = bench.person(owner, "Ana", &[]).await;
    raw_keys(&bench, "CREATE TABLE kept AS SELECT * FROM data_keys").await;
    let bo = bench.person(owner, "Bo", &[]).await;
    raw_keys(
        &bench,
        "CREATE TABLE newer AS SELECT * FROM data_keys; DELETE FROM data_keys; INSERT INTO data_keys SELECT * FROM kept",
    )
    .await;
    let node = Bench {
        catalog: bench.another_node().await,
        url: bench.url.clone(),
    };
    let catalog = &node.catalog;
    assert_eq!(
        catalog.person(owner, ana.id).await.unwrap().as_ref(),
        Some(&ana)
    );
    assert_eq!(catalog.person(owner, bo.id).await.unwrap(), None);
    let listed = catalog.persons(owner, None, Default::default()).await;
    assert_eq!(listed.unwrap().items, std::slice::from_ref(&ana));
    let scanned = node.scan(10).await.concat();
    assert_eq!(scanned.len(), 1);
    assert_eq!(scanned[0].person, ana.id);
    // Nothing of it was removed: the right copy may still be found.
    raw_keys(
        &bench,
        "DELETE FROM data_keys; INSERT INTO data_keys SELECT * FROM newer",
    )
    .await;
    assert_eq!(catalog.person(owner, bo.id).await.unwrap(), Some(bo));
    catalog.close().await;
}

/// The migrations of a database, as the repository has them.
async fn shipped(database: &str) -> Migrator {
    let folder = Path::new("../../migrations").join(database);
    Migrator::new(folder.as_path()).await.unwrap()
}

/// A release had migration 8 before migration 7 was there: its databases get that one later.
async fn a_database_with_a_later_migration(bench: Bench) {
    let without = |migrator: &Migrator| {
        let others = migrator.iter().filter(|migration| migration.version != 7);
        Migrator::with_migrations(others.cloned().collect())
    };
    let url = match bench.catalog.kind() {
        DatabaseKind::Sqlite => {
            let url = bench.url.replace("rostro.db", "before.db");
            let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc"))
                .await
                .unwrap();
            let migrator = without(&shipped("sqlite").await);
            migrator.run(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            url
        }
        DatabaseKind::Postgres => {
            let again = "DO $$ DECLARE name text := current_schema(); BEGIN
                EXECUTE format('DROP SCHEMA %I CASCADE', name); EXECUTE format('CREATE SCHEMA %I', name); END $$";
            bench.raw(again).await.unwrap();
            let mut connection = PgConnection::connect(&bench.url).await.unwrap();
            let migrator = without(&shipped("postgres").await);
            migrator.run(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            bench.url.clone()
        }
    };
    let before = Bench {
        catalog: bench.catalog.clone(),
        url,
    };
    let client = "0".repeat(24);
    let person = "1".repeat(24);
    let client_row = format!(
        "INSERT INTO clients (id, name, token_phrase, settings, created_at, updated_at) VALUES ('{client}', 'one', 'x', '{{}}', 0, 0)"
    );
    let person_row = format!(
        "INSERT INTO persons (id, client_id, name, search_name, identity, emails, phones, metadata, created_at, updated_at)
         SELECT '{person}', id, 'Ana', 'ana', {}, '[]', '[]', '{{}}', 0, 0 FROM clients",
        match bench.catalog.kind() {
            DatabaseKind::Sqlite => "zeroblob(32)",
            DatabaseKind::Postgres => "decode(repeat('00', 32), 'hex')",
        }
    );
    before.raw(&client_row).await.unwrap();
    before.raw(&person_row).await.unwrap();
    let catalog = before.another_node().await;
    assert_eq!(catalog.count_clear().await.unwrap(), 1);
    assert_eq!(catalog.seal_some(10).await.unwrap(), 1);
    assert_eq!(catalog.count_clear().await.unwrap(), 0);
    let read = catalog
        .person(client.parse().unwrap(), person.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(read.map(|person| person.name).as_deref(), Some("Ana"));
    catalog.close().await;
}

/// As long as somebody reads an old state of the key store, its log holds the key: the deletion does not say that it is destroyed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_reads_it() {
    crate::harness::on_sqlite(async |bench: Bench| {
        let owner = bench.account("one").await.id;
        let ana = bench.person(owner, "Ana", &[]).await;
        let url = bench.url.replace("rostro.db", "rostro-keys.db");
        let mut reader = SqliteConnection::connect(&url).await.unwrap();
        let read = "BEGIN; SELECT COUNT(*) FROM data_keys";
        reader.execute(read).await.unwrap();
        let deleted = bench.catalog.delete_person(owner, ana.id).await.unwrap();
        assert_eq!(deleted.key, KeyFate::Pending);
        reader.execute("COMMIT").await.unwrap();
        reader.close().await.unwrap();
        assert_eq!(bench.catalog.destroy_pending().await.unwrap(), 1);
        assert_eq!(bench.catalog.destroy_pending().await.unwrap(), 0);
    })
    .await;
}

/// A database of its own on the test server, and somebody who may log in there and nothing else.
struct Fresh {
    server: String,
    name: String,
    url: String,
}

impl Fresh {
    async fn new(server: String) -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let fresh = Self {
            url: {
                let options: PgConnectOptions = server.parse().unwrap();
                let options = options.database(&name).username(&name).password("x");
                options.to_url_lossy().to_string()
            },
            server,
            name,
        };
        let name = &fresh.name;
        fresh
            .run(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x'"))
            .await;
        fresh
            .run(&format!("CREATE DATABASE {name} OWNER {name}"))
            .await;
        fresh
    }

    async fn run(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        connection.execute(statement).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn open(&self) -> Result<std::sync::Arc<dyn store::Catalog>, StoreError> {
        let mut options = options(&self.url);
        if let Some(encryption) = &mut options.encryption {
            encryption.keys = None;
        }
        options.max_connections = 2;
        store::open(&self.url, &options).await
    }
}

/// Nodes that start at once on a new server agree on one key store; who may not create it is told what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_created_once_or_the_operator_is_told() {
    on_postgres(async |bench: Bench| {
        let server = std::env::var("ROSTRO_TEST_POSTGRES_URL").unwrap();
        let fresh = Fresh::new(server).await;
        let name = &fresh.name;
        let Err(StoreError::Encryption(why)) = fresh.open().await.map(drop) else {
            panic!("it was opened without a key store")
        };
        assert!(
            why.contains(&format!("{name}_keys")) && why.contains("encryption.keys"),
            "{why}"
        );
        fresh.run(&format!("ALTER ROLE {name} CREATEDB")).await;
        let (one, two, three) = tokio::join!(fresh.open(), fresh.open(), fresh.open());
        let (one, two, three) = (one.unwrap(), two.unwrap(), three.unwrap());
        let node = Bench {
            catalog: one.clone(),
            ..bench
        };
        let owner = node.account("one").await.id;
        let ana = node.person(owner, "Ana", &[]).await;
        for other in [&two, &three] {
            let read = other.person(owner, ana.id).await.unwrap();
            assert_eq!(read.as_ref(), Some(&ana));
        }
        for node in [one, two, three] {
            node.close().await;
        }
        fresh
            .run(&format!("DROP DATABASE {name}_keys WITH (FORCE)"))
            .await;
        let Err(StoreError::Encryption(why)) = fresh.open().await.map(drop) else {
            panic!("it was opened without its key store")
        };
        assert!(why.contains("is not there"), "{why}");
        fresh
            .run(&format!("DROP DATABASE {name} WITH (FORCE)"))
            .await;
        fresh.run(&format!("DROP ROLE {name}")).await;
    })
    .await;
}

//! A rolling upgrade: a newer version's migration adds to the schema while nodes of this version work on.

use crate::harness::{Bench, on_postgres, someone};

/// What the migration of a newer version may do: add columns, with a default or without.
const EXPAND: &str = "DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations' LOOP
        EXECUTE format('ALTER TABLE %I ADD COLUMN of_the_future TEXT, ADD COLUMN also BIGINT NOT NULL DEFAULT 7', one.name);
    END LOOP; END $$";

/// Requests at the same time, so that every connection has prepared the statements.
const AT_ONCE: usize = 24;

async fn work(bench: &Bench, round: &str) {
    let owner = bench.account(round).await.id;
    let staff = bench.collection(owner, round).await.id;
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let catalog = bench.catalog.clone();
            let name = format!("{round} {number}");
            tokio::spawn(async move {
                let made = catalog.create_person(owner, someone(&name, &[staff])).await;
                let person = made.unwrap().value;
                assert_eq!(person.name, name);
                let found = catalog.persons_by_id(owner, vec![person.id]).await.unwrap();
                assert_eq!(found.len(), 1);
                assert!(catalog.client(owner).await.unwrap().is_some());
                catalog.delete_person(owner, person.id).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(bench.scan(100).await.is_empty());
    assert!(!bench.changes(store::Revision::from(0)).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_are_added() {
    on_postgres(|bench| async move {
        work(&bench, "before").await;
        bench.raw(EXPAND).await.unwrap();
        work(&bench, "after").await;
    })
    .await;
}

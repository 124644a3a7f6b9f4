//! What encryption costs, on SQLite: `cargo bench -p store --bench encryption -- 100000` (persons, one face each of 512 numbers).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use sqlx::{Connection, Executor, SqliteConnection};
use store::{
    Catalog, ClientId, Comparison, Condition, EncryptionOptions, Listing, MasterKey, MasterKeys,
    ModelId, NewClient, PersonField, Sort, StoreOptions,
};
use zeroize::Zeroizing;

/// Best of three, in seconds.
async fn measured(what: &str, mut work: impl AsyncFnMut() -> u64) -> f64 {
    let mut best = f64::MAX;
    let mut found = 0;
    for _ in 0..3 {
        let begun = Instant::now();
        found = work().await;
        best = best.min(begun.elapsed().as_secs_f64());
    }
    println!("{what}: {best:.3} s ({found})");
    best
}

async fn scan(store: &dyn Catalog) -> u64 {
    let scan = store
        .scan_templates(ModelId::from([7; 32]), 2000)
        .await
        .unwrap();
    let counts = scan.batches.map(|batch| batch.unwrap().len() as u64);
    counts.fold(0, async |sum, count| sum + count).await
}

async fn listings(store: &dyn Catalog, owner: ClientId) {
    let ask = async |conditions: Vec<Condition<PersonField>>, sort: Option<PersonField>| {
        let sort = sort.map(|field| Sort {
            field,
            descending: false,
        });
        let listing = Listing {
            conditions,
            sort: sort.into_iter().collect(),
            offset: 0,
            limit: 20,
        };
        store.persons(owner, None, listing).await.unwrap().total
    };
    let condition =
        |field, comparison, value: &str| Condition::new(field, comparison, &[value]).unwrap();
    measured("  first page", async || ask(vec![], None).await).await;
    let equal = condition(PersonField::Name, Comparison::Equal, "person 777");
    measured("  equal name", async || {
        ask(vec![equal.clone()], None).await
    })
    .await;
    let like = condition(PersonField::Name, Comparison::Contains, "n 777");
    measured("  part of a name", async || {
        ask(vec![like.clone()], None).await
    })
    .await;
    measured("  sorted by name", async || {
        ask(vec![], Some(PersonField::Name)).await
    })
    .await;
}

#[tokio::main]
async fn main() {
    let persons: u32 = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("rostro.db").display());
    let store = store::open(&url, &StoreOptions::default()).await.unwrap();
    let new = NewClient {
        name: "bench".to_owned(),
        ..NewClient::default()
    };
    let owner = store.create_client(new).await.unwrap().id;
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    let numbers = format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {persons})"
    );
    for text in [
        format!("{numbers} INSERT INTO persons (id, client_id, name, search_name, identity, emails, phones, metadata, notes, created_at, updated_at)
                 SELECT printf('%024x', n), '{owner}', 'Person ' || n, 'person ' || n, randomblob(32), '[]', '[]', '{{}}', 'a note', n, n FROM n"),
        format!("{numbers} INSERT INTO faces (id, client_id, person_id, position, model_id, embedding, created_at)
                 SELECT randomblob(16), '{owner}', printf('%024x', n), 0, x'{}', randomblob(2048), n FROM n", "07".repeat(32)),
        "INSERT INTO face_images (face_id, thumbnail) SELECT id, randomblob(4000) FROM faces".to_owned(),
    ] {
        raw.execute(sqlx::AssertSqlSafe(text)).await.unwrap();
    }
    raw.close().await.unwrap();
    println!("in the clear, {persons} persons");
    let clear = measured("  scan of all templates", async || scan(&*store).await).await;
    listings(&*store, owner).await;
    store.close().await;

    let key = MasterKey::new(&Zeroizing::new([1; 32])).unwrap();
    let encryption = EncryptionOptions {
        keys: None,
        source: Arc::new(MasterKeys::new(key, [])),
    };
    let options = StoreOptions {
        encryption: Some(encryption),
        ..StoreOptions::default()
    };
    let begun = Instant::now();
    let store = store::open(&url, &options).await.unwrap();
    println!(
        "first start with encryption: {:.3} s",
        begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    while store.seal_some(64).await.unwrap() > 0 {}
    println!("sealing all: {:.3} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    store.wipe_clear().await.unwrap();
    println!(
        "writing the file anew: {:.3} s",
        begun.elapsed().as_secs_f64()
    );
    println!("sealed");
    let sealed = measured("  scan of all templates", async || scan(&*store).await).await;
    listings(&*store, owner).await;
    let begun = Instant::now();
    let rotated = store.rotate_master(Box::new(|_| ())).await.unwrap();
    println!(
        "rotation with nothing to do: {:.3} s ({})",
        begun.elapsed().as_secs_f64(),
        rotated.keys
    );
    println!("a scan takes {:.2} times as long", sealed / clear);
    store.close().await;
}

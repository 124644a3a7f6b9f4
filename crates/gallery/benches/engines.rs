//! `cargo bench -p gallery --bench engines -- [FACES]`: both search engines over one Postgres with pgvector, at
//! `ROSTRO_TEST_PGVECTOR_URL`: how long a search takes as its caller sees it, and how often it finds the same best person as plain f32
//! arithmetic. Made-up faces of 512 numbers, three of each person, in one collection (10,000 of them, or so many as are named).
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement, read by people"
)]

#[allow(dead_code, reason = "made for another bench, which uses more of it")]
#[path = "../../index/benches/index/data.rs"]
mod data;

#[path = "../tests/suite/made_up.rs"]
mod made_up;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use data::Faces;
use futures_util::{StreamExt as _, stream};
use gallery::{Engine, Gallery, GalleryOptions, Mode, Request};
use inference::Embedding;
use made_up::{model, scale};
use sqlx::{Connection, Executor, PgConnection};
use store::{
    Catalog, ClientId, CollectionId, NewClient, NewCollection, NewFace, NewPerson, PersonId,
    Revision, StoreOptions,
};

const DIMENSION: usize = 512;
const PROBES: usize = 200;
/// What cosines mean.
const ANCHORS: [(f64, f64); 2] = [(1e-2, 0.2), (1e-6, 0.45)];
/// Faces of a person, as the data are made.
const FACES: usize = 3;

#[tokio::main]
async fn main() {
    let Ok(server) = std::env::var("ROSTRO_TEST_PGVECTOR_URL") else {
        eprintln!("SKIPPED: ROSTRO_TEST_PGVECTOR_URL is not set");
        return;
    };
    let count = std::env::args().find_map(|argument| argument.parse().ok());
    let count: usize = count.unwrap_or(10_000);
    admin(&server, "CREATE EXTENSION IF NOT EXISTS vector").await;
    let schema = format!("bench_{}", uuid::Uuid::new_v4().simple());
    admin(&server, &format!("CREATE SCHEMA {schema}")).await;
    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
    let store = store::open(&url, &StoreOptions::default()).await.unwrap();
    measure(&store, &Faces::new(count, DIMENSION, PROBES, 7)).await;
    store.close().await;
    admin(&server, &format!("DROP SCHEMA {schema} CASCADE")).await;
}

async fn measure(store: &Arc<dyn Catalog>, faces: &Faces) {
    let (client, collection, people) = enrol(store, faces).await;
    println!(
        "{} faces x {DIMENSION}, {PROBES} probes, 1 at a time",
        faces.count()
    );
    let truth = faces.truth(1);
    let truth: Vec<PersonId> = truth
        .iter()
        .map(|best| people[&(best[0] / FACES)])
        .collect();
    println!("| engine | search | p50 ms | p99 ms | recall@1 |");
    println!("|---|---|---|---|---|");
    let embedded = gallery(store, Engine::Embedded).await;
    both(&embedded, "embedded", client, collection, faces, &truth).await;
    let begun = Instant::now();
    store.prepare_vectors(model(), DIMENSION).await.unwrap();
    let engine = Engine::Pgvector {
        partition_threshold: usize::MAX,
    };
    let database = gallery(store, engine).await;
    let filled = begun.elapsed();
    both(
        &database,
        "pgvector, shared",
        client,
        collection,
        faces,
        &truth,
    )
    .await;
    let begun = Instant::now();
    assert!(store.tend_vectors(model(), 1).await.unwrap());
    let split = begun.elapsed();
    both(
        &database,
        "pgvector, partition",
        client,
        collection,
        faces,
        &truth,
    )
    .await;
    println!(
        "vectors made of stored templates: {:.1} s; partition and index: {:.1} s",
        filled.as_secs_f64(),
        split.as_secs_f64()
    );
}

async fn both(
    gallery: &Gallery,
    name: &str,
    client: ClientId,
    collection: CollectionId,
    faces: &Faces,
    truth: &[PersonId],
) {
    for mode in [Mode::Accurate, Mode::Fast] {
        let (mut times, mut right) = (Vec::new(), 0);
        // Once before, so that nothing is read from the disk for the first time.
        for measured in [false, true] {
            for (probe, best) in faces.probes().zip(truth) {
                let request = Request {
                    client,
                    collection: Some(collection),
                    probes: vec![Embedding::normalised(probe).unwrap()],
                    min_score: 0.0,
                    max_fpir: None,
                    slack: 0.0,
                    limit: 10,
                    mode,
                };
                let begun = Instant::now();
                let answer = gallery.find(request).await.unwrap();
                if measured {
                    times.push(begun.elapsed());
                    let first = answer.matches[0].first().map(|found| found.person);
                    right += usize::from(first == Some(*best));
                }
            }
        }
        times.sort_unstable();
        let at =
            |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        println!(
            "| {name} | {mode:?} | {:.2} | {:.2} | {:.3} |",
            at(0.5),
            at(0.99),
            right as f64 / truth.len() as f64
        );
    }
}

async fn gallery(store: &Arc<dyn Catalog>, engine: Engine) -> Gallery {
    let options = GalleryOptions {
        engine,
        model: model(),
        dimension: DIMENSION,
        graph_threshold: 2_000_000,
        poll: Duration::from_millis(500),
        patience: Duration::from_secs(3600),
    };
    let gallery = Gallery::start(Arc::clone(store), scale(&ANCHORS), options).unwrap();
    gallery.reached(Revision::ZERO).await.unwrap();
    gallery
}

async fn enrol(
    store: &Arc<dyn Catalog>,
    faces: &Faces,
) -> (ClientId, CollectionId, HashMap<usize, PersonId>) {
    let client = NewClient {
        name: "bench".to_owned(),
        ..NewClient::default()
    };
    let client = store.create_client(client).await.unwrap().id;
    let collection = NewCollection {
        name: "people".to_owned(),
        ..NewCollection::default()
    };
    let collection = store
        .create_collection(client, collection)
        .await
        .unwrap()
        .id;
    let rows: Vec<&[f32]> = faces.rows().collect();
    let enrol = |(number, rows): (usize, &[&[f32]])| {
        let face = |row: &&[f32]| NewFace {
            thumbnail: vec![0xFF, 0xD8],
            crop: None,
            original: None,
            embedding: row.to_vec(),
            model: model(),
            quality: None,
        };
        let new = NewPerson {
            name: "somebody".to_owned(),
            collections: vec![collection.into()],
            faces: rows.iter().map(face).collect(),
            namesakes: true,
            ..NewPerson::default()
        };
        let store = Arc::clone(store);
        async move {
            let made = store.create_person(client, new).await.unwrap();
            (number, made.value.id)
        }
    };
    let enrolling: Vec<_> = rows.chunks(FACES).enumerate().map(enrol).collect();
    let people = stream::iter(enrolling).buffer_unordered(8);
    (client, collection, people.collect().await)
}

async fn admin(server: &str, statement: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

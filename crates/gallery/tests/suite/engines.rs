//! Both engines find the same, whatever was written before; and what only the one in the database has.

use gallery::{Engine, Gallery, GalleryOptions, Match, Mode, Request};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use store::{ClientId, CollectionId, PersonId, PersonUpdate, Revision, StoreError};

use crate::harness::{
    Bench, between, count, face, find, on_pgvector, on_postgres, on_sqlite, options, person, query,
    template, who,
};

on_pgvector! {
    the_same_persons_in_the_same_order,
    what_was_there_before_is_found_once_all_of_it_is,
    writes_of_a_process_that_began_before_the_table_are_seen,
    partitions,
    writes_while_a_partition_is_made,
    what_is_deleted_behind_the_back_is_gone,
}

/// Of so few numbers are the made-up faces that persons share some.
const FACES: u64 = 30;

/// Both engines over one database.
struct Pair {
    client: ClientId,
    embedded: Gallery,
    database: Gallery,
}

impl Pair {
    async fn new(bench: &Bench, client: ClientId) -> Self {
        Self {
            client,
            embedded: bench.clone().with(Engine::Embedded).gallery().await,
            database: bench.gallery().await,
        }
    }

    async fn reached(&self, revision: Revision) {
        self.embedded.reached(revision).await.unwrap();
        self.database.reached(revision).await.unwrap();
    }

    async fn both(&self, request: &Request) -> [Vec<Match>; 2] {
        [
            find(&self.embedded, request).await.unwrap(),
            find(&self.database, request).await.unwrap(),
        ]
    }

    /// Asks both the same about each of these scopes.
    async fn agree(&self, random: &mut StdRng, scopes: &[Option<CollectionId>]) {
        for &scope in scopes {
            let faces = [&self.embedded, &self.database];
            let [here, there] = faces.map(|gallery| count(gallery, self.client, scope));
            assert_eq!(here.await, there.await, "{scope:?}");
            for limit in [1, 3, 100] {
                let share = random.random_range(0.3..0.9);
                let (one, other) = (random.random_range(0..FACES), random.random_range(0..FACES));
                let asked = Request {
                    limit,
                    // At 0 many cosines have one score, and which of them are named is not settled.
                    min_score: [0.1, 0.4][random.random_range(0..2_usize)],
                    ..query(self.client, scope, between(one, other, share), 0.0)
                };
                let [here, there] = self.both(&asked).await;
                let who =
                    |found: &[Match]| -> Vec<_> { found.iter().map(|one| one.person).collect() };
                assert_eq!(who(&here), who(&there), "{scope:?}, {limit}");
                for (one, other) in here.iter().zip(&there) {
                    let (one, other) = (one.score, other.score);
                    let apart = (one.value() - other.value()).abs();
                    // Two sides of a rounding's edge may lie as close as that.
                    assert!(apart < 2e-5, "{one:?} {other:?}");
                }
            }
        }
    }
}

async fn the_same_persons_in_the_same_order(bench: Bench) {
    for seed in 0..3 {
        let mut random = StdRng::seed_from_u64(seed);
        let client = bench.account(&format!("account {seed}")).await;
        let pair = Pair::new(&bench, client).await;
        let mut collections = Vec::new();
        for _ in 0..3 {
            collections.push(bench.collection(client).await);
        }
        let mut people: Vec<PersonId> = Vec::new();
        for step in 0..60 {
            let revision = change(&bench, client, &mut random, &mut collections, &mut people).await;
            if step % 10 == 9 {
                pair.reached(revision).await;
                let mut scopes = vec![None];
                scopes.extend(collections.iter().copied().map(Some));
                pair.agree(&mut random, &scopes).await;
            }
        }
    }
}

/// Somebody comes, changes, moves or goes.
async fn change(
    bench: &Bench,
    client: ClientId,
    random: &mut StdRng,
    collections: &mut Vec<CollectionId>,
    people: &mut Vec<PersonId>,
) -> Revision {
    let store = &bench.catalog;
    let number = random.random_range(0..FACES);
    let kind = random.random_range(0..12);
    if people.len() < 8 || kind < 3 {
        let faces: Vec<u64> = (0..random.random_range(1..4))
            .map(|_| random.random_range(0..FACES))
            .collect();
        let mut inside = collections.clone();
        inside.retain(|_| random.random_bool(0.4));
        let made = store.create_person(client, person(&faces, &inside)).await;
        let made = made.unwrap();
        people.push(made.value.id);
        return made.revision;
    }
    let place = random.random_range(0..people.len());
    let somebody = people[place];
    let (one, other) = (
        collections[random.random_range(0..collections.len())],
        collections[random.random_range(0..collections.len())],
    );
    let revision = match kind {
        3 => {
            let added = store.add_faces(client, somebody, vec![face(number)]).await;
            added.unwrap().revision
        }
        4 => {
            let known = store.person(client, somebody).await.unwrap().unwrap();
            match known.faces.first() {
                Some(first) => {
                    let removed = store.remove_face(client, somebody, first.id).await;
                    removed.unwrap().revision
                }
                None => Revision::ZERO,
            }
        }
        5 => {
            people.swap_remove(place);
            let deleted = store.delete_person(client, somebody).await;
            deleted.unwrap().revision
        }
        6 | 7 => {
            let attached = store.attach_person(client, somebody, one.into()).await;
            attached.unwrap().revision
        }
        8 => {
            let half = people[..people.len() / 2].to_vec();
            let moved = store.move_people(client, one.into(), other.into(), half);
            moved.await.unwrap().revision
        }
        9 => {
            let half = people[people.len() / 2..].to_vec();
            let left = people[..2].to_vec();
            let changed = store.change_people(client, one.into(), half, left);
            changed.await.unwrap().revision
        }
        10 => {
            let update = PersonUpdate {
                faces: Some(vec![face(number), face(number / 2)]),
                ..PersonUpdate::default()
            };
            let updated = store.update_person(client, somebody, update).await;
            updated.unwrap().revision
        }
        _ => {
            collections.retain(|id| *id != one);
            collections.push(bench.collection(client).await);
            let ended = store.delete_collection(client, one.into()).await;
            ended.unwrap().revision
        }
    };
    // A change that changed nothing has no revision of its own.
    match revision {
        Revision::ZERO => store.revision().await.unwrap(),
        some => some,
    }
}

async fn what_was_there_before_is_found_once_all_of_it_is(bench: Bench) {
    let client = bench.account("a").await;
    let here = bench.collection(client).await;
    let mut people = Vec::new();
    for number in 0..FACES {
        let inside = if number % 3 == 0 { vec![] } else { vec![here] };
        let new = person(&[number], &inside);
        let made = bench.catalog.create_person(client, new).await.unwrap();
        people.push(made.value.id);
    }
    let store = &bench.catalog;
    let model = crate::harness::model();
    store.prepare_vectors(model, 128).await.unwrap();
    let some = store.fill_vectors(model, 7).await.unwrap();
    assert_eq!((some.complete, some.faces), (false, 7));
    // What is written meanwhile is there at once, whatever comes after.
    let written = store.create_person(client, person(&[5], &[])).await;
    let written = written.unwrap().value.id;
    store.delete_person(client, people[20]).await.unwrap();
    let mut done = store.fill_vectors(model, 7).await.unwrap();
    while !done.complete {
        done = store.fill_vectors(model, 7).await.unwrap();
    }
    assert_eq!(done.faces, FACES);
    let pair = Pair::new(&bench, client).await;
    assert_eq!(
        who(&pair.database, client, None, 5).await,
        [people[5], written]
    );
    assert_eq!(who(&pair.database, client, None, 20).await, []);
    let mut random = StdRng::seed_from_u64(1);
    pair.agree(&mut random, &[None, Some(here)]).await;
    let again = store.fill_vectors(model, 7).await.unwrap();
    assert_eq!((again.complete, again.faces), (true, FACES));
}

async fn writes_of_a_process_that_began_before_the_table_are_seen(bench: Bench) {
    let client = bench.account("a").await;
    let early = bench.another_node().await;
    let before = early.catalog.create_person(client, person(&[1], &[])).await;
    let before = before.unwrap().value.id;
    let gallery = bench.gallery().await;
    let mut expected = vec![before];
    for number in 1..4 {
        let made = early
            .catalog
            .create_person(client, person(&[1, number], &[]));
        let made = made.await.unwrap();
        gallery.reached(made.revision).await.unwrap();
        expected.push(made.value.id);
        assert_eq!(who(&gallery, client, None, 1).await, expected);
    }
    early.catalog.close().await;
}

async fn partitions(bench: Bench) {
    let client = bench.account("a").await;
    let (large, small) = (
        bench.collection(client).await,
        bench.collection(client).await,
    );
    let pair = Pair::new(&bench, client).await;
    let (store, model) = (&bench.catalog, crate::harness::model());
    let mut last = Revision::ZERO;
    let mut people = Vec::new();
    for number in 0..120 {
        let inside = match number % 4 {
            0 => vec![small],
            1 => vec![small, large],
            _ => vec![large],
        };
        let made = store.create_person(client, person(&[number % FACES], &inside));
        let made = made.await.unwrap();
        last = made.revision;
        people.push(made.value.id);
    }
    pair.reached(last).await;
    assert!(!store.tend_vectors(model, 1000).await.unwrap());
    assert!(store.tend_vectors(model, 80).await.unwrap());
    assert!(!store.tend_vectors(model, 80).await.unwrap());
    let stats = store.vector_stats(model).await.unwrap();
    assert_eq!((stats.rows, stats.scopes, stats.partitions), (150, 2, 1));
    let scopes = [None, Some(large), Some(small)];
    let mut random = StdRng::seed_from_u64(2);
    pair.agree(&mut random, &scopes).await;
    // Writes find their way into the partition and out of it.
    let ten = people[..10].to_vec();
    let moved = store.move_people(client, large.into(), small.into(), ten);
    moved.await.unwrap();
    let more = store.create_person(client, person(&[7, 8], &[large])).await;
    store.delete_person(client, people[50]).await.unwrap();
    let last = more.unwrap().revision.max(store.revision().await.unwrap());
    pair.reached(last).await;
    pair.agree(&mut random, &scopes).await;
    // By its index: the face itself is the likest, and the whole account has each once.
    for number in 0..FACES {
        for scope in [None, Some(large)] {
            let fast = Request {
                mode: Mode::Fast,
                limit: 1,
                ..query(client, scope, template(number), 0.9)
            };
            let [here, there] = pair.both(&fast).await;
            assert_eq!(here.len(), there.len());
            for (one, other) in here.iter().zip(&there) {
                assert!((one.score.value() - other.score.value()).abs() < 2e-5);
            }
        }
    }
    let ended = store.delete_collection(client, large.into()).await.unwrap();
    pair.reached(ended.revision).await;
    pair.agree(&mut random, &scopes).await;
    assert_eq!(store.vector_stats(model).await.unwrap().scopes, 2);
}

async fn writes_while_a_partition_is_made(bench: Bench) {
    let client = bench.account("a").await;
    let here = bench.collection(client).await;
    let pair = Pair::new(&bench, client).await;
    for number in 0..100 {
        let new = person(&[number % FACES], &[here]);
        bench.catalog.create_person(client, new).await.unwrap();
    }
    let (store, model) = (&bench.catalog, crate::harness::model());
    let writing = async {
        let mut last = Revision::ZERO;
        for number in 0..40 {
            let new = person(&[number % FACES], &[here]);
            let made = store.create_person(client, new).await.unwrap();
            last = made.revision;
            if number % 4 == 0 {
                let gone = store.delete_person(client, made.value.id).await.unwrap();
                last = gone.revision;
            }
            // Searches go on, and see what was answered.
            pair.reached(last).await;
            let alike = who(&pair.database, client, Some(here), number % FACES).await;
            assert_eq!(alike.contains(&made.value.id), number % 4 != 0);
        }
        last
    };
    let (split, last) = tokio::join!(store.tend_vectors(model, 50), writing);
    // A collision with writers undoes it as a whole; the next chore does it.
    if !split.unwrap_or(false) {
        assert!(store.tend_vectors(model, 50).await.unwrap());
    }
    pair.reached(last).await;
    let mut random = StdRng::seed_from_u64(3);
    pair.agree(&mut random, &[None, Some(here)]).await;
}

async fn what_is_deleted_behind_the_back_is_gone(bench: Bench) {
    let client = bench.account("a").await;
    let gallery = bench.gallery().await;
    let goes = bench.enrol(&gallery, client, &[1], &[]).await.id;
    let stays = bench.enrol(&gallery, client, &[1], &[]).await.id;
    bench
        .raw(&format!("DELETE FROM persons WHERE id = '{goes}'"))
        .await;
    assert_eq!(who(&gallery, client, None, 1).await, [stays]);
    assert_eq!(count(&gallery, client, None).await, 1);
}

/// Without pgvector it says so in one sentence, and nothing is changed.
async fn refused(bench: Bench) {
    let store = &bench.catalog;
    let prepared = store.prepare_vectors(crate::harness::model(), 128).await;
    let Err(StoreError::Vectors(reason)) = prepared else {
        panic!("{prepared:?}");
    };
    assert!(reason.contains("pgvector"), "{reason}");
    let client = bench.account("a").await;
    let made = store.create_person(client, person(&[1], &[])).await;
    made.unwrap();
    let gallery = bench.start(GalleryOptions {
        patience: std::time::Duration::from_millis(200),
        engine: Engine::Pgvector {
            partition_threshold: 1000,
        },
        ..options()
    });
    // Whoever goes on all the same waits for ever, and never answers from half.
    gallery.reached(Revision::ZERO).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_has_no_vectors() {
    on_sqlite(refused).await;
}

/// The Postgres of the other tests is the system's, which may have pgvector.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_without_pgvector_is_refused() {
    let without = async |bench: Bench| {
        let made = bench
            .catalog
            .prepare_vectors(crate::harness::model(), 128)
            .await;
        if made.is_ok() {
            eprintln!("SKIPPED: this Postgres has pgvector");
        } else {
            refused(bench).await;
        }
    };
    on_postgres(without).await;
}

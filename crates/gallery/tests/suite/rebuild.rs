//! Whatever was written in whatever order: indexes that followed it are those that are built from what is there now.

use proptest::prelude::*;
use store::{CollectionId, CollectionRef, PersonId, PersonUpdate};
use tokio::runtime::Runtime;

use crate::harness::{Bench, count, face, find, on_postgres, on_sqlite, person, query, template};

/// A write. Persons and collections are meant by number, among those that are there.
#[derive(Debug, Clone)]
enum Write {
    Enrol(Vec<u64>, Vec<usize>),
    Faces(usize, Vec<u64>),
    AddFace(usize, u64),
    Collections(usize, Vec<usize>),
    Move(usize, usize, usize),
    Delete(usize),
    Collection,
    DeleteCollection(usize),
}

fn write() -> impl Strategy<Value = Write> {
    let faces = || prop::collection::vec(0..20_u64, 0..3);
    let places = || prop::collection::vec(0..8_usize, 0..3);
    prop_oneof![
        4 => (faces(), places()).prop_map(|(faces, places)| Write::Enrol(faces, places)),
        2 => (0..20_usize, faces()).prop_map(|(one, faces)| Write::Faces(one, faces)),
        1 => (0..20_usize, 0..20_u64).prop_map(|(one, face)| Write::AddFace(one, face)),
        2 => (0..20_usize, places()).prop_map(|(one, places)| Write::Collections(one, places)),
        1 => (0..20_usize, 0..8_usize, 0..8_usize).prop_map(|(one, from, to)| Write::Move(one, from, to)),
        1 => (0..20_usize).prop_map(Write::Delete),
        2 => Just(Write::Collection),
        1 => (0..8_usize).prop_map(Write::DeleteCollection),
    ]
}

/// What is there, by number.
#[derive(Default)]
struct World {
    persons: Vec<PersonId>,
    collections: Vec<CollectionId>,
}

impl World {
    fn person(&self, number: usize) -> Option<PersonId> {
        (!self.persons.is_empty()).then(|| self.persons[number % self.persons.len()])
    }

    fn collections(&self, numbers: &[usize]) -> Vec<CollectionId> {
        let count = self.collections.len();
        let named = numbers.iter().filter(|_| count > 0);
        let mut ids: Vec<_> = named
            .map(|number| self.collections[number % count])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

async fn followed_is_rebuilt(bench: Bench, writes: Vec<Write>) {
    let client = bench.account("a").await;
    let followed = bench.gallery().await;
    let (store, mut world) = (&bench.catalog, World::default());
    let mut last = store::Revision::ZERO;
    for write in writes {
        let revision = match write {
            Write::Collection => {
                let made = bench.collection(client).await;
                world.collections.push(made);
                continue;
            }
            Write::Enrol(faces, places) => {
                let new = person(&faces, &world.collections(&places));
                let made = store.create_person(client, new).await.unwrap();
                world.persons.push(made.value.id);
                made.revision
            }
            Write::Faces(one, faces) => {
                let Some(one) = world.person(one) else {
                    continue;
                };
                let update = PersonUpdate {
                    faces: Some(faces.into_iter().map(face).collect()),
                    ..PersonUpdate::default()
                };
                store
                    .update_person(client, one, update)
                    .await
                    .unwrap()
                    .revision
            }
            Write::AddFace(one, number) => {
                let Some(one) = world.person(one) else {
                    continue;
                };
                store
                    .add_faces(client, one, vec![face(number)])
                    .await
                    .unwrap()
                    .revision
            }
            Write::Collections(one, places) => {
                let Some(one) = world.person(one) else {
                    continue;
                };
                let places = world
                    .collections(&places)
                    .into_iter()
                    .map(CollectionRef::Id);
                let update = PersonUpdate {
                    collections: Some(places.collect()),
                    ..PersonUpdate::default()
                };
                match store.update_person(client, one, update).await {
                    Ok(done) => done.revision,
                    // Namesakes are only let in at enrolment.
                    Err(store::StoreError::PersonAlreadySet(_)) => continue,
                    Err(other) => panic!("{other}"),
                }
            }
            Write::Move(one, from, to) => {
                let (Some(one), [from], [to]) = (
                    world.person(one),
                    &world.collections(&[from])[..],
                    &world.collections(&[to])[..],
                ) else {
                    continue;
                };
                match store
                    .move_people(client, (*from).into(), (*to).into(), vec![one])
                    .await
                {
                    Ok(done) => done.revision,
                    Err(store::StoreError::PersonAlreadySet(_)) => continue,
                    Err(other) => panic!("{other}"),
                }
            }
            Write::Delete(one) => {
                let Some(one) = world.person(one) else {
                    continue;
                };
                world.persons.retain(|other| *other != one);
                store.delete_person(client, one).await.unwrap().revision
            }
            Write::DeleteCollection(number) => {
                let [gone] = world.collections(&[number])[..] else {
                    continue;
                };
                world.collections.retain(|other| *other != gone);
                store
                    .delete_collection(client, gone.into())
                    .await
                    .unwrap()
                    .revision
            }
        };
        last = last.max(revision);
    }
    followed.reached(last).await.unwrap();
    let rebuilt = bench.gallery().await;
    assert_eq!(followed.status().rows, rebuilt.status().rows);
    assert_eq!(followed.status().shelves, rebuilt.status().shelves);
    let scopes = world.collections.iter().copied().map(Some);
    for scope in scopes.chain([None]) {
        assert_eq!(
            count(&followed, client, scope).await,
            count(&rebuilt, client, scope).await
        );
        for number in 0..20 {
            let asked = query(client, scope, template(number), 0.0);
            let (one, other) = (
                find(&followed, &asked).await.unwrap(),
                find(&rebuilt, &asked).await.unwrap(),
            );
            // A person may have one face twice: which of the two is named is not settled.
            let shown = |found: &[gallery::Match]| -> Vec<_> {
                found
                    .iter()
                    .map(|one| (one.person, one.score.rounded().to_bits()))
                    .collect()
            };
            assert_eq!(shown(&one), shown(&other), "face {number} in {scope:?}");
        }
    }
    followed.stop();
    rebuilt.stop();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_sqlite_indexes_that_followed_are_those_built_anew(writes in prop::collection::vec(write(), 1..40)) {
        Runtime::new().unwrap().block_on(on_sqlite(|bench| followed_is_rebuilt(bench, writes)));
    }

    #[test]
    fn on_postgres_indexes_that_followed_are_those_built_anew(writes in prop::collection::vec(write(), 1..40)) {
        Runtime::new().unwrap().block_on(on_postgres(|bench| followed_is_rebuilt(bench, writes)));
    }
}

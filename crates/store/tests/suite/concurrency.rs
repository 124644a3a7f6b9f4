//! Many writers at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use store::{Catalog, CollectionUpdate, Detached, NewPerson, PersonUpdate, Revision, StoreError};

use crate::harness::{Bench, face, on_both, someone};

on_both! {
    one_of_a_hundred, crosswise_collections, renames_race, detach_races, members_race, revisions_come_in_order, cancelled_writes
}

/// Runs all of these at once.
async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in running {
        results.push(task.await.unwrap());
    }
    results
}

async fn one_of_a_hundred(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let node = bench.another_node().await;
    let results = at_once((0..100).map(|number| {
        // Two nodes, so that no lock inside one process can be what helps.
        let catalog = if number % 2 == 0 {
            bench.catalog.clone()
        } else {
            node.clone()
        };
        async move {
            loop {
                // Too many for the connections: a client would try again, too.
                match catalog.create_person(owner, someone("Ana", &[a])).await {
                    Err(StoreError::Unavailable(_) | StoreError::Contended(_)) => {}
                    result => return result,
                }
            }
        }
    }))
    .await;
    let created: Vec<_> = results
        .iter()
        .filter_map(|result| result.as_ref().ok())
        .collect();
    assert_eq!(created.len(), 1);
    for result in &results {
        match result {
            Ok(_) => {}
            Err(StoreError::PersonAlreadySet(person)) => assert_eq!(**person, created[0].value),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(
        bench
            .catalog
            .persons(owner, None, Default::default())
            .await
            .unwrap()
            .total,
        1
    );
    assert_eq!(bench.changes(Revision::ZERO).await.len(), 2);
    node.close().await;
}

async fn crosswise_collections(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let results = at_once((0..20).map(|number| {
        let catalog = bench.catalog.clone();
        let collections = if number % 2 == 0 { [a, b] } else { [b, a] };
        async move {
            catalog
                .create_person(owner, someone("Ana", &collections))
                .await
        }
    }))
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Ok(_) | Err(StoreError::PersonAlreadySet(_)))),
        "{results:?}"
    );
}

async fn renames_race(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let mut people = Vec::new();
    for number in 0..10 {
        people.push(bench.person(owner, &number.to_string(), &[a]).await.id);
    }
    let results = at_once(people.into_iter().map(|id| {
        let catalog = bench.catalog.clone();
        let update = PersonUpdate {
            name: Some("Ana".to_owned()),
            ..PersonUpdate::default()
        };
        async move { catalog.update_person(owner, id, update).await }
    }))
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Ok(_) | Err(StoreError::PersonAlreadySet(_)))),
        "{results:?}"
    );
}

async fn detach_races(bench: Bench) {
    let owner = bench.account("one").await.id;
    let mut collections = Vec::new();
    for name in ["A", "B", "C", "D"] {
        collections.push(bench.collection(owner, name).await.id);
    }
    let ana = bench.person(owner, "Ana", &collections).await.id;
    let results = at_once(collections.into_iter().map(|id| {
        let catalog = bench.catalog.clone();
        async move {
            catalog
                .detach_person(owner, ana, id.into())
                .await
                .unwrap()
                .value
        }
    }))
    .await;
    assert_eq!(
        results
            .iter()
            .filter(|&&detached| detached == Detached::Deleted)
            .count(),
        1
    );
    assert_eq!(bench.catalog.person(owner, ana).await.unwrap(), None);
}

async fn members_race(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let mut people = Vec::new();
    for number in 0..12 {
        people.push(bench.person(owner, &number.to_string(), &[a]).await.id);
    }
    let people = Arc::new(people);
    let results = at_once((0..12_usize).map(|number| {
        let (catalog, people): (Arc<dyn Catalog>, _) = (bench.catalog.clone(), people.clone());
        async move {
            match number % 4 {
                0 => catalog
                    .move_people(owner, a.into(), b.into(), people.to_vec())
                    .await
                    .map(drop),
                1 => catalog
                    .move_people(owner, b.into(), a.into(), people.to_vec())
                    .await
                    .map(drop),
                2 => {
                    let people = Some(people[..number].to_vec());
                    let update = CollectionUpdate {
                        people,
                        ..CollectionUpdate::default()
                    };
                    catalog
                        .update_collection(owner, a.into(), update)
                        .await
                        .map(drop)
                }
                _ => catalog
                    .attach_person(owner, people[number], b.into())
                    .await
                    .map(drop),
            }
        }
    }))
    .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    // What the changes say, from the start, is what is there.
    let mut told = BTreeSet::new();
    for change in bench.changes(Revision::ZERO).await {
        match change {
            store::ChangeKind::MembershipAdded { person, collection } => {
                assert!(told.insert((person, collection)))
            }
            store::ChangeKind::MembershipRemoved { person, collection } => {
                assert!(told.remove(&(person, collection)))
            }
            _ => {}
        }
    }
    let mut there = BTreeSet::new();
    for template in bench.scan(5).await.concat() {
        there.extend(
            template
                .collections
                .into_iter()
                .map(|collection| (template.person, collection)),
        );
    }
    assert_eq!(told, there);
}

async fn revisions_come_in_order(bench: Bench) {
    let owner = bench.account("one").await.id;
    let node = bench.another_node().await;
    let follower = {
        let node = node.clone();
        tokio::spawn(async move {
            // As an index does it: whoever has seen revision n must have seen all before it.
            let mut seen = Revision::ZERO;
            while seen.number() < 150 {
                let changes = node.changes_since(seen, 7).await.unwrap();
                for change in &changes {
                    assert_eq!(change.revision.number(), seen.number() + 1);
                    seen = change.revision;
                }
                if changes.is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        })
    };
    at_once((0..10).map(|writer| {
        let catalog = bench.catalog.clone();
        async move {
            for number in 0..5 {
                let new = NewPerson {
                    faces: vec![face(1), face(2), face(3)],
                    ..someone(&format!("{writer} {number}"), &[])
                };
                catalog.create_person(owner, new).await.unwrap();
            }
        }
    }))
    .await;
    tokio::time::timeout(Duration::from_secs(60), follower)
        .await
        .expect("all changes are seen")
        .unwrap();
    node.close().await;
}

async fn cancelled_writes(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    for number in 0..60_u64 {
        let catalog = bench.catalog.clone();
        let request = tokio::spawn(async move {
            catalog
                .create_person(owner, someone(&number.to_string(), &[a]))
                .await
        });
        tokio::time::sleep(Duration::from_micros(number * 50)).await;
        request.abort();
    }
    // A write of our own, and on Postgres time for those that run beside it.
    bench.person(owner, "last", &[a]).await;
    let mut before = u64::MAX;
    let persons = loop {
        let persons = bench
            .catalog
            .persons(owner, Some(vec![a.into()]), Default::default())
            .await
            .unwrap();
        if persons.total == before {
            break persons;
        }
        before = persons.total;
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(persons.items.iter().all(|person| person.faces.len() == 1));
    assert_eq!(bench.scan(100).await.concat().len() as u64, persons.total);
    assert_eq!(
        bench.changes(Revision::ZERO).await.len() as u64,
        2 * persons.total
    );
    bench.catalog.ping().await.unwrap();
}

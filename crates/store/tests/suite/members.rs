//! Changing who is in a collection, and which faces a person has, in one step.

use futures_util::future::join_all;
use store::{ChangeKind, CollectionId, FaceId, PersonId, PersonUpdate, Revision, StoreError};

use crate::harness::{Bench, face, on_both, someone};

on_both! { join_and_leave, join_and_leave_at_once, faces_come_and_go }

impl Bench {
    async fn members(&self, client: store::ClientId, of: CollectionId) -> Vec<PersonId> {
        let page = self
            .catalog
            .persons(client, Some(vec![of.into()]), store::Listing::default())
            .await;
        page.unwrap().items.iter().map(|one| one.id).collect()
    }
}

async fn join_and_leave(bench: Bench) {
    let (owner, other) = (bench.account("one").await.id, bench.account("two").await.id);
    let id = bench.collection(owner, "c").await.id;
    let ana = bench.person(owner, "Ana", &[id]).await.id;
    let eva = bench.person(owner, "Eva", &[]).await.id;
    let foreign = bench.person(other, "Ida", &[]).await.id;
    let before = bench.catalog.revision().await.unwrap();
    let change = async |joining: &[PersonId], leaving: &[PersonId]| {
        let done =
            bench
                .catalog
                .change_people(owner, id.into(), joining.to_vec(), leaving.to_vec());
        done.await.map(|done| done.value)
    };
    assert_eq!(change(&[eva, eva, ana], &[foreign]).await.unwrap(), []);
    assert_eq!(
        bench.changes(before).await,
        [ChangeKind::MembershipAdded {
            person: eva,
            collection: id
        }]
    );
    // Nobody is deleted who leaves the last collection.
    assert_eq!(change(&[], &[ana, foreign]).await.unwrap(), [ana]);
    assert_eq!(bench.members(owner, id).await, [eva]);
    assert!(bench.catalog.person(owner, ana).await.unwrap().is_some());
    // Who does both stays.
    assert_eq!(change(&[eva], &[eva]).await.unwrap(), [eva]);
    assert_eq!(bench.members(owner, id).await, [eva]);
    // All or nothing.
    assert!(matches!(
        change(&[ana, foreign], &[eva]).await,
        Err(StoreError::PersonNotFound)
    ));
    let namesake = bench.person(owner, "Eva", &[]).await.id;
    assert!(matches!(
        change(&[ana, namesake], &[]).await,
        Err(StoreError::PersonAlreadySet(person)) if person.id == eva
    ));
    assert_eq!(bench.members(owner, id).await, [eva]);
    // Unless the other one leaves in the same step.
    assert_eq!(change(&[namesake], &[eva]).await.unwrap(), [eva]);
    assert_eq!(bench.members(owner, id).await, [namesake]);
    let stranger = bench
        .catalog
        .change_people(other, id.into(), vec![foreign], vec![]);
    assert!(matches!(
        stranger.await,
        Err(StoreError::CollectionNotFound)
    ));
}

async fn join_and_leave_at_once(bench: Bench) {
    let owner = bench.account("one").await.id;
    let id = bench.collection(owner, "c").await.id;
    let mut people = Vec::new();
    for number in 0..6 {
        people.push(bench.person(owner, &format!("P{number}"), &[]).await.id);
    }
    let join = |person: PersonId| {
        bench
            .catalog
            .change_people(owner, id.into(), vec![person], Vec::new())
    };
    for done in join_all(people.iter().chain(&people).map(|one| join(*one))).await {
        done.unwrap();
    }
    let mut members = bench.members(owner, id).await;
    members.sort_unstable();
    people.sort_unstable();
    assert_eq!(members, people);
    let added = bench.changes(Revision::ZERO).await;
    let added = added
        .iter()
        .filter(|change| matches!(change, ChangeKind::MembershipAdded { .. }));
    assert_eq!(added.count(), 6);
}

async fn faces_come_and_go(bench: Bench) {
    let owner = bench.account("one").await.id;
    let new = store::NewPerson {
        faces: vec![face(1), face(2)],
        ..someone("Ana", &[])
    };
    let ana = bench.catalog.create_person(owner, new).await.unwrap().value;
    let seeds = |person: &store::Person| -> Vec<u8> {
        person.faces.iter().map(|face| face.thumbnail[2]).collect()
    };
    let update = async |removed: Vec<FaceId>, added: &[u8], name: Option<&str>| {
        let update = PersonUpdate {
            name: name.map(str::to_owned),
            removed_faces: removed,
            added_faces: added.iter().map(|seed| face(*seed)).collect(),
            ..PersonUpdate::default()
        };
        let done = bench.catalog.update_person(owner, ana.id, update).await;
        done.map(|done| done.value)
    };
    let before = bench.catalog.revision().await.unwrap();
    let now = update(vec![ana.faces[0].id], &[3, 4], None).await.unwrap();
    assert_eq!(seeds(&now), [2, 3, 4]);
    assert_eq!(bench.changes(before).await.len(), 3);
    // One that is not there undoes all of it.
    for missing in [ana.faces[0].id, FaceId::random()] {
        let refused = update(vec![now.faces[0].id, missing], &[5], Some("Eva")).await;
        assert!(matches!(refused, Err(StoreError::FaceNotFound)));
    }
    let same = bench.catalog.person(owner, ana.id).await.unwrap().unwrap();
    assert_eq!((same.name.as_str(), seeds(&same)), ("Ana", vec![2, 3, 4]));
    let replaced = PersonUpdate {
        faces: Some(vec![face(6)]),
        added_faces: vec![face(7)],
        ..PersonUpdate::default()
    };
    let now = bench.catalog.update_person(owner, ana.id, replaced).await;
    assert_eq!(seeds(&now.unwrap().value), [6, 7]);
}

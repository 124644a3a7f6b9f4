//! Persons: update, membership, deletion.

use serde_json::json;
use store::{CollectionRef, Detached, FaceId, Gender, PersonId, PersonUpdate, StoreError};
use time::macros::date;

use crate::harness::{Bench, face, on_both, someone};

on_both! {
    update, update_keeps_uniqueness, update_collections, replace_faces, add_and_remove_faces, attach_and_detach, delete
}

async fn update(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let before = bench.person(owner, "Ana", &[a]).await;
    let revision = bench.catalog.revision().await.unwrap();
    let unchanged = bench
        .catalog
        .update_person(owner, before.id, PersonUpdate::default())
        .await
        .unwrap()
        .value;
    assert_eq!(unchanged.version, 1);
    let expected = store::Person {
        version: 1,
        updated_at: unchanged.updated_at,
        ..before.clone()
    };
    assert_eq!(unchanged, expected);
    let update = PersonUpdate {
        name: Some("Anna".to_owned()),
        gender: Some(Some(Gender::Male)),
        date_of_birth: Some(Some(date!(2000 - 02 - 29))),
        notes: Some(Some("n".to_owned())),
        emails: Some(vec!["e".to_owned()]),
        metadata: json!({"k": 1}).as_object().cloned(),
        liveness_score: Some(Some(0.5)),
        ..PersonUpdate::default()
    };
    bench
        .catalog
        .update_person(owner, before.id, update)
        .await
        .unwrap();
    let clear = PersonUpdate {
        notes: Some(None),
        gender: Some(None),
        ..PersonUpdate::default()
    };
    bench
        .catalog
        .update_person(owner, before.id, clear)
        .await
        .unwrap();
    let now = bench
        .catalog
        .person(owner, before.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            now.name.as_str(),
            now.gender,
            now.notes.as_deref(),
            now.version
        ),
        ("Anna", None, None, 3)
    );
    assert_eq!(
        (now.date_of_birth, now.emails.as_slice()),
        (Some(date!(2000 - 02 - 29)), ["e".to_owned()].as_slice())
    );
    assert_eq!(
        (&now.metadata["k"], now.liveness_score),
        (&json!(1), Some(0.5))
    );
    assert_eq!(
        (now.faces, now.collections),
        (before.faces, before.collections)
    );
    // Indexes have nothing to do with any of this.
    assert_eq!(bench.changes(revision).await, []);
    let nobody = bench
        .catalog
        .update_person(owner, PersonId::random(), PersonUpdate::default())
        .await;
    assert!(matches!(nobody, Err(StoreError::PersonNotFound)));
}

async fn update_keeps_uniqueness(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let ana = bench.person(owner, "Ana", &[a]).await;
    let eva = bench.person(owner, "Eva", &[a, b]).await;
    let rename = |name: &str| PersonUpdate {
        name: Some(name.to_owned()),
        ..PersonUpdate::default()
    };
    let refused = bench
        .catalog
        .update_person(owner, eva.id, rename("Ana"))
        .await;
    assert!(matches!(refused, Err(StoreError::PersonAlreadySet(person)) if person.id == ana.id));
    assert_eq!(
        bench.catalog.person(owner, eva.id).await.unwrap(),
        Some(eva.clone())
    );
    // The membership follows the new name: the old one is free, the new one is taken.
    bench
        .catalog
        .update_person(owner, ana.id, rename("Iris"))
        .await
        .unwrap();
    bench
        .catalog
        .update_person(owner, eva.id, rename("Ana"))
        .await
        .unwrap();
    assert!(matches!(
        bench
            .catalog
            .create_person(owner, someone("Iris", &[a]))
            .await,
        Err(StoreError::PersonAlreadySet(_))
    ));
    // A new name may need a collection to be left in the same update.
    let away = PersonUpdate {
        collections: Some(vec![b.into()]),
        ..rename("Iris")
    };
    let moved = bench
        .catalog
        .update_person(owner, eva.id, away)
        .await
        .unwrap()
        .value;
    assert_eq!(
        (
            moved.name.as_str(),
            moved.collections.len(),
            moved.collections[0].id
        ),
        ("Iris", 1, b)
    );
}

async fn update_collections(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let ana = bench.person(owner, "Ana", &[a]).await;
    bench.person(owner, "Eva", &[b]).await;
    let to = |collections: &[_]| PersonUpdate {
        collections: Some(
            collections
                .iter()
                .map(|&id| CollectionRef::Id(id))
                .collect(),
        ),
        ..PersonUpdate::default()
    };
    let ids = |person: store::Person| {
        person
            .collections
            .iter()
            .map(|membership| membership.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(bench
            .catalog
            .update_person(owner, ana.id, to(&[b]))
            .await
            .unwrap()
            .value),
        [b]
    );
    assert_eq!(
        ids(bench
            .catalog
            .update_person(owner, ana.id, to(&[]))
            .await
            .unwrap()
            .value),
        []
    );
    let unknown = bench
        .catalog
        .update_person(owner, ana.id, to(&[store::CollectionId::random()]))
        .await;
    assert!(matches!(unknown, Err(StoreError::CollectionNotFound)));
    let mixed = PersonUpdate {
        name: Some("Eva".to_owned()),
        ..to(&[a, b])
    };
    assert!(matches!(
        bench.catalog.update_person(owner, ana.id, mixed).await,
        Err(StoreError::PersonAlreadySet(_))
    ));
    assert_eq!(
        bench
            .catalog
            .person(owner, ana.id)
            .await
            .unwrap()
            .unwrap()
            .name,
        "Ana"
    );
}

async fn replace_faces(bench: Bench) {
    let owner = bench.account("one").await.id;
    let ana = bench.person(owner, "Ana", &[]).await;
    let update = PersonUpdate {
        faces: Some(vec![face(8), face(9)]),
        ..PersonUpdate::default()
    };
    let now = bench
        .catalog
        .update_person(owner, ana.id, update)
        .await
        .unwrap()
        .value;
    assert_eq!(
        now.faces
            .iter()
            .map(|face| face.thumbnail[2])
            .collect::<Vec<_>>(),
        [8, 9]
    );
    assert!(now.faces.iter().all(|face| face.id != ana.faces[0].id));
    assert_eq!(bench.catalog.count_faces().await.unwrap()[0].1, 2);
}

async fn add_and_remove_faces(bench: Bench) {
    let owner = bench.account("one").await.id;
    let ana = bench.person(owner, "Ana", &[]).await;
    let more = bench
        .catalog
        .add_faces(owner, ana.id, vec![face(2), face(3)])
        .await
        .unwrap()
        .value;
    assert_eq!(
        more.faces
            .iter()
            .map(|face| face.thumbnail[2])
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let less = bench
        .catalog
        .remove_face(owner, ana.id, more.faces[1].id)
        .await
        .unwrap()
        .value;
    assert_eq!(
        less.faces
            .iter()
            .map(|face| face.thumbnail[2])
            .collect::<Vec<_>>(),
        [1, 3]
    );
    assert!(matches!(
        bench
            .catalog
            .remove_face(owner, ana.id, FaceId::random())
            .await,
        Err(StoreError::FaceNotFound)
    ));
    let nobody = PersonId::random();
    assert!(matches!(
        bench.catalog.add_faces(owner, nobody, vec![face(1)]).await,
        Err(StoreError::PersonNotFound)
    ));
    // A face is removed through its own person only.
    let eva = bench.person(owner, "Eva", &[]).await;
    let wrong = bench
        .catalog
        .remove_face(owner, ana.id, eva.faces[0].id)
        .await;
    assert!(matches!(wrong, Err(StoreError::FaceNotFound)));
}

async fn attach_and_detach(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await,
        bench.collection(owner, "B").await,
    );
    let ana = bench.person(owner, "Ana", &[a.id]).await;
    bench
        .catalog
        .attach_person(owner, ana.id, b.code.into())
        .await
        .unwrap();
    bench
        .catalog
        .attach_person(owner, ana.id, b.id.into())
        .await
        .unwrap();
    assert_eq!(
        bench
            .catalog
            .person(owner, ana.id)
            .await
            .unwrap()
            .unwrap()
            .collections
            .len(),
        2
    );
    let other = bench.person(owner, "Ana", &[]).await;
    let refused = bench
        .catalog
        .attach_person(owner, other.id, a.id.into())
        .await;
    assert!(matches!(refused, Err(StoreError::PersonAlreadySet(person)) if person.id == ana.id));
    assert_eq!(
        bench
            .catalog
            .detach_person(owner, ana.id, a.code.into())
            .await
            .unwrap()
            .value,
        Detached::Kept
    );
    let again = bench
        .catalog
        .detach_person(owner, ana.id, a.id.into())
        .await;
    assert!(matches!(again, Err(StoreError::NotAMember)));
    assert_eq!(
        bench
            .catalog
            .person(owner, ana.id)
            .await
            .unwrap()
            .unwrap()
            .collections
            .len(),
        1
    );
    assert_eq!(
        bench
            .catalog
            .detach_person(owner, ana.id, b.id.into())
            .await
            .unwrap()
            .value,
        Detached::Deleted
    );
    assert_eq!(bench.catalog.person(owner, ana.id).await.unwrap(), None);
    let gone = bench
        .catalog
        .detach_person(owner, ana.id, b.id.into())
        .await;
    assert!(matches!(gone, Err(StoreError::PersonNotFound)));
    let unknown = bench
        .catalog
        .detach_person(owner, other.id, store::CollectionId::random().into())
        .await;
    assert!(matches!(unknown, Err(StoreError::CollectionNotFound)));
}

async fn delete(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await;
    let ana = bench.person(owner, "Ana", &[a.id]).await;
    let eva = bench.person(owner, "Eva", &[a.id]).await;
    bench.catalog.delete_person(owner, ana.id).await.unwrap();
    assert!(matches!(
        bench.catalog.delete_person(owner, ana.id).await,
        Err(StoreError::PersonNotFound)
    ));
    assert_eq!(bench.catalog.person(owner, ana.id).await.unwrap(), None);
    assert_eq!(
        bench
            .catalog
            .persons_by_id(owner, vec![eva.id, ana.id])
            .await
            .unwrap(),
        [eva]
    );
    assert_eq!(bench.catalog.count_faces().await.unwrap()[0].1, 1);
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        1
    );
    assert_eq!(
        bench.catalog.collection(owner, a.id.into()).await.unwrap(),
        Some(a)
    );
}

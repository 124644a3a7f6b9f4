//! Deleting a person destroys the person's data key, for all copies of the database.

use std::sync::Arc;

use store::{Detached, KeyFate, NewPerson, StoreError};

use crate::encryption::holds;
use crate::harness::{Bench, face, master_key, on_both, someone};

on_both! { an_old_copy_does_not_yield_the_person, every_way_of_deleting, the_key_is_gone_from_the_files, a_person_may_come_back }

const TABLES: [&str; 4] = ["persons", "memberships", "faces", "face_images"];

/// Keeps the rows of all persons, as a backup does.
async fn keep(bench: &Bench) {
    for table in TABLES {
        let text = format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}");
        bench.raw(&text).await.unwrap();
    }
}

/// Puts the backup back.
async fn put_back(bench: &Bench) {
    for table in TABLES {
        let text = format!("DELETE FROM {table}");
        bench.raw(&text).await.unwrap();
    }
    for table in TABLES {
        let text = format!("INSERT INTO {table} SELECT * FROM kept_{table}");
        bench.raw(&text).await.unwrap();
    }
}

async fn an_old_copy_does_not_yield_the_person(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let gone = bench.person(owner, "gone", &[a]).await;
    let stays = bench.person(owner, "stays", &[a]).await;
    keep(&bench).await;
    let deleted = bench.catalog.delete_person(owner, gone.id).await.unwrap();
    assert_eq!(deleted.key, KeyFate::Destroyed);
    assert_eq!(deleted.map(|()| 1).key, KeyFate::Destroyed);
    put_back(&bench).await;
    // With all keys that there are, the running node cannot read the person: as if it were not there.
    let catalog = &bench.catalog;
    assert_eq!(catalog.person(owner, gone.id).await.unwrap(), None);
    let templates = bench.scan(1).await.concat();
    assert_eq!(
        templates.iter().map(|one| one.person).collect::<Vec<_>>(),
        [stays.id]
    );
    let thumbnail = catalog
        .face_image(owner, gone.faces[0].id, store::FaceImage::Thumbnail)
        .await;
    assert_eq!(thumbnail.unwrap(), None);
    assert_eq!(
        catalog.person(owner, stays.id).await.unwrap().as_ref(),
        Some(&stays)
    );
    // A node that opens the old copy removes the person from it.
    let node = bench.another_node().await;
    assert_eq!(
        node.persons(owner, None, Default::default())
            .await
            .unwrap()
            .total,
        1
    );
    assert_eq!(node.person(owner, gone.id).await.unwrap(), None);
    node.create_person(owner, someone("gone", &[a]))
        .await
        .unwrap();
    node.close().await;
}

async fn every_way_of_deleting(bench: Bench) {
    let owner = bench.account("one").await.id;
    let catalog = &bench.catalog;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let person = bench.person(owner, "x", &[a, b]).await;
    let kept = catalog
        .detach_person(owner, person.id, a.into())
        .await
        .unwrap();
    assert_eq!((kept.value, kept.key), (Detached::Kept, KeyFate::None));
    let gone = catalog
        .detach_person(owner, person.id, b.into())
        .await
        .unwrap();
    assert_eq!(
        (gone.value, gone.key),
        (Detached::Deleted, KeyFate::Destroyed)
    );
    bench.person(owner, "y", &[a]).await;
    bench.person(owner, "z", &[a]).await;
    let all = catalog
        .delete_collection_with_people(owner, a.into())
        .await
        .unwrap();
    assert_eq!(all.key, KeyFate::Destroyed);
    assert_eq!(catalog.destroy_pending().await.unwrap(), 0);
    // What a crash between the two databases leaves is done later, by whichever node.
    let person = bench.person(owner, "w", &[]).await;
    bench
        .raw("INSERT INTO erasures (data_key, created_at) SELECT data_key, 0 FROM persons")
        .await
        .unwrap();
    bench.raw("DELETE FROM persons").await.unwrap();
    keep(&bench).await;
    assert_eq!(catalog.destroy_pending().await.unwrap(), 1);
    assert_eq!(catalog.destroy_pending().await.unwrap(), 0);
    assert_eq!(catalog.person(owner, person.id).await.unwrap(), None);
}

/// SQLite: neither the file of the key store nor its log holds the wrapped key any more. Postgres: the row does not.
async fn the_key_is_gone_from_the_files(bench: Bench) {
    let owner = bench.account("one").await.id;
    let person = bench.person(owner, "x", &[]).await;
    let other = bench.person(owner, "y", &[]).await;
    let (gone, stays) = (
        bench.wrapped(person.id).await,
        bench.wrapped(other.id).await,
    );
    assert!(holds(&bench.everything().await, &gone));
    bench.catalog.delete_person(owner, person.id).await.unwrap();
    let everything = bench.everything().await;
    assert!(!holds(&everything, &gone));
    assert!(holds(&everything, &stays));
}

/// The archive of another installation may bring a deleted person back, with another key. An old copy stays unreadable.
async fn a_person_may_come_back(bench: Bench) {
    use futures_util::StreamExt;
    let owner = bench.account("one").await.id;
    let new = NewPerson {
        faces: vec![face(1), face(2)],
        ..someone("x", &[])
    };
    let person = bench.catalog.create_person(owner, new).await.unwrap().value;
    let records: Vec<_> = bench
        .catalog
        .export_account(owner)
        .map(|record| record.unwrap())
        .collect()
        .await;
    keep(&bench).await;
    bench.catalog.delete_person(owner, person.id).await.unwrap();
    for record in records {
        bench.catalog.import_record(owner, record).await.unwrap();
    }
    let back = bench.catalog.person(owner, person.id).await.unwrap();
    let back = back.map(|back| (back.name, back.faces.len()));
    assert_eq!(back, Some((person.name, 2)));
    put_back(&bench).await;
    assert_eq!(bench.catalog.person(owner, person.id).await.unwrap(), None);
    // Deleting it again, from this copy, is no error.
    let again = bench.catalog.delete_person(owner, person.id).await.unwrap();
    assert_eq!(again.key, KeyFate::Destroyed);
    assert!(matches!(
        bench.catalog.delete_person(owner, person.id).await,
        Err(StoreError::PersonNotFound)
    ));
    let node =
        crate::rotation::open(&bench, Arc::new(store::MasterKeys::new(master_key(1), []))).await;
    node.unwrap().close().await;
}

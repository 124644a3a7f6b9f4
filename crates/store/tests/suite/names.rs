//! Collections as the dialects have them that know a collection by its name, and delete it with its persons.

use futures_util::future::join_all;
use store::{ChangeKind, FaceId, FaceImage, NewCollection, NewFace, NewPerson, StoreError};

use crate::harness::{Bench, face, on_both, someone};

on_both! { a_name_is_given_once, delete_with_people, images_of_many }

fn only(name: &str) -> NewCollection {
    NewCollection {
        name: name.to_owned(),
        only_of_name: true,
        ..NewCollection::default()
    }
}

async fn a_name_is_given_once(bench: Bench) {
    let (owner, other) = (bench.account("one").await.id, bench.account("two").await.id);
    let create = async |name| bench.catalog.create_collection(owner, only(name)).await;
    let tries = join_all((0..8).map(|_| bench.catalog.create_collection(owner, only("A")))).await;
    assert_eq!(tries.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(
        tries
            .iter()
            .flat_map(|made| made.as_ref().err())
            .all(|error| matches!(error, StoreError::CollectionNameTaken))
    );
    // Case counts, other accounts do not, and other dialects may still give a name twice.
    create("a").await.unwrap();
    bench
        .catalog
        .create_collection(other, only("A"))
        .await
        .unwrap();
    bench.collection(owner, "A").await;
    assert!(matches!(
        create("A").await,
        Err(StoreError::CollectionNameTaken)
    ));
}

async fn delete_with_people(bench: Bench) {
    let owner = bench.account("one").await.id;
    let other = bench.account("two").await.id;
    let (gone, kept) = (
        bench.collection(owner, "gone").await.id,
        bench.collection(owner, "kept").await.id,
    );
    let only_here = bench.person(owner, "Ana", &[gone]).await;
    let both = bench.person(owner, "Eva", &[gone, kept]).await;
    let elsewhere = bench.person(owner, "Ida", &[kept]).await;
    assert!(matches!(
        bench
            .catalog
            .delete_collection_with_people(other, gone.into())
            .await,
        Err(StoreError::CollectionNotFound)
    ));
    let deleted = bench
        .catalog
        .delete_collection_with_people(owner, gone.into())
        .await
        .unwrap();
    assert_eq!(deleted.value.id, gone);
    let there = async |id| bench.catalog.person(owner, id).await.unwrap();
    assert!(there(only_here.id).await.is_none());
    let both = there(both.id).await.unwrap();
    assert_eq!(
        both.collections
            .iter()
            .map(|one| one.id)
            .collect::<Vec<_>>(),
        [kept]
    );
    assert!(there(elsewhere.id).await.is_some());
    let changes = bench.changes(store::Revision::ZERO).await;
    assert_eq!(
        &changes[changes.len() - 2..],
        [
            ChangeKind::PersonRemoved {
                person: only_here.id
            },
            ChangeKind::CollectionRemoved { collection: gone },
        ]
    );
    assert!(matches!(
        bench
            .catalog
            .delete_collection_with_people(owner, gone.into())
            .await,
        Err(StoreError::CollectionNotFound)
    ));
}

async fn images_of_many(bench: Bench) {
    let (owner, other) = (bench.account("one").await.id, bench.account("two").await.id);
    let with_original = NewFace {
        original: Some(vec![7; 9]),
        ..face(1)
    };
    let without_any = NewFace {
        thumbnail: Vec::new(),
        original: None,
        ..face(2)
    };
    let new = NewPerson {
        faces: vec![with_original, without_any],
        ..someone("Ana", &[])
    };
    let person = bench.catalog.create_person(owner, new).await.unwrap().value;
    let ids: Vec<FaceId> = person.faces.iter().map(|face| face.id).collect();
    assert!(person.faces[1].thumbnail.is_empty());
    let images = async |client, image| {
        let mut wanted = ids.clone();
        wanted.push(FaceId::random());
        bench
            .catalog
            .face_images(client, wanted, image)
            .await
            .unwrap()
    };
    let originals = images(owner, FaceImage::Original).await;
    assert_eq!(originals.len(), 1);
    assert_eq!(originals[&ids[0]], [7; 9]);
    assert_eq!(images(owner, FaceImage::Thumbnail).await.len(), 2);
    assert!(images(other, FaceImage::Thumbnail).await.is_empty());
}

//! Two accounts: nothing of the one can be seen, changed or told apart from what does not exist by the other.

use futures_util::StreamExt;
use store::{
    ApiKeyId, Collection, CollectionId, CollectionRef, CollectionUpdate, FaceId, FaceImage,
    Listing, LoginChannel, NewApiKey, NewPerson, Person, PersonId, PersonUpdate, Record,
    StoreError,
};
use time::{Duration, OffsetDateTime};

use crate::harness::{Bench, face, model, on_both, someone};

on_both! { reading, writing, mixing, access, backups }

/// An account with a collection and a person in it.
async fn household(bench: &Bench, name: &str) -> (store::ClientId, Collection, Person) {
    let owner = bench.account(name).await.id;
    let collection = bench.collection(owner, "A").await;
    let new = NewPerson {
        external_id: Some(name.to_owned()),
        ..someone("Ana", &[collection.id])
    };
    let person = bench.catalog.create_person(owner, new).await.unwrap().value;
    (owner, collection, person)
}

async fn reading(bench: Bench) {
    let catalog = &bench.catalog;
    let (_, theirs, person) = household(&bench, "theirs").await;
    let (me, mine, _) = household(&bench, "mine").await;
    let face = person.faces[0].id;
    assert_eq!(catalog.person(me, person.id).await.unwrap(), None);
    assert_eq!(
        catalog.person_by_external_id(me, "theirs").await.unwrap(),
        None
    );
    assert_eq!(
        catalog.persons_by_id(me, vec![person.id]).await.unwrap(),
        []
    );
    assert_eq!(
        catalog
            .persons(me, None, Listing::default())
            .await
            .unwrap()
            .total,
        1
    );
    assert_eq!(
        catalog
            .persons(me, Some(vec![theirs.id.into()]), Listing::default())
            .await
            .unwrap()
            .total,
        0
    );
    assert_eq!(
        catalog.collection(me, theirs.id.into()).await.unwrap(),
        None
    );
    assert_eq!(
        catalog.collection(me, theirs.code.into()).await.unwrap(),
        None
    );
    assert_eq!(
        catalog
            .collections(me, Listing::default())
            .await
            .unwrap()
            .items,
        std::slice::from_ref(&mine)
    );
    assert_eq!(catalog.collections_by_name(me, "A").await.unwrap(), [mine]);
    assert!(
        catalog
            .count_people(me, vec![theirs.id])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        catalog
            .templates_of_person(me, person.id, model())
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        catalog
            .face_image(me, face, FaceImage::Thumbnail)
            .await
            .unwrap(),
        None
    );
}

async fn writing(bench: Bench) {
    let catalog = &bench.catalog;
    let (them, theirs, person) = household(&bench, "theirs").await;
    let (me, mine, own) = household(&bench, "mine").await;
    let before = catalog.revision().await.unwrap();
    let foreign_face = person.faces[0].id;
    // The same call with a foreign id and with an unknown one: the same answer.
    for id in [person.id, PersonId::random()] {
        let answers = [
            catalog
                .update_person(me, id, PersonUpdate::default())
                .await
                .map(drop),
            catalog.add_faces(me, id, vec![face(2)]).await.map(drop),
            catalog.remove_face(me, id, foreign_face).await.map(drop),
            catalog
                .attach_person(me, id, mine.id.into())
                .await
                .map(drop),
            catalog
                .detach_person(me, id, theirs.id.into())
                .await
                .map(drop),
            catalog.delete_person(me, id).await.map(drop),
            catalog
                .move_people(me, mine.id.into(), mine.id.into(), vec![id])
                .await
                .map(drop),
            catalog
                .update_collection(
                    me,
                    mine.id.into(),
                    CollectionUpdate {
                        people: Some(vec![id]),
                        ..Default::default()
                    },
                )
                .await
                .map(drop),
        ];
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(StoreError::PersonNotFound))),
            "{answers:?}"
        );
    }
    let unknown = [
        CollectionRef::Id(CollectionId::random()),
        theirs.id.into(),
        theirs.code.into(),
    ];
    for collection in unknown {
        let answers = [
            catalog
                .update_collection(me, collection, CollectionUpdate::default())
                .await
                .map(drop),
            catalog.delete_collection(me, collection).await.map(drop),
            catalog
                .move_people(me, collection, mine.id.into(), vec![])
                .await
                .map(drop),
            catalog
                .move_people(me, mine.id.into(), collection, vec![own.id])
                .await
                .map(drop),
            catalog
                .attach_person(me, own.id, collection)
                .await
                .map(drop),
            catalog
                .detach_person(me, own.id, collection)
                .await
                .map(drop),
            catalog
                .create_person(
                    me,
                    NewPerson {
                        collections: vec![collection],
                        ..someone("x", &[])
                    },
                )
                .await
                .map(drop),
            catalog
                .update_person(
                    me,
                    own.id,
                    PersonUpdate {
                        collections: Some(vec![collection]),
                        ..Default::default()
                    },
                )
                .await
                .map(drop),
        ];
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(StoreError::CollectionNotFound))),
            "{answers:?}"
        );
    }
    for face in [foreign_face, FaceId::random()] {
        assert!(matches!(
            catalog.remove_face(me, own.id, face).await,
            Err(StoreError::FaceNotFound)
        ));
    }
    assert_eq!(catalog.person(them, person.id).await.unwrap(), Some(person));
    assert_eq!(
        catalog.collection(them, theirs.id.into()).await.unwrap(),
        Some(theirs)
    );
    assert_eq!(catalog.person(me, own.id).await.unwrap(), Some(own));
    assert_eq!(bench.changes(before).await, []);
}

/// The database itself refuses a membership across accounts, whatever the program does.
async fn mixing(bench: Bench) {
    let (_, theirs, _) = household(&bench, "theirs").await;
    let (me, _, own) = household(&bench, "mine").await;
    let values = format!("('{}', '{}', '{me}', '', 0)", theirs.id, own.id);
    let statement = format!(
        "INSERT INTO memberships (collection_id, person_id, client_id, identity, added_at) VALUES {values}"
    );
    assert!(bench.raw(&statement).await.is_err());
}

async fn access(bench: Bench) {
    let catalog = &bench.catalog;
    let (them, me) = (
        bench.account("theirs").await.id,
        bench.account("mine").await.id,
    );
    let new = NewApiKey {
        hash: [1; 32],
        label: "k".to_owned(),
        prefix: "p".to_owned(),
    };
    let key = catalog.create_api_key(them, new).await.unwrap();
    assert_eq!(catalog.api_keys(me).await.unwrap(), []);
    for id in [key.id, ApiKeyId::random()] {
        assert!(!catalog.revoke_api_key(me, id).await.unwrap());
    }
    assert_eq!(
        catalog
            .client_of_api_key([1; 32])
            .await
            .unwrap()
            .unwrap()
            .1
            .id,
        them
    );
    let later = OffsetDateTime::now_utc() + Duration::minutes(10);
    catalog
        .put_login_code(them, LoginChannel::Email, [1; 32], later)
        .await
        .unwrap();
    let check = catalog
        .try_login_code(me, LoginChannel::Email, [1; 32], 5)
        .await
        .unwrap();
    assert_eq!(check, store::CodeCheck::Refused);
}

async fn backups(bench: Bench) {
    let catalog = &bench.catalog;
    let (them, theirs, person) = household(&bench, "theirs").await;
    let (me, mine, own) = household(&bench, "mine").await;
    let records: Vec<Record> = catalog
        .export_account(me)
        .map(|record| record.unwrap())
        .collect()
        .await;
    assert_eq!(records.len(), 2);
    assert!(matches!(&records[0], Record::Collection(collection) if *collection == mine));
    assert!(matches!(&records[1], Record::Person(record) if record.person.id == own.id));
    // What is another account's cannot be brought in under the same ids, neither is it changed by trying.
    let records: Vec<Record> = catalog
        .export_account(them)
        .map(|record| record.unwrap())
        .collect()
        .await;
    for record in records {
        let answer = catalog.import_record(me, record.clone()).await;
        match record {
            Record::Collection(_) => {
                assert!(matches!(answer, Err(StoreError::IdTaken)), "{answer:?}")
            }
            Record::Person(_) => assert!(
                matches!(answer, Err(StoreError::CollectionNotFound)),
                "{answer:?}"
            ),
        }
    }
    assert_eq!(catalog.person(them, person.id).await.unwrap(), Some(person));
    assert_eq!(
        catalog.collection(them, theirs.id.into()).await.unwrap(),
        Some(theirs)
    );
}

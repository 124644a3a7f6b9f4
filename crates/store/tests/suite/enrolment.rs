//! Persons: enrolment and what makes one unique.

use serde_json::json;
use store::{CollectionCode, CollectionRef, Gender, NewPerson, PersonUpdate, StoreError};
use time::macros::date;

use crate::harness::{Bench, face, on_both, someone};

on_both! {
    enrol, enrol_all_or_nothing, uniqueness, namesakes, external_ids, odd_texts
}

async fn enrol(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await,
        bench.collection(owner, "B").await,
    );
    let new = NewPerson {
        external_id: Some("emp-17".to_owned()),
        name: "Ana Muñoz".to_owned(),
        gender: Some(Gender::Female),
        date_of_birth: Some(date!(1990 - 01 - 15)),
        nationality: Some("US".to_owned()),
        notes: Some("VIP".to_owned()),
        emails: vec!["a@example.org".to_owned(), "b@example.org".to_owned()],
        phones: vec!["1".to_owned()],
        metadata: json!({"DOB": "x", "n": [1, {"k": null}]})
            .as_object()
            .unwrap()
            .clone(),
        liveness_score: Some(0.75),
        // Twice the same collection, once by its code.
        collections: vec![a.id.into(), b.code.into(), a.code.into()],
        faces: vec![face(1), face(2), face(3)],
        namesakes: false,
    };
    let made = bench
        .catalog
        .create_person(owner, new.clone())
        .await
        .unwrap();
    assert!(made.revision.number() > 0);
    let person = made.value;
    assert_eq!(
        bench
            .catalog
            .person(owner, person.id)
            .await
            .unwrap()
            .as_ref(),
        Some(&person)
    );
    assert_eq!(
        bench
            .catalog
            .person_by_external_id(owner, "emp-17")
            .await
            .unwrap()
            .as_ref(),
        Some(&person)
    );
    assert_eq!(
        bench
            .catalog
            .person_by_external_id(owner, "EMP-17")
            .await
            .unwrap(),
        None
    );
    assert_eq!((person.client, person.version), (owner, 0));
    assert_eq!(
        (person.name.as_str(), person.gender, person.date_of_birth),
        ("Ana Muñoz", new.gender, new.date_of_birth)
    );
    assert_eq!(
        (&person.nationality, &person.notes),
        (&new.nationality, &new.notes)
    );
    assert_eq!((&person.emails, &person.phones), (&new.emails, &new.phones));
    assert_eq!(
        (&person.metadata, person.liveness_score),
        (&new.metadata, Some(0.75))
    );
    let mut names: Vec<&str> = person
        .collections
        .iter()
        .map(|membership| membership.name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["A", "B"]);
    assert!(
        person
            .collections
            .iter()
            .any(|membership| membership.id == b.id && membership.code == b.code)
    );
    let thumbnails: Vec<u8> = person.faces.iter().map(|face| face.thumbnail[2]).collect();
    assert_eq!(thumbnails, [1, 2, 3]);
    assert_eq!(person.faces[0].quality, Some(0.25));
    assert!(!format!("{person:?}").contains("Ana"));
}

async fn enrol_all_or_nothing(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let before = bench.catalog.revision().await.unwrap();
    let unknown = CollectionRef::Code(CollectionCode::random());
    let new = NewPerson {
        collections: vec![a.into(), unknown],
        ..someone("x", &[])
    };
    assert!(matches!(
        bench.catalog.create_person(owner, new).await,
        Err(StoreError::CollectionNotFound)
    ));
    let mut bad = face(2);
    bad.embedding[1] = f32::NAN;
    let new = NewPerson {
        faces: vec![face(1), bad],
        ..someone("x", &[a])
    };
    assert!(matches!(
        bench.catalog.create_person(owner, new).await,
        Err(StoreError::InvalidValue(_))
    ));
    let stranger = store::ClientId::random();
    assert!(matches!(
        bench
            .catalog
            .create_person(stranger, someone("x", &[]))
            .await,
        Err(StoreError::ClientNotFound)
    ));
    assert_eq!(
        bench
            .catalog
            .persons(owner, None, Default::default())
            .await
            .unwrap()
            .total,
        0
    );
    assert_eq!(bench.changes(before).await, []);
    assert_eq!(bench.catalog.count_faces().await.unwrap(), []);
    // Neither faces nor collections are needed.
    let bare = NewPerson {
        name: "bare".to_owned(),
        ..NewPerson::default()
    };
    let made = bench.catalog.create_person(owner, bare).await.unwrap();
    assert!(made.value.faces.is_empty() && made.value.collections.is_empty());
}

async fn uniqueness(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let born = |name: &str, date_of_birth, collections: &[_]| NewPerson {
        date_of_birth,
        ..someone(name, collections)
    };
    let day = Some(date!(1994 - 02 - 07));
    let first = bench
        .catalog
        .create_person(owner, born("Maria", day, &[a]))
        .await
        .unwrap()
        .value;
    let again = bench
        .catalog
        .create_person(owner, born(" Maria ", day, &[b, a]))
        .await;
    assert!(matches!(again, Err(StoreError::PersonAlreadySet(person)) if *person == first));
    // Another day, no day, another collection: another person. No day equals no day.
    bench
        .catalog
        .create_person(owner, born("Maria", Some(date!(1994 - 02 - 08)), &[a]))
        .await
        .unwrap();
    let dayless = bench
        .catalog
        .create_person(owner, born("Maria", None, &[a]))
        .await
        .unwrap()
        .value;
    let again = bench
        .catalog
        .create_person(owner, born("Maria", None, &[a]))
        .await;
    assert!(matches!(again, Err(StoreError::PersonAlreadySet(person)) if person.id == dayless.id));
    bench
        .catalog
        .create_person(owner, born("Maria", day, &[b]))
        .await
        .unwrap();
    // In no collection nobody is in the way.
    bench
        .catalog
        .create_person(owner, born("Maria", day, &[]))
        .await
        .unwrap();
    bench
        .catalog
        .create_person(owner, born("Maria", day, &[]))
        .await
        .unwrap();
    // Who is gone is not in the way any more.
    bench.catalog.delete_person(owner, first.id).await.unwrap();
    bench
        .catalog
        .create_person(owner, born("Maria", day, &[a]))
        .await
        .unwrap();
}

async fn namesakes(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let namesake = || NewPerson {
        namesakes: true,
        ..someone("John", &[a])
    };
    let one = bench
        .catalog
        .create_person(owner, namesake())
        .await
        .unwrap()
        .value;
    bench
        .catalog
        .create_person(owner, namesake())
        .await
        .unwrap();
    let update = PersonUpdate {
        name: Some("Jane".to_owned()),
        ..PersonUpdate::default()
    };
    bench
        .catalog
        .update_person(owner, one.id, update.clone())
        .await
        .unwrap();
    let two = bench
        .catalog
        .create_person(owner, namesake())
        .await
        .unwrap()
        .value;
    bench
        .catalog
        .update_person(owner, two.id, update)
        .await
        .unwrap();
}

async fn external_ids(bench: Bench) {
    let (owner, other) = (bench.account("one").await.id, bench.account("two").await.id);
    let new = |name: &str| NewPerson {
        external_id: Some("F1".to_owned()),
        ..someone(name, &[])
    };
    let first = bench
        .catalog
        .create_person(owner, new("a"))
        .await
        .unwrap()
        .value;
    assert!(matches!(
        bench.catalog.create_person(owner, new("b")).await,
        Err(StoreError::ExternalIdTaken)
    ));
    let theirs = bench
        .catalog
        .create_person(other, new("c"))
        .await
        .unwrap()
        .value;
    assert_eq!(
        bench
            .catalog
            .person_by_external_id(owner, "F1")
            .await
            .unwrap(),
        Some(first)
    );
    assert_eq!(
        bench
            .catalog
            .person_by_external_id(other, "F1")
            .await
            .unwrap(),
        Some(theirs)
    );
}

async fn odd_texts(bench: Bench) {
    let owner = bench.account("one").await.id;
    let long = "x".repeat(100_000);
    let quotes = "'; DROP TABLE persons; -- \" \\ % _ ! \u{202e} \u{1f600}";
    for name in [long.as_str(), quotes, ""] {
        let a = bench.collection(owner, name).await;
        let person = bench.person(owner, name, &[a.id]).await;
        assert_eq!(
            bench
                .catalog
                .person(owner, person.id)
                .await
                .unwrap()
                .unwrap()
                .name,
            name
        );
        assert_eq!(
            bench
                .catalog
                .collections_by_name(owner, name)
                .await
                .unwrap(),
            [a]
        );
    }
    let nul = bench
        .catalog
        .create_person(owner, someone("a\0b", &[]))
        .await;
    assert!(matches!(nul, Err(StoreError::InvalidValue(_))));
    let metadata = json!({"k": ["a\0"]}).as_object().unwrap().clone();
    let nul = bench
        .catalog
        .create_person(
            owner,
            NewPerson {
                metadata,
                ..someone("a", &[])
            },
        )
        .await;
    assert!(matches!(nul, Err(StoreError::InvalidValue(_))));
    // A backslash and "u0000" are not a NUL.
    let metadata = json!({"k": "\\u0000"}).as_object().unwrap().clone();
    let kept = bench
        .catalog
        .create_person(
            owner,
            NewPerson {
                metadata: metadata.clone(),
                ..someone("a", &[])
            },
        )
        .await
        .unwrap();
    assert_eq!(kept.value.metadata, metadata);
}

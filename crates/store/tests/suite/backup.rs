//! Export and import.

use futures_util::StreamExt;
use serde_json::json;
use store::{
    Catalog, ClientId, Crop, FaceImage, Gender, Imported, NewPerson, PersonUpdate, Record,
    StoreError,
};
use time::macros::date;

use crate::harness::{Bench, face, model, on_both, on_postgres, on_sqlite, someone};

on_both! { round_trip, existing_is_kept, large }

async fn export(catalog: &dyn Catalog, client: ClientId) -> Vec<Record> {
    catalog
        .export_account(client)
        .map(|record| record.unwrap())
        .collect()
        .await
}

async fn fill(bench: &Bench) -> ClientId {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let mut kept = face(2);
    kept.crop = Some(Crop {
        image: vec![1, 2, 3],
        landmarks: [[0.5, 1.0]; 5],
    });
    kept.quality = None;
    let full = NewPerson {
        external_id: Some("F1".to_owned()),
        name: "Ana".to_owned(),
        gender: Some(Gender::Female),
        date_of_birth: Some(date!(1990 - 01 - 15)),
        nationality: Some("US".to_owned()),
        notes: Some("n".to_owned()),
        emails: vec!["e".to_owned()],
        phones: vec!["p".to_owned()],
        metadata: json!({"k": [1]}).as_object().unwrap().clone(),
        liveness_score: Some(0.1),
        collections: vec![a.into(), b.into()],
        faces: vec![face(1), kept],
        namesakes: false,
    };
    let ana = bench
        .catalog
        .create_person(owner, full)
        .await
        .unwrap()
        .value;
    // Joined later, in whatever order the ids are.
    let mut last = bench.collection(owner, "C").await.id;
    for name in ["D", "E", "F"] {
        last = last.min(bench.collection(owner, name).await.id);
    }
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    bench
        .catalog
        .attach_person(owner, ana.id, last.into())
        .await
        .unwrap();
    bench
        .catalog
        .update_person(owner, ana.id, PersonUpdate::default())
        .await
        .unwrap();
    for _ in 0..2 {
        let twin = NewPerson {
            namesakes: true,
            ..someone("twin", &[a])
        };
        bench.catalog.create_person(owner, twin).await.unwrap();
    }
    bench.person(owner, "loose", &[]).await;
    owner
}

/// Out of one database, into another of the other kind (or the same, when there is no Postgres to test with), and out
/// again: nothing is lost.
async fn round_trip(bench: Bench) {
    let owner = fill(&bench).await;
    let records = export(bench.catalog.as_ref(), owner).await;
    assert_eq!(records.len(), 10);
    let into = |other: Bench| async move {
        let copy = other.account("copy").await.id;
        for record in &records {
            let imported = other
                .catalog
                .import_record(copy, record.clone())
                .await
                .unwrap();
            assert_eq!(imported.value, Imported::Created);
        }
        let again = export(other.catalog.as_ref(), copy).await;
        assert_eq!(again.len(), records.len());
        for (before, after) in records.iter().zip(again) {
            assert_eq!(&with_owner(after, owner), before);
        }
        // The copy is alive: it is searched, its pictures are there, its uniqueness holds.
        assert_eq!(other.scan(100).await.concat().len(), 5);
        let ana = other
            .catalog
            .person_by_external_id(copy, "F1")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            other
                .catalog
                .templates_of_person(copy, ana.id, model())
                .await
                .unwrap()[1]
                .embedding,
            face(2).embedding
        );
        let crop = other
            .catalog
            .face_image(copy, ana.faces[1].id, FaceImage::Crop)
            .await
            .unwrap();
        assert_eq!(crop, Some(vec![1, 2, 3]));
        let twin = NewPerson {
            date_of_birth: ana.date_of_birth,
            ..someone("Ana", &[ana.collections[0].id])
        };
        assert!(matches!(
            other.catalog.create_person(copy, twin).await,
            Err(StoreError::PersonAlreadySet(_))
        ));
    };
    match bench.catalog.kind() {
        store::DatabaseKind::Postgres => Box::pin(on_sqlite(into)).await,
        store::DatabaseKind::Sqlite if std::env::var("ROSTRO_TEST_POSTGRES_URL").is_ok() => {
            Box::pin(on_postgres(into)).await
        }
        store::DatabaseKind::Sqlite => Box::pin(on_sqlite(into)).await,
    }
}

fn with_owner(record: Record, owner: ClientId) -> Record {
    match record {
        Record::Collection(mut collection) => {
            collection.client = owner;
            Record::Collection(collection)
        }
        Record::Person(mut record) => {
            record.person.client = owner;
            Record::Person(record)
        }
    }
}

async fn existing_is_kept(bench: Bench) {
    let owner = fill(&bench).await;
    let records = export(bench.catalog.as_ref(), owner).await;
    let revision = bench.catalog.revision().await.unwrap();
    for record in &records {
        let imported = bench
            .catalog
            .import_record(owner, record.clone())
            .await
            .unwrap();
        assert_eq!(imported.value, Imported::Existed);
    }
    assert_eq!(export(bench.catalog.as_ref(), owner).await, records);
    assert_eq!(bench.changes(revision).await, []);
    // What was deleted since comes back.
    let Some(Record::Person(gone)) = records.last() else {
        panic!("persons come last")
    };
    bench
        .catalog
        .delete_person(owner, gone.person.id)
        .await
        .unwrap();
    for record in &records {
        bench
            .catalog
            .import_record(owner, record.clone())
            .await
            .unwrap();
    }
    assert_eq!(export(bench.catalog.as_ref(), owner).await, records);
}

async fn large(bench: Bench) {
    let owner = bench.account("one").await.id;
    for number in 0..70 {
        bench.person(owner, &number.to_string(), &[]).await;
    }
    assert_eq!(export(bench.catalog.as_ref(), owner).await.len(), 70);
    // An export that nobody reads on does not hold a connection.
    for _ in 0..40 {
        bench
            .catalog
            .export_account(owner)
            .next()
            .await
            .unwrap()
            .unwrap();
    }
    bench.catalog.ping().await.unwrap();
}

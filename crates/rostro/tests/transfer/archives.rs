//! Whole accounts out of one database and into another.

use std::io::Read as _;

use serde_json::json;
use store::{
    CollectionRef, Crop, Gender, ModelId, NewClient, NewCollection, NewFace, NewPerson, Record,
};

use crate::{Home, common::database::Kind, on_both};

on_both! { an_account_survives_the_way_to_both_databases, damaged_files_are_refused_whole, deleted_persons_are_gone_from_archives }

/// An account with everything that an account can have.
async fn fill(home: &Home) {
    let store = home.store().await;
    let client = store
        .create_client(NewClient {
            name: "acme".into(),
            email: Some("a@example.com".into()),
            phone: None,
        })
        .await
        .unwrap();
    let mut collections: Vec<CollectionRef> = Vec::new();
    for name in ["staff", "visitors"] {
        let new = NewCollection {
            name: name.into(),
            description: Some("Día \"1\"\n".into()),
            project: Some("p".into()),
            ..NewCollection::default()
        };
        collections.push(
            store
                .create_collection(client.id, new)
                .await
                .unwrap()
                .id
                .into(),
        );
    }
    for number in 0..40_u8 {
        let face = |seed: u8| NewFace {
            thumbnail: vec![0xff, 0xd8, number, seed],
            crop: (number % 3 == 0).then(|| Crop {
                image: vec![seed; 7],
                landmarks: [[f32::from(seed) / 3.0, 0.1]; 5],
            }),
            original: (number % 5 == 0).then(|| vec![seed; 9]),
            embedding: vec![
                f32::from(number) / 3.0,
                -0.1,
                f32::MIN_POSITIVE,
                f32::from(seed),
            ],
            model: ModelId::from([7; 32]),
            quality: (number % 2 == 0).then_some(0.3),
        };
        let new = NewPerson {
            external_id: (number % 4 == 0).then(|| format!("e{number}")),
            name: format!("Persona {number} ñ"),
            gender: [None, Some(Gender::Male), Some(Gender::Female)][usize::from(number) % 3],
            date_of_birth: (number % 2 == 0)
                .then(|| time::Date::from_ordinal_date(1990, 1 + u16::from(number)).unwrap()),
            nationality: Some("CO".into()),
            notes: Some("VIP\u{1F600}".into()),
            emails: vec!["a@example.com".into()],
            phones: vec!["1".into(), "2".into()],
            metadata: json!({"deep": {"list": [1, null, "x"]}})
                .as_object()
                .unwrap()
                .clone(),
            liveness_score: (number % 2 == 1).then_some(0.75),
            collections: collections
                .iter()
                .rev()
                .take(usize::from(number) % 3)
                .copied()
                .collect(),
            faces: (0..number % 4).map(face).collect(),
            namesakes: number % 7 == 0,
        };
        store.create_person(client.id, new).await.unwrap();
    }
    store.close().await;
}

/// The records without what belongs to the account that holds them.
fn bare(records: Vec<Record>) -> Vec<Record> {
    let nobody = store::ClientId::from([0; 12]);
    let bare = |record| match record {
        Record::Collection(mut collection) => {
            collection.client = nobody;
            Record::Collection(collection)
        }
        Record::Person(mut record) => {
            record.person.client = nobody;
            Record::Person(record)
        }
    };
    records.into_iter().map(bare).collect()
}

async fn an_account_survives_the_way_to_both_databases(home: &Home) {
    fill(home).await;
    std::fs::write(home.path().join("key"), "correct horse battery staple\n").unwrap();
    let text = home.ok(&[
        "export",
        "--client",
        "acme",
        "--key-file",
        "key",
        "acme.rostro",
    ]);
    assert_eq!(
        text.trim(),
        "acme.rostro: 2 collections, 40 persons, 60 faces"
    );
    let file = home.path().join("acme.rostro");
    let path = file.to_str().unwrap();
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert!(
        home.fails(&["export", "--client", "acme", "acme.rostro"])
            .contains("exists already")
    );
    let wanted = bare(home.records("acme").await);
    assert_eq!(wanted.len(), 42);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(other) = Home::new(kind).await else {
            continue;
        };
        let refused = other.fails(&["import", path, "--client", "restored"]);
        assert!(refused.contains("--key-file"), "{refused}");
        std::fs::write(other.path().join("wrong"), "incorrect horse battery").unwrap();
        let refused = other.fails(&[
            "import",
            path,
            "--client",
            "restored",
            "--key-file",
            "wrong",
        ]);
        assert!(refused.contains("wrong one"), "{refused}");
        let key = home.path().join("key");
        let key = key.to_str().unwrap();
        let text = other.ok(&["import", path, "--client", "restored", "--key-file", key]);
        assert_eq!(text.trim(), "42 created, 0 there before, 0 refused");
        assert!(bare(other.records("restored").await) == wanted, "{kind:?}");
        // Once more changes nothing; another account of the same database cannot take the ids away.
        assert_eq!(
            other
                .ok(&["import", path, "--client", "restored", "--key-file", key])
                .trim(),
            "0 created, 42 there before, 0 refused"
        );
        let output = other.rostro(&[
            "import",
            path,
            "--client",
            "thief",
            "--key-file",
            key,
            "--report",
            "report.json",
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(bare(other.records("thief").await).is_empty());
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(other.path().join("report.json")).unwrap())
                .unwrap();
        assert_eq!(
            (
                report["created"].as_u64(),
                report["refused"].as_array().unwrap().len()
            ),
            (Some(0), 42)
        );
        assert!(bare(other.records("restored").await) == wanted, "{kind:?}");
        other.drop().await;
    }
}

async fn damaged_files_are_refused_whole(home: &Home) {
    fill(home).await;
    home.ok(&["export", "--client", "acme", "--clear", "acme.rostro"]);
    let whole = std::fs::read(home.path().join("acme.rostro")).unwrap();
    let mut tar = Vec::new();
    zstd::stream::read::Decoder::new(&whole[..])
        .unwrap()
        .read_to_end(&mut tar)
        .unwrap();
    let packed = |tar: &[u8]| zstd::encode_all(tar, 1).unwrap();
    let mut changed = tar.clone();
    let at = changed
        .windows(7)
        .position(|window| window == b"Persona")
        .unwrap();
    changed[at] = b'p';
    let mut newer = tar.clone();
    let at = newer
        .windows(12)
        .position(|window| window == b"\"version\": 1")
        .unwrap();
    newer[at + 11] = b'9';
    let end = tar
        .windows(14)
        .position(|window| window == b"checksums.json")
        .unwrap();
    let cases = [
        (whole[..whole.len() / 2].to_vec(), "cannot be read"),
        (packed(&tar[..end]), "cut off"),
        (packed(&changed), "damaged"),
        (packed(&newer), "version 9"),
        (packed(b""), "not an account archive"),
        (b"hello".to_vec(), "cannot be read"),
    ];
    let Some(other) = Home::new(Kind::Sqlite).await else {
        return;
    };
    other.ok(&["client", "add", "restored"]);
    for (bytes, part) in cases {
        std::fs::write(other.path().join("bad.rostro"), bytes).unwrap();
        let text = other.fails(&["import", "bad.rostro", "--client", "restored"]);
        assert!(text.contains(part), "{part}: {text}");
        assert!(other.records("restored").await.is_empty(), "{part}");
    }
    std::fs::write(other.path().join("good.rostro"), whole).unwrap();
    other.ok(&["import", "good.rostro", "--client", "restored"]);
    other.drop().await;
}

/// By default an archive is of use to its own installation alone, and what is deleted later is gone from it too.
async fn deleted_persons_are_gone_from_archives(home: &Home) {
    fill(home).await;
    home.ok(&["export", "--client", "acme", "acme.rostro"]);
    let bytes = std::fs::read(home.path().join("acme.rostro")).unwrap();
    let clear = zstd::decode_all(&bytes[..]).unwrap();
    for secret in ["Persona", "a@example.com", "VIP"] {
        let found = clear
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret}");
    }
    let wanted = home.records("acme").await;
    let store = home.store().await;
    let client = store.client_by_name("acme").await.unwrap().unwrap().id;
    let Some(Record::Person(gone)) = wanted.last() else {
        panic!("persons come last")
    };
    store.delete_person(client, gone.person.id).await.unwrap();
    let Record::Collection(collection) = &wanted[0] else {
        panic!("collections come first")
    };
    // Taken away by hand: their keys are there.
    store
        .delete_collection(client, collection.id.into())
        .await
        .unwrap();
    store.close().await;
    let text = home.ok(&["import", "acme.rostro", "--client", "acme"]);
    assert_eq!(text.trim(), "1 created, 40 there before, 0 refused");
    assert_eq!(home.records("acme").await.len(), wanted.len() - 1);
    let Some(other) = Home::new(Kind::Sqlite).await else {
        return;
    };
    let path = home.path().join("acme.rostro");
    let text = other.fails(&["import", path.to_str().unwrap(), "--client", "acme"]);
    assert!(text.contains("another installation"), "{text}");
    other.drop().await;
}

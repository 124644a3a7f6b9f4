//! What is stored can be read with the keys only.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::json;
use sqlx::{Connection, PgConnection, Row};
use store::{
    Catalog, ClientId, Comparison, Condition, Crop, DatabaseKind, FaceImage, Gender, Listing,
    MasterKeys, ModelId, NewFace, NewPerson, PersonField, Record, StoreError, StoreOptions,
};
use time::macros::date;

use crate::harness::{Bench, encrypted, face, master_key, on_both, options, someone};

on_both! { nothing_is_readable, sealing_in_the_background, a_copy_is_of_no_use, wrong_keys, nothing_can_be_swapped }

/// A person of whom every field can be found again.
fn known() -> NewPerson {
    let picture = |what: &str| format!("PICTURE-OF-{what}").repeat(3).into_bytes();
    NewPerson {
        external_id: Some("EXTERNAL-ID-4711".to_owned()),
        name: "Wilhelmina Unmistakable".to_owned(),
        gender: Some(Gender::Female),
        date_of_birth: Some(date!(1987 - 06 - 05)),
        nationality: Some("NATIONALITY-Freedonia".to_owned()),
        notes: Some("NOTES-likes-tea".to_owned()),
        emails: vec!["EMAIL-wilhelmina@example.org".to_owned()],
        phones: vec!["PHONE-5550199".to_owned()],
        metadata: json!({"METADATA-key": "METADATA-value"})
            .as_object()
            .unwrap()
            .clone(),
        faces: vec![NewFace {
            thumbnail: picture("THUMBNAIL"),
            crop: Some(Crop {
                image: picture("CROP"),
                landmarks: [[123.625, 77.375]; 5],
            }),
            original: Some(picture("ORIGINAL")),
            embedding: template(),
            ..face(1)
        }],
        ..NewPerson::default()
    }
}

fn template() -> Vec<f32> {
    (0..32)
        .map(|number| (number as f32 * 0.731).sin())
        .collect()
}

/// What must not be found, each with its name.
fn secrets() -> Vec<(&'static str, Vec<u8>)> {
    let bytes = |numbers: &[f32]| {
        numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect()
    };
    let mut secrets: Vec<(&str, Vec<u8>)> = [
        "EXTERNAL-ID-4711",
        "Wilhelmina",
        "wilhelmina",
        "Unmistakable",
        "unmistakable",
        "1987-06-05",
        "Freedonia",
        "likes-tea",
        "PHONE-5550199",
        "METADATA-key",
        "METADATA-value",
        "PICTURE-OF-THUMBNAIL",
        "PICTURE-OF-CROP",
        "PICTURE-OF-ORIGINAL",
    ]
    .into_iter()
    .map(|text| (text, text.as_bytes().to_vec()))
    .collect();
    secrets.push(("the template", bytes(&template()[4..12])));
    secrets.push(("the landmarks", bytes(&[123.625, 77.375])));
    secrets
}

impl Bench {
    fn folder(&self) -> PathBuf {
        let path = self.url.trim_start_matches("sqlite://");
        PathBuf::from(path).parent().unwrap().to_owned()
    }

    /// Everything that the database holds: SQLite's files as they are, Postgres' rows as text, bytes in it decoded.
    pub(crate) async fn everything(&self) -> Vec<u8> {
        if self.catalog.kind() == DatabaseKind::Sqlite {
            let files = fs::read_dir(self.folder()).unwrap();
            return files
                .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
                .collect();
        }
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
        let mut everything = Vec::new();
        for table in sqlx::query(tables)
            .fetch_all(&mut connection)
            .await
            .unwrap()
        {
            let table: String = table.get(0);
            let text = format!("SELECT t::text FROM {table} t");
            for row in sqlx::query(sqlx::AssertSqlSafe(text))
                .fetch_all(&mut connection)
                .await
                .unwrap()
            {
                let row: String = row.get(0);
                everything.extend_from_slice(row.as_bytes());
                for part in row.split("\\x").skip(1) {
                    let digits: Vec<u8> = part.bytes().take_while(u8::is_ascii_hexdigit).collect();
                    let byte = |pair: &[u8]| {
                        u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
                    };
                    everything.extend(digits.chunks_exact(2).map(byte));
                }
            }
        }
        connection.close().await.unwrap();
        everything
    }
}

pub(crate) fn holds(everything: &[u8], wanted: &[u8]) -> bool {
    everything
        .windows(wanted.len())
        .any(|window| window == wanted)
}

async fn found_in(bench: &Bench) -> Vec<&'static str> {
    let everything = bench.everything().await;
    let mut found = secrets();
    found.retain(|(_, bytes)| holds(&everything, bytes));
    found.into_iter().map(|(name, _)| name).collect()
}

async fn nothing_is_readable(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    let new = NewPerson {
        collections: vec![a.into()],
        ..known()
    };
    let made = bench.catalog.create_person(owner, new).await.unwrap().value;
    // A change leaves nothing either, and neither does what is refused.
    let update = store::PersonUpdate {
        notes: Some(Some("x".to_owned())),
        ..Default::default()
    };
    bench
        .catalog
        .update_person(owner, made.id, update)
        .await
        .unwrap();
    let again = NewPerson {
        external_id: None,
        collections: vec![a.into()],
        ..known()
    };
    assert!(matches!(
        bench.catalog.create_person(owner, again).await,
        Err(StoreError::PersonAlreadySet(_))
    ));
    let further = vec![(made.faces[0].id, template())];
    bench
        .catalog
        .add_templates(ModelId::from([9; 32]), further)
        .await
        .unwrap();
    assert_eq!(found_in(&bench).await, Vec::<&str>::new());
    // The search itself works: the collection's name is not personal.
    assert!(holds(
        &bench.everything().await,
        made.id.to_string().as_bytes()
    ));
    let read = bench.catalog.person(owner, made.id).await.unwrap().unwrap();
    assert_eq!(read.name, "Wilhelmina Unmistakable");
}

async fn export(catalog: &dyn Catalog, owner: ClientId) -> Vec<Record> {
    let records = catalog.export_account(owner).map(|record| record.unwrap());
    records.collect().await
}

/// A database in the clear: everything is there while it is sealed, nothing of it is left in the clear, and rules hold meanwhile.
async fn sealing_in_the_background(bench: Bench) {
    // A database beside that of the bench, which never was encrypted.
    let (clear, url) = match bench.catalog.kind() {
        DatabaseKind::Sqlite => {
            let url = format!(
                "sqlite://{}",
                bench.folder().join("clear/rostro.db").display()
            );
            (
                store::open(&url, &StoreOptions::default()).await.unwrap(),
                url,
            )
        }
        DatabaseKind::Postgres => {
            bench
                .raw("DELETE FROM encryption; DELETE FROM data_keys; DELETE FROM key_store")
                .await
                .unwrap();
            (
                store::open(&bench.url, &StoreOptions::default())
                    .await
                    .unwrap(),
                bench.url.clone(),
            )
        }
    };
    let clear = Bench {
        catalog: clear,
        url,
    };
    let owner = clear.account("one").await.id;
    let a = clear.collection(owner, "A").await.id;
    let new = NewPerson {
        collections: vec![a.into()],
        ..known()
    };
    let made = clear.catalog.create_person(owner, new).await.unwrap().value;
    let other = ModelId::from([9; 32]);
    clear
        .catalog
        .add_templates(other, vec![(made.faces[0].id, template())])
        .await
        .unwrap();
    for number in 0..20 {
        clear.person(owner, &format!("person {number}"), &[a]).await;
    }
    let gone = clear.person(owner, "gone-before-the-encryption", &[]).await;
    clear.catalog.delete_person(owner, gone.id).await.unwrap();
    let before = export(&*clear.catalog, owner).await;
    assert_eq!(found_in(&clear).await.len(), secrets().len());
    clear.catalog.close().await;

    let node = Bench {
        catalog: clear.another_node().await,
        url: clear.url.clone(),
    };
    let second = clear.another_node().await;
    let catalog = &*node.catalog;
    assert_eq!(catalog.count_clear().await.unwrap(), 21);
    let check = async || {
        assert_eq!(export(catalog, owner).await, before);
        let twin = NewPerson {
            external_id: None,
            collections: vec![a.into()],
            ..known()
        };
        assert!(matches!(
            catalog.create_person(owner, twin).await,
            Err(StoreError::PersonAlreadySet(_))
        ));
        let taken = NewPerson {
            external_id: known().external_id,
            ..someone("else", &[])
        };
        assert!(matches!(
            catalog.create_person(owner, taken).await,
            Err(StoreError::ExternalIdTaken)
        ));
        let by_id = catalog
            .person_by_external_id(owner, "EXTERNAL-ID-4711")
            .await
            .unwrap();
        assert_eq!(by_id.map(|person| person.id), Some(made.id));
        for (field, comparison, value) in [
            (
                PersonField::Name,
                Comparison::Equal,
                "wilhelmina unmistakable",
            ),
            (PersonField::Notes, Comparison::Contains, "LIKES"),
            (
                PersonField::ExternalId,
                Comparison::Equal,
                "EXTERNAL-ID-4711",
            ),
        ] {
            let conditions = vec![Condition::new(field, comparison, &[value]).unwrap()];
            let listing = Listing {
                conditions,
                ..Listing::default()
            };
            let page = catalog.persons(owner, None, listing).await.unwrap();
            assert_eq!((page.total, page.items[0].id), (1, made.id), "{field:?}");
        }
        let crop = catalog
            .face_image(owner, made.faces[0].id, FaceImage::Crop)
            .await
            .unwrap();
        assert_eq!(crop, known().faces[0].crop.clone().map(|crop| crop.image));
        let templates = catalog
            .templates_of_person(owner, made.id, other)
            .await
            .unwrap();
        assert_eq!(templates[0].embedding, template());
    };
    check().await;
    assert_eq!(catalog.seal_some(5).await.unwrap(), 5);
    check().await;
    assert!(!catalog.wipe_clear().await.unwrap(), "not all are sealed");
    // Two nodes at once.
    let rest = async |catalog: &dyn Catalog| while catalog.seal_some(3).await.unwrap() > 0 {};
    tokio::join!(rest(catalog), rest(&*second));
    assert_eq!(catalog.count_clear().await.unwrap(), 0);
    check().await;
    second.close().await;
    assert!(catalog.wipe_clear().await.unwrap());
    assert!(!catalog.wipe_clear().await.unwrap(), "once is enough");
    assert_eq!(found_in(&node).await, Vec::<&str>::new());
    assert!(!holds(
        &node.everything().await,
        b"gone-before-the-encryption"
    ));
    check().await;
    node.catalog.close().await;
}

/// The main database alone, with the master key, is of no use, and neither is one without its keys.
async fn a_copy_is_of_no_use(bench: Bench) {
    let owner = bench.account("one").await.id;
    bench.catalog.create_person(owner, known()).await.unwrap();
    let refused = match bench.catalog.kind() {
        DatabaseKind::Sqlite => {
            bench.catalog.close().await;
            let keys = bench.folder().join("rostro-keys.db");
            assert!(keys.exists());
            let copy = bench.folder().join("copy");
            fs::create_dir(&copy).unwrap();
            fs::copy(bench.folder().join("rostro.db"), copy.join("rostro.db")).unwrap();
            let url = format!("sqlite://{}", copy.join("rostro.db").display());
            let refused = store::open(&url, &options(&url)).await.map(drop);
            assert!(
                !copy.join("rostro-keys.db").exists(),
                "none is made in its place"
            );
            refused
        }
        DatabaseKind::Postgres => {
            bench
                .raw("DELETE FROM data_keys; DELETE FROM key_store")
                .await
                .unwrap();
            store::open(&bench.url, &options(&bench.url))
                .await
                .map(drop)
        }
    };
    let Err(StoreError::Encryption(why)) = refused else {
        panic!("{refused:?}")
    };
    assert!(why.contains("key store"), "{why}");
    let clear = store::open(&bench.url, &StoreOptions::default())
        .await
        .map(drop);
    assert!(matches!(clear, Err(StoreError::Encryption(_))), "{clear:?}");
}

async fn wrong_keys(bench: Bench) {
    let owner = bench.account("one").await.id;
    bench.person(owner, "Ana", &[]).await;
    let open = async |source: Arc<dyn store::MasterKeySource>| match store::open(
        &bench.url,
        &encrypted(&bench.url, source),
    )
    .await
    .map(drop)
    {
        Err(StoreError::Encryption(why)) => why,
        other => panic!("{other:?}"),
    };
    let wrong = open(Arc::new(MasterKeys::new(master_key(2), []))).await;
    assert!(
        wrong.contains("wrong") && wrong.contains(&master_key(1).id().to_string()),
        "{wrong}"
    );
    let missing = open(Arc::new(crate::rotation::Shared::default())).await;
    assert!(missing.contains("missing"), "{missing}");
}

/// Whoever can write to the database but has no keys cannot give one person's data to another.
async fn nothing_can_be_swapped(bench: Bench) {
    let owner = bench.account("one").await.id;
    let new = |number| NewPerson {
        faces: vec![face(number), face(number + 1)],
        ..someone("x", &[])
    };
    let one = bench
        .catalog
        .create_person(owner, new(1))
        .await
        .unwrap()
        .value;
    let two = bench
        .catalog
        .create_person(owner, new(5))
        .await
        .unwrap()
        .value;
    bench
        .raw("UPDATE face_images SET thumbnail = (SELECT other.thumbnail FROM face_images other WHERE other.face_id <> face_images.face_id
              ORDER BY other.face_id LIMIT 1)")
        .await
        .unwrap();
    for id in [one.id, two.id] {
        assert!(matches!(
            bench.catalog.person(owner, id).await,
            Err(StoreError::Corrupt(_))
        ));
    }
}

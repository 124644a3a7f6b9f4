//! Templates by further models.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use store::{ChangeKind, Crop, FaceId, ModelId, NewFace, NewPerson, Person, PersonUpdate};

use crate::harness::{Bench, face, model, on_both, someone};

on_both! { what_lacks_is_found_and_filled, both_kinds_are_read_together, what_is_gone_is_left_out }

fn other() -> ModelId {
    ModelId::from([9; 32])
}

fn with_crop(seed: u8) -> NewFace {
    NewFace {
        crop: Some(Crop {
            image: vec![seed; 4],
            landmarks: [[f32::from(seed), 0.1]; 5],
        }),
        ..face(seed)
    }
}

/// A person with these many faces.
async fn enrol(bench: &Bench, name: &str, faces: impl IntoIterator<Item = NewFace>) -> Person {
    let owner = match bench.catalog.client_by_name("one").await.unwrap() {
        Some(owner) => owner,
        None => bench.account("one").await,
    };
    let new = NewPerson {
        faces: faces.into_iter().collect(),
        ..someone(name, &[])
    };
    let created = bench.catalog.create_person(owner.id, new).await;
    created.unwrap().value
}

async fn what_lacks_is_found_and_filled(bench: Bench) {
    let catalog = &bench.catalog;
    let ana = enrol(&bench, "Ana", [with_crop(1), face(2)]).await;
    let bo = enrol(&bench, "Bo", (3..8).map(face)).await;
    enrol(
        &bench,
        "New",
        [NewFace {
            model: other(),
            ..face(9)
        }],
    )
    .await;
    assert_eq!(catalog.count_untemplated(model()).await.unwrap(), 1);
    assert_eq!(catalog.count_untemplated(other()).await.unwrap(), 7);

    // Page by page, everything once, in the order of ids.
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = catalog.untemplated(other(), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        after = Some(last.face);
        found.extend(page);
    }
    let ids: Vec<FaceId> = found.iter().map(|one| one.face).collect();
    assert!(ids.is_sorted());
    let expected: BTreeSet<FaceId> = [&ana, &bo]
        .iter()
        .flat_map(|person| person.faces.iter().map(|face| face.id))
        .collect();
    assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), expected);
    let first = found
        .iter()
        .find(|one| one.face == ana.faces[0].id)
        .unwrap();
    assert_eq!(first.crop, with_crop(1).crop);
    assert_eq!(first.thumbnail, face(1).thumbnail);
    assert!(found.iter().filter(|one| one.crop.is_some()).count() == 1);

    // Filled in two portions, the second of which repeats the first.
    let before = catalog.revision().await.unwrap();
    let template = |id: &FaceId| (*id, vec![id.uuid().as_bytes()[0].into(), 1.0]);
    let some: Vec<_> = ids.iter().take(3).map(template).collect();
    assert_eq!(catalog.add_templates(other(), some).await.unwrap().value, 3);
    assert_eq!(catalog.count_untemplated(other()).await.unwrap(), 4);
    let among = catalog
        .untemplated_among(other(), ids.clone())
        .await
        .unwrap();
    assert_eq!(among.len(), 4);
    assert!(among.iter().all(|one| !ids[..3].contains(&one.face)));
    let all: Vec<_> = ids.iter().map(template).collect();
    let committed = catalog.add_templates(other(), all.clone()).await.unwrap();
    assert_eq!(committed.value, 4);
    assert_eq!(catalog.add_templates(other(), all).await.unwrap().value, 0);
    assert_eq!(catalog.untemplated(other(), None, 9).await.unwrap(), []);

    // Who follows is told, once for each face.
    let told: Vec<FaceId> = bench
        .changes(before)
        .await
        .into_iter()
        .filter_map(|change| match change {
            ChangeKind::FaceAdded { face, .. } => Some(face),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 7);
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(catalog.revision().await.unwrap(), committed.revision);
}

async fn both_kinds_are_read_together(bench: Bench) {
    let catalog = &bench.catalog;
    let mut people = Vec::new();
    for number in 0..9_u8 {
        let by = |seed| NewFace {
            model: if seed % 2 == 0 { model() } else { other() },
            ..face(seed)
        };
        people.push(enrol(&bench, &number.to_string(), (number..number + 3).map(by)).await);
    }
    let lacking = catalog.untemplated(model(), None, 100).await.unwrap();
    let made = lacking.iter().map(|one| (one.face, vec![0.25, 0.5]));
    catalog
        .add_templates(model(), made.collect())
        .await
        .unwrap();
    for batch in [1, 2, 4, 1000] {
        let batches = bench.scan(batch).await;
        let persons = |batch: &Vec<store::Template>| {
            batch.iter().map(|one| one.person).collect::<BTreeSet<_>>()
        };
        let parts: usize = batches.iter().map(|batch| persons(batch).len()).sum();
        assert_eq!(parts, 9, "nobody is parted with {batch}");
        let found: BTreeSet<FaceId> = batches.iter().flatten().map(|one| one.face).collect();
        assert_eq!((found.len(), batches.iter().flatten().count()), (27, 27));
    }
    for person in &people {
        let of_person = catalog
            .templates_of_person(person.client, person.id, model())
            .await
            .unwrap();
        let order = |faces: &[store::Face]| faces.iter().map(|face| face.id).collect::<Vec<_>>();
        let found: Vec<FaceId> = of_person.iter().map(|one| one.face).collect();
        assert_eq!(found, order(&person.faces), "in the order of enrolment");
        let again = catalog.templates(model(), found).await.unwrap();
        assert_eq!(again, of_person);
    }
    // The other model's stay what they were.
    let others = catalog.scan_templates(other(), 100).await.unwrap();
    let count: usize = others
        .batches
        .map(|batch| batch.unwrap().len())
        .collect::<Vec<_>>()
        .await
        .iter()
        .sum();
    assert_eq!(count, 13);
}

async fn what_is_gone_is_left_out(bench: Bench) {
    let catalog = &bench.catalog;
    let ana = enrol(&bench, "Ana", [face(1), face(2)]).await;
    let bo = enrol(&bench, "Bo", [face(3)]).await;
    let template = |id: FaceId| (id, vec![1.0, 2.0]);
    let old = ana.faces[0].id;
    catalog
        .add_templates(other(), vec![template(old)])
        .await
        .unwrap();
    let update = PersonUpdate {
        faces: Some(vec![face(4)]),
        ..PersonUpdate::default()
    };
    catalog
        .update_person(ana.client, ana.id, update)
        .await
        .unwrap();
    catalog.delete_person(bo.client, bo.id).await.unwrap();
    // Its template went with the face.
    assert_eq!(catalog.templates(other(), vec![old]).await.unwrap(), []);
    let late = vec![
        template(old),
        template(bo.faces[0].id),
        template(FaceId::random()),
    ];
    assert_eq!(catalog.add_templates(other(), late).await.unwrap().value, 0);
    assert_eq!(catalog.count_untemplated(other()).await.unwrap(), 1);
}

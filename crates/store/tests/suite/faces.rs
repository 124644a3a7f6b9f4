//! Templates and pictures.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use store::{FaceId, FaceImage, ModelId, NewFace, NewPerson, PersonUpdate};

use crate::harness::{Bench, face, model, on_both, someone};

on_both! { templates, scan_is_complete, scan_sees_one_state, scan_may_be_left, models_apart, pictures }

async fn templates(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    let mut special = face(1);
    special.embedding = vec![f32::MIN_POSITIVE, -0.0, 1.0e-40, f32::MAX, 0.1];
    let new = NewPerson {
        faces: vec![special.clone(), face(2)],
        ..someone("Ana", &[a, b])
    };
    let ana = bench.catalog.create_person(owner, new).await.unwrap().value;
    let found = bench
        .catalog
        .templates_of_person(owner, ana.id, model())
        .await
        .unwrap();
    assert_eq!(
        found
            .iter()
            .map(|template| template.face)
            .collect::<Vec<_>>(),
        [ana.faces[0].id, ana.faces[1].id]
    );
    let bits = |numbers: &[f32]| {
        numbers
            .iter()
            .map(|number| number.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&found[0].embedding), bits(&special.embedding));
    assert_eq!((found[0].person, found[0].client), (ana.id, owner));
    let collections: BTreeSet<_> = found[0].collections.iter().copied().collect();
    assert_eq!(collections, BTreeSet::from([a, b]));
    let asked = vec![FaceId::random(), ana.faces[1].id];
    assert_eq!(
        bench.catalog.templates(model(), asked).await.unwrap(),
        [found[1].clone()]
    );
    assert!(!format!("{:?} {:?}", found[0], special).contains("3.4028"));
}

async fn scan_is_complete(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await.id;
    assert!(bench.scan(4).await.is_empty());
    let mut expected = BTreeSet::new();
    for number in 0..7 {
        let faces = (0..=number % 4).map(face).collect();
        let collections = if number % 2 == 0 {
            vec![a.into()]
        } else {
            Vec::new()
        };
        let new = NewPerson {
            faces,
            collections,
            ..someone(&number.to_string(), &[])
        };
        let person = bench.catalog.create_person(owner, new).await.unwrap().value;
        expected.extend(person.faces.iter().map(|face| face.id));
    }
    for batch in [1, 2, 3, 5, 1000] {
        let batches = bench.scan(batch).await;
        let found: Vec<FaceId> = batches
            .iter()
            .flatten()
            .map(|template| template.face)
            .collect();
        assert_eq!(found.len(), expected.len(), "none twice with {batch}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        // A person's faces are in one batch.
        let persons: Vec<BTreeSet<_>> = batches
            .iter()
            .map(|batch| batch.iter().map(|template| template.person).collect())
            .collect();
        let all: usize = persons.iter().map(BTreeSet::len).sum();
        assert_eq!(all, 7, "with {batch}");
    }
    let scan = bench.catalog.scan_templates(model(), 10).await.unwrap();
    assert_eq!(scan.faces, expected.len() as u64);
    assert_eq!(scan.revision, bench.catalog.revision().await.unwrap());
}

async fn scan_sees_one_state(bench: Bench) {
    let owner = bench.account("one").await.id;
    let mut people = Vec::new();
    for number in 0..40 {
        people.push(bench.person(owner, &number.to_string(), &[]).await.id);
    }
    let mut scan = bench.catalog.scan_templates(model(), 1).await.unwrap();
    let first = scan.batches.next().await.unwrap().unwrap();
    // All changes from here on are after the scan's revision, and not in it, but that nobody can read who is deleted by then.
    let (stay, go) = people.split_at(20);
    for id in go {
        bench.catalog.delete_person(owner, *id).await.unwrap();
    }
    let new = bench.person(owner, "new", &[]).await.id;
    let rest: Vec<_> = scan.batches.map(|batch| batch.unwrap()).collect().await;
    let seen = first.iter().chain(rest.iter().flatten());
    let seen: BTreeSet<_> = seen.map(|template| template.person).collect();
    assert!(stay.iter().all(|id| seen.contains(id)));
    assert!(!seen.contains(&new));
    assert_eq!(bench.changes(scan.revision).await.len(), 21);
}

async fn scan_may_be_left(bench: Bench) {
    let owner = bench.account("one").await.id;
    for number in 0..20 {
        bench.person(owner, &number.to_string(), &[]).await;
    }
    // More than there are connections.
    for _ in 0..40 {
        let mut scan = bench.catalog.scan_templates(model(), 1).await.unwrap();
        scan.batches.next().await.unwrap().unwrap();
    }
    bench.catalog.ping().await.unwrap();
}

async fn models_apart(bench: Bench) {
    let owner = bench.account("one").await.id;
    let other = ModelId::from([9; 32]);
    let new = NewPerson {
        faces: vec![
            face(1),
            NewFace {
                model: other,
                ..face(2)
            },
        ],
        ..someone("Ana", &[])
    };
    let ana = bench.catalog.create_person(owner, new).await.unwrap().value;
    assert_eq!(
        bench
            .catalog
            .templates_of_person(owner, ana.id, model())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        bench
            .catalog
            .templates_of_person(owner, ana.id, other)
            .await
            .unwrap()[0]
            .face,
        ana.faces[1].id
    );
    assert_eq!(
        bench
            .catalog
            .templates(other, vec![ana.faces[0].id])
            .await
            .unwrap(),
        []
    );
    assert_eq!(bench.scan(1).await.concat().len(), 1);
    assert_eq!(
        bench.catalog.count_faces().await.unwrap(),
        [(model(), 1), (other, 1)]
    );
    assert_eq!(other.to_string().parse(), Ok(other));
}

async fn pictures(bench: Bench) {
    let owner = bench.account("one").await.id;
    let ana = bench.person(owner, "Ana", &[]).await;
    let id = ana.faces[0].id;
    let image = |image| bench.catalog.face_image(owner, id, image);
    assert_eq!(
        image(FaceImage::Thumbnail).await.unwrap(),
        Some(face(1).thumbnail)
    );
    assert_eq!(image(FaceImage::Crop).await.unwrap(), None);
    assert_eq!(image(FaceImage::Original).await.unwrap(), face(1).original);
    assert_eq!(
        bench
            .catalog
            .face_image(owner, FaceId::random(), FaceImage::Thumbnail)
            .await
            .unwrap(),
        None
    );
    let update = PersonUpdate {
        faces: Some(vec![face(2)]),
        ..PersonUpdate::default()
    };
    bench
        .catalog
        .update_person(owner, ana.id, update)
        .await
        .unwrap();
    assert_eq!(image(FaceImage::Thumbnail).await.unwrap(), None);
}

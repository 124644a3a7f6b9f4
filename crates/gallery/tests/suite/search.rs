//! What a search answers.

use gallery::{GalleryError, Mode, Query};
use inference::{Embedding, Score};

use crate::harness::{Bench, between, on_both, query, template, who};

on_both! {
    best_face_of_each_person_best_first,
    limits,
    accounts_are_apart,
    other_templates_are_refused,
    faces_are_counted_once,
    an_aim_is_of_the_faces_that_are_searched,
}

async fn best_face_of_each_person_best_first(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let (here, there) = (
        bench.collection(client).await,
        bench.collection(client).await,
    );
    let one = bench
        .enrol(&gallery, client, &[1, 2, 3], &[here, there])
        .await;
    let two = bench.enrol(&gallery, client, &[4], &[]).await;
    bench.enrol(&gallery, client, &[5], &[here]).await;
    let probe = between(2, 4, 0.6);
    let found = gallery
        .search(&query(client, None, probe.clone(), 0.3))
        .unwrap();
    let persons: Vec<_> = found.iter().map(|one| one.person).collect();
    assert_eq!(
        persons,
        [one.id, two.id],
        "each once, also the one of two collections"
    );
    assert_eq!(found[0].face, one.faces[1].id);
    assert!(found[0].score > found[1].score);
    // Both modes give a person the same score.
    let fast = Query {
        mode: Mode::Fast,
        ..query(client, None, probe.clone(), 0.3)
    };
    assert_eq!(gallery.search(&fast).unwrap(), found);
    let inside = gallery
        .search(&query(client, Some(there), probe, 0.3))
        .unwrap();
    assert_eq!(inside, found[..1]);
}

async fn limits(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    for _ in 0..5 {
        bench.enrol(&gallery, client, &[1], &[]).await;
    }
    let asked = |limit, min_score| {
        let query = Query {
            limit,
            min_score: Score::new(min_score),
            ..query(client, None, between(1, 2, 0.7), 0.0)
        };
        gallery.search(&query).unwrap()
    };
    let all = asked(10, 0.0);
    assert_eq!(all.len(), 5);
    assert!(
        all.is_sorted_by_key(|one| one.person),
        "equal scores are in the order of ids"
    );
    assert_eq!(asked(3, 0.0), all[..3]);
    // A limit that equals the score as it is shown keeps it; one step more does not.
    let shown = all[0].score.rounded() as f32;
    assert_eq!(asked(10, shown).len(), 5);
    assert_eq!(asked(10, shown + 0.0001), []);
}

async fn accounts_are_apart(bench: Bench) {
    let (a, b) = (bench.account("a").await, bench.account("b").await);
    let gallery = bench.gallery().await;
    let (of_a, of_b) = (bench.collection(a).await, bench.collection(b).await);
    let mine = bench.enrol(&gallery, a, &[1], &[of_a]).await;
    let loose = bench.enrol(&gallery, a, &[1], &[]).await;
    let theirs = bench.enrol(&gallery, b, &[1], &[of_b]).await;
    let mut expected = [mine.id, loose.id];
    expected.sort();
    assert_eq!(who(&gallery, a, None, 1), expected);
    assert_eq!(who(&gallery, b, None, 1), [theirs.id]);
    assert_eq!(who(&gallery, b, Some(of_a), 1), []);
    assert_eq!(who(&gallery, a, Some(of_b), 1), []);
}

async fn other_templates_are_refused(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let short = Embedding::normalised(&[1.0; 64]).unwrap();
    let refused = gallery.search(&query(client, None, short, 0.5));
    assert_eq!(refused, Err(GalleryError::WrongModel));
    assert_eq!(
        gallery.search(&query(client, None, template(1), 0.5)),
        Ok(vec![])
    );
}

async fn faces_are_counted_once(bench: Bench) {
    let (client, other) = (bench.account("a").await, bench.account("b").await);
    let gallery = bench.gallery().await;
    let (here, there) = (
        bench.collection(client).await,
        bench.collection(client).await,
    );
    let faces = |gallery: &gallery::Gallery| {
        [None, Some(here), Some(there)].map(|scope| gallery.faces(client, scope).unwrap())
    };
    assert_eq!(faces(&gallery), [0, 0, 0]);
    let both = bench
        .enrol(&gallery, client, &[1, 2, 3], &[here, there])
        .await;
    bench.enrol(&gallery, client, &[4], &[there]).await;
    bench.enrol(&gallery, client, &[5, 6], &[]).await;
    bench.enrol(&gallery, other, &[1], &[]).await;
    assert_eq!(faces(&gallery), [6, 3, 4]);
    // Another node, which reads everything at once, comes to the same.
    let node = bench.another_node().await;
    assert_eq!(faces(&node.gallery().await), [6, 3, 4]);
    node.catalog.close().await;

    let update = store::PersonUpdate {
        faces: Some(vec![crate::harness::face(7)]),
        ..store::PersonUpdate::default()
    };
    let changed = bench.catalog.update_person(client, both.id, update);
    gallery
        .reached(changed.await.unwrap().revision)
        .await
        .unwrap();
    assert_eq!(faces(&gallery), [4, 1, 2]);
    let detached = bench.catalog.detach_person(client, both.id, here.into());
    gallery
        .reached(detached.await.unwrap().revision)
        .await
        .unwrap();
    assert_eq!(faces(&gallery), [4, 0, 2]);
    let gone = bench.catalog.delete_person(client, both.id).await.unwrap();
    gallery.reached(gone.revision).await.unwrap();
    assert_eq!(faces(&gallery), [3, 0, 1]);
    assert_eq!(gallery.faces(other, None).unwrap(), 1);
    assert_eq!(gallery.faces(other, Some(here)).unwrap(), 0);
}

async fn an_aim_is_of_the_faces_that_are_searched(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let here = bench.collection(client).await;
    for face in 1..=10 {
        bench.enrol(&gallery, client, &[face], &[]).await;
    }
    bench.enrol(&gallery, client, &[11], &[here]).await;
    let whole = gallery.aim(client, None, 0.0, Some(0.01)).unwrap();
    let inside = gallery.aim(client, Some(here), 0.0, Some(0.01)).unwrap();
    assert_eq!((whole.faces, inside.faces), (11, 1));
    assert!(whole.min_score > inside.min_score);
    for aim in [whole, inside] {
        assert!((0.0097..=0.01).contains(&aim.fpir), "{aim:?}");
        assert_eq!(
            gallery.aim(client, None, aim.min_score, None).unwrap().fmr,
            aim.fmr
        );
    }
    // 0.5 is a false match rate of 1e-2 each.
    let half = gallery.aim(client, None, 0.5, None).unwrap();
    assert!(
        (half.fpir / (1.0 - 0.99_f64.powi(11)) - 1.0).abs() < 0.01,
        "{half:?}"
    );
}

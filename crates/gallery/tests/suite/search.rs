//! What a search answers.

use gallery::{FindError, GalleryError, Mode, Request};
use inference::Embedding;

use crate::harness::{
    Bench, aim, between, count, find, on_both, on_pgvector, query, template, who,
};

on_both! {
    best_face_of_each_person_best_first,
    limits,
    accounts_are_apart,
    other_templates_are_refused,
    faces_are_counted_once,
    an_aim_is_of_the_faces_that_are_searched,
}

on_pgvector! {
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
    let found = find(&gallery, &query(client, None, probe.clone(), 0.3))
        .await
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
    let fast = Request {
        mode: Mode::Fast,
        ..query(client, None, probe.clone(), 0.3)
    };
    assert_eq!(find(&gallery, &fast).await.unwrap(), found);
    let inside = find(&gallery, &query(client, Some(there), probe, 0.3))
        .await
        .unwrap();
    assert_eq!(inside, found[..1]);
}

async fn limits(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    for _ in 0..5 {
        bench.enrol(&gallery, client, &[1], &[]).await;
    }
    let asked = async |limit, min_score| {
        let query = Request {
            limit,
            min_score,
            ..query(client, None, between(1, 2, 0.7), 0.0)
        };
        find(&gallery, &query).await.unwrap()
    };
    let all = asked(10, 0.0).await;
    assert_eq!(all.len(), 5);
    assert!(
        all.is_sorted_by_key(|one| one.person),
        "equal scores are in the order of ids"
    );
    assert_eq!(asked(3, 0.0).await, all[..3]);
    // A limit that equals the score as it is shown keeps it; one step more does not.
    let shown = all[0].score.rounded();
    assert_eq!(asked(10, shown).await.len(), 5);
    assert_eq!(asked(10, shown + 0.0001).await, []);
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
    assert_eq!(who(&gallery, a, None, 1).await, expected);
    assert_eq!(who(&gallery, b, None, 1).await, [theirs.id]);
    assert_eq!(who(&gallery, b, Some(of_a), 1).await, []);
    assert_eq!(who(&gallery, a, Some(of_b), 1).await, []);
}

async fn other_templates_are_refused(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let short = Embedding::normalised(&[1.0; 64]).unwrap();
    let refused = find(&gallery, &query(client, None, short, 0.5)).await;
    assert!(matches!(
        refused,
        Err(FindError::Gallery(GalleryError::WrongModel))
    ));
    let nobody = find(&gallery, &query(client, None, template(1), 0.5)).await;
    assert_eq!(nobody.unwrap(), []);
}

async fn faces_are_counted_once(bench: Bench) {
    let (client, other) = (bench.account("a").await, bench.account("b").await);
    let gallery = bench.gallery().await;
    let (here, there) = (
        bench.collection(client).await,
        bench.collection(client).await,
    );
    let faces = async |gallery: &gallery::Gallery| {
        [
            count(gallery, client, None).await,
            count(gallery, client, Some(here)).await,
            count(gallery, client, Some(there)).await,
        ]
    };
    assert_eq!(faces(&gallery).await, [0, 0, 0]);
    let both = bench
        .enrol(&gallery, client, &[1, 2, 3], &[here, there])
        .await;
    bench.enrol(&gallery, client, &[4], &[there]).await;
    bench.enrol(&gallery, client, &[5, 6], &[]).await;
    bench.enrol(&gallery, other, &[1], &[]).await;
    assert_eq!(faces(&gallery).await, [6, 3, 4]);
    // Another node, which reads everything at once, comes to the same.
    let node = bench.another_node().await;
    assert_eq!(faces(&node.gallery().await).await, [6, 3, 4]);
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
    assert_eq!(faces(&gallery).await, [4, 1, 2]);
    let detached = bench.catalog.detach_person(client, both.id, here.into());
    gallery
        .reached(detached.await.unwrap().revision)
        .await
        .unwrap();
    assert_eq!(faces(&gallery).await, [4, 0, 2]);
    let gone = bench.catalog.delete_person(client, both.id).await.unwrap();
    gallery.reached(gone.revision).await.unwrap();
    assert_eq!(faces(&gallery).await, [3, 0, 1]);
    assert_eq!(count(&gallery, other, None).await, 1);
    assert_eq!(count(&gallery, other, Some(here)).await, 0);
}

async fn an_aim_is_of_the_faces_that_are_searched(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let here = bench.collection(client).await;
    for face in 1..=10 {
        bench.enrol(&gallery, client, &[face], &[]).await;
    }
    bench.enrol(&gallery, client, &[11], &[here]).await;
    let whole = aim(&gallery, client, None, 0.0, Some(0.01)).await;
    let inside = aim(&gallery, client, Some(here), 0.0, Some(0.01)).await;
    assert_eq!((whole.faces, inside.faces), (11, 1));
    assert!(whole.min_score > inside.min_score);
    for one in [whole, inside] {
        assert!((0.0097..=0.01).contains(&one.fpir), "{one:?}");
        assert_eq!(
            aim(&gallery, client, None, one.min_score, None).await.fmr,
            one.fmr
        );
    }
    // 0.5 is a false match rate of 1e-2 each.
    let half = aim(&gallery, client, None, 0.5, None).await;
    assert!(
        (half.fpir / (1.0 - 0.99_f64.powi(11)) - 1.0).abs() < 0.01,
        "{half:?}"
    );
}

//! Writes and the searches after them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gallery::{Engine, FindError, GalleryError, GalleryOptions, Phase};
use store::{CollectionRef, CollectionUpdate, ModelId, PersonUpdate, Revision};

use crate::harness::{
    Bench, face, find, on_both, on_pgvector, on_postgres, on_sqlite, options, person, query,
    template, who,
};

on_both! {
    writes_are_visible_once_reached, memberships, pruned_changes, two_nodes, patience, faces_of_other_models, the_end,
    searching_while_persons_come_and_go,
}

on_pgvector! { memberships, faces_of_other_models, searching_while_persons_come_and_go }

async fn writes_are_visible_once_reached(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let store = &bench.catalog;
    let one = bench.enrol(&gallery, client, &[1], &[]).await.id;
    assert_eq!(who(&gallery, client, None, 1).await, [one]);
    let added = store.add_faces(client, one, vec![face(2)]).await.unwrap();
    gallery.reached(added.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 2).await, [one]);
    let removed = store
        .remove_face(client, one, added.value.faces[0].id)
        .await
        .unwrap();
    gallery.reached(removed.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 1).await, []);
    let update = PersonUpdate {
        faces: Some(vec![face(3), face(4)]),
        ..PersonUpdate::default()
    };
    let updated = store.update_person(client, one, update).await.unwrap();
    gallery.reached(updated.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 2).await, []);
    assert_eq!(who(&gallery, client, None, 3).await, [one]);
    assert_eq!(who(&gallery, client, None, 4).await, [one]);
    assert_eq!(gallery.status().rows, 2);
    let deleted = store.delete_person(client, one).await.unwrap();
    gallery.reached(deleted.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 4).await, []);
    let status = gallery.status();
    assert_eq!(
        (status.rows, status.shelves),
        (0, 0),
        "nothing is left behind"
    );
    assert_eq!(status.revision, deleted.revision);
}

async fn memberships(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let store = &bench.catalog;
    let (here, there) = (
        bench.collection(client).await,
        bench.collection(client).await,
    );
    let one = bench.enrol(&gallery, client, &[1], &[]).await.id;
    // Where the person is found: without a collection, in `here`, in `there`.
    let places = async || {
        let mut found = [false; 3];
        for (found, scope) in found.iter_mut().zip([None, Some(here), Some(there)]) {
            *found = who(&gallery, client, scope, 1).await == [one];
        }
        found
    };
    assert_eq!(places().await, [true, false, false]);
    let done = store.attach_person(client, one, here.into()).await.unwrap();
    gallery.reached(done.revision).await.unwrap();
    assert_eq!(places().await, [true, true, false]);
    let done = store
        .move_people(client, here.into(), there.into(), vec![one])
        .await
        .unwrap();
    gallery.reached(done.revision).await.unwrap();
    assert_eq!(places().await, [true, false, true]);
    let update = PersonUpdate {
        collections: Some(vec![CollectionRef::Id(here), CollectionRef::Id(there)]),
        ..PersonUpdate::default()
    };
    let done = store.update_person(client, one, update).await.unwrap();
    gallery.reached(done.revision).await.unwrap();
    assert_eq!(places().await, [true, true, true]);
    let done = store
        .detach_person(client, one, there.into())
        .await
        .unwrap();
    gallery.reached(done.revision).await.unwrap();
    assert_eq!(places().await, [true, true, false]);
    let nobody = CollectionUpdate {
        people: Some(Vec::new()),
        ..CollectionUpdate::default()
    };
    let done = store
        .update_collection(client, here.into(), nobody)
        .await
        .unwrap();
    gallery.reached(done.revision).await.unwrap();
    assert_eq!(places().await, [true, false, false]);
    let done = store.attach_person(client, one, here.into()).await.unwrap();
    gallery.reached(done.revision).await.unwrap();
    let done = store.delete_collection(client, here.into()).await.unwrap();
    gallery.reached(done.revision).await.unwrap();
    assert_eq!(
        places().await,
        [true, false, false],
        "persons outlive their collections"
    );
    if gallery.engine() == Engine::Embedded {
        assert_eq!(gallery.status().rows, 1);
    }
}

async fn pruned_changes(bench: Bench) {
    let client = bench.account("a").await;
    let gallery = bench.gallery().await;
    let gone = bench.enrol(&gallery, client, &[1], &[]).await.id;
    // What was seen may go: nothing has to be read anew.
    let prune = async || bench.catalog.prune_changes(Duration::ZERO, 100).await;
    assert_eq!(prune().await.unwrap(), 1);
    let stays = bench.enrol(&gallery, client, &[2], &[]).await.id;
    assert_eq!(who(&gallery, client, None, 2).await, [stays]);
    assert_eq!(gallery.status().loaded, 0, "it was not built anew");
    // Somebody is deleted, and this node, which was away, finds no word of it.
    bench
        .raw("BEGIN; DELETE FROM faces; UPDATE revision SET last = last + 2, pruned = last + 2; COMMIT")
        .await;
    let last = bench.catalog.revision().await.unwrap();
    gallery.reached(last).await.unwrap();
    for face in [1, 2] {
        assert_eq!(who(&gallery, client, None, face).await, []);
    }
    // It goes on following after that, also when nodes prune before they look.
    let other = bench.another_node().await;
    let new = person(&[3], &[]);
    let added = other.catalog.create_person(client, new).await.unwrap();
    let last = other.catalog.delete_person(client, gone).await.unwrap();
    assert!(prune().await.unwrap() > 0);
    gallery.reached(last.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 3).await, [added.value.id]);
    let again = bench.enrol(&gallery, client, &[4], &[]).await.id;
    assert_eq!(who(&gallery, client, None, 4).await, [again]);
    other.catalog.close().await;
}

async fn two_nodes(bench: Bench) {
    let other = bench.another_node().await;
    let client = bench.account("a").await;
    let (here, there) = (bench.gallery().await, other.gallery().await);
    for round in 0..5 {
        let one = bench.enrol(&here, client, &[round], &[]).await;
        there.reached(here.status().revision).await.unwrap();
        assert_eq!(who(&there, client, None, round).await, [one.id]);
        let deleted = other.catalog.delete_person(client, one.id).await.unwrap();
        here.reached(deleted.revision).await.unwrap();
        assert_eq!(who(&here, client, None, round).await, []);
    }
    there.stop();
    other.catalog.close().await;
}

/// Nodes on one Postgres are told of each other's writes: they would look by themselves only long after this test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_postgres_are_woken() {
    const HOUR: Duration = Duration::from_secs(3600);
    on_postgres(|bench| async move {
        let client = bench.account("a").await;
        let here = bench.gallery().await;
        let other = bench.another_node_that_polls_every(HOUR).await;
        let there = other.start(GalleryOptions {
            poll: HOUR,
            ..options()
        });
        for round in 0..5 {
            let one = bench.enrol(&here, client, &[round], &[]).await;
            there.reached(here.status().revision).await.unwrap();
            assert_eq!(who(&there, client, None, round).await, [one.id]);
        }
        there.stop();
        other.catalog.close().await;
    })
    .await;
}

/// A write waits for the searches of its node, but not for ever.
async fn patience(bench: Bench) {
    let hasty = || GalleryOptions {
        patience: Duration::from_millis(50),
        ..options()
    };
    let client = bench.account("a").await;
    let gallery = bench.start(hasty());
    let new = person(&[1, 2, 3], &[]);
    let written = bench.catalog.create_person(client, new).await.unwrap();
    let mut tries = 0..1000;
    while gallery.reached(written.revision).await.is_err() {
        assert!(tries.next().is_some(), "it never gets there");
    }
    // A revision that does not come: that of another database, which is further.
    on_sqlite(|further| async move {
        let client = further.account("a").await;
        let mut newest = Revision::ZERO;
        for _ in 0..2 {
            let new = person(&[1, 2, 3], &[]);
            newest = further
                .catalog
                .create_person(client, new)
                .await
                .unwrap()
                .revision;
        }
        assert_eq!(gallery.reached(newest).await, Err(GalleryError::Behind));
        assert_eq!(gallery.reached(written.revision).await, Ok(()));
    })
    .await;
    // Without the database the indexes are never built.
    let unbuilt = bench.another_node().await;
    unbuilt.catalog.close().await;
    let unbuilt = unbuilt.start(hasty());
    assert_eq!(
        unbuilt.reached(Revision::ZERO).await,
        Err(GalleryError::Loading)
    );
}

async fn faces_of_other_models(bench: Bench) {
    let client = bench.account("a").await;
    let mut other = face(1);
    other.model = ModelId::from([8; 32]);
    let mut new = person(&[], &[]);
    new.faces = vec![other.clone()];
    let before = bench
        .catalog
        .create_person(client, new.clone())
        .await
        .unwrap();
    let gallery = bench.gallery().await;
    let after = bench.catalog.create_person(client, new).await.unwrap();
    gallery.reached(after.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 1).await, []);
    // A person with faces of both models is found by the right one.
    let both = bench
        .catalog
        .add_faces(client, before.value.id, vec![face(2)])
        .await
        .unwrap();
    gallery.reached(both.revision).await.unwrap();
    assert_eq!(who(&gallery, client, None, 1).await, []);
    assert_eq!(who(&gallery, client, None, 2).await, [before.value.id]);
}

async fn the_end(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, bench.gallery().await);
    let one = bench.enrol(&gallery, client, &[1], &[]).await.id;
    // A lost database leaves the indexes as they are.
    bench.catalog.close().await;
    assert_eq!(who(&gallery, client, None, 1).await, [one]);
    gallery.stop();
    assert_eq!(gallery.phase(), Phase::Stopped);
    assert_eq!(
        gallery.reached(Revision::ZERO).await,
        Err(GalleryError::Stopped)
    );
    let refused = find(&gallery, &query(client, None, template(1), 0.5)).await;
    assert!(matches!(
        refused,
        Err(FindError::Gallery(GalleryError::Stopped))
    ));
}

async fn searching_while_persons_come_and_go(bench: Bench) {
    let (client, gallery) = (bench.account("a").await, Arc::new(bench.gallery().await));
    let here = bench.collection(client).await;
    let stays = bench.enrol(&gallery, client, &[1], &[here]).await.id;
    let done = Arc::new(AtomicBool::new(false));
    let searching = {
        let (gallery, done) = (gallery.clone(), done.clone());
        tokio::spawn(async move {
            let mut searches = 0_u64;
            while !done.load(Ordering::Relaxed) {
                for scope in [None, Some(here)] {
                    let found = who(&gallery, client, scope, 1).await;
                    assert!(
                        found.contains(&stays),
                        "search {searches} lost a person that was there all the time"
                    );
                }
                searches += 1;
            }
            searches
        })
    };
    for round in 0..30 {
        let one = bench
            .enrol(&gallery, client, &[1, 100 + round], &[here])
            .await
            .id;
        assert!(who(&gallery, client, Some(here), 1).await.contains(&one));
        let out = bench
            .catalog
            .detach_person(client, one, here.into())
            .await
            .unwrap();
        gallery.reached(out.revision).await.unwrap();
        assert!(!who(&gallery, client, Some(here), 1).await.contains(&one));
        // The one who stays moves between shelves, and is on one of them at any time.
        let away = bench.collection(client).await;
        let moved = bench
            .catalog
            .attach_person(client, stays, away.into())
            .await
            .unwrap();
        gallery.reached(moved.revision).await.unwrap();
        let back = bench
            .catalog
            .delete_collection(client, away.into())
            .await
            .unwrap();
        gallery.reached(back.revision).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(searching.await.unwrap() > 0);
}

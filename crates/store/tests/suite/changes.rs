//! The order of changes, and hearing of it.

use std::time::Duration;

use store::{ChangeKind, NewPerson, PersonUpdate, Revision, StoreError};

use crate::harness::{Bench, face, on_both, someone};

on_both! { every_write_tells, transactions_are_not_parted, pruning, own_writes_wake, other_nodes_wake }

async fn every_write_tells(bench: Bench) {
    let owner = bench.account("one").await.id;
    assert_eq!(bench.catalog.revision().await.unwrap(), Revision::ZERO);
    let (a, b) = (
        bench.collection(owner, "A").await.id,
        bench.collection(owner, "B").await.id,
    );
    assert_eq!(bench.catalog.revision().await.unwrap(), Revision::ZERO);
    let made = bench
        .catalog
        .create_person(
            owner,
            NewPerson {
                faces: vec![face(1), face(2)],
                ..someone("Ana", &[a])
            },
        )
        .await
        .unwrap();
    let (person, first, second) = (
        made.value.id,
        made.value.faces[0].id,
        made.value.faces[1].id,
    );
    let mut told = vec![
        ChangeKind::MembershipAdded {
            person,
            collection: a,
        },
        ChangeKind::FaceAdded {
            person,
            face: first,
        },
        ChangeKind::FaceAdded {
            person,
            face: second,
        },
    ];
    assert_eq!(bench.changes(Revision::ZERO).await, told);
    assert_eq!(made.revision, bench.catalog.revision().await.unwrap());

    bench
        .catalog
        .remove_face(owner, person, first)
        .await
        .unwrap();
    told.push(ChangeKind::FaceRemoved {
        person,
        face: first,
    });
    let replace = PersonUpdate {
        faces: Some(vec![face(3)]),
        collections: Some(vec![b.into()]),
        ..PersonUpdate::default()
    };
    let third = bench
        .catalog
        .update_person(owner, person, replace)
        .await
        .unwrap()
        .value
        .faces[0]
        .id;
    told.push(ChangeKind::MembershipRemoved {
        person,
        collection: a,
    });
    told.push(ChangeKind::MembershipAdded {
        person,
        collection: b,
    });
    told.push(ChangeKind::FaceRemoved {
        person,
        face: second,
    });
    told.push(ChangeKind::FaceAdded {
        person,
        face: third,
    });
    bench
        .catalog
        .attach_person(owner, person, a.into())
        .await
        .unwrap();
    told.push(ChangeKind::MembershipAdded {
        person,
        collection: a,
    });
    bench
        .catalog
        .detach_person(owner, person, a.into())
        .await
        .unwrap();
    told.push(ChangeKind::MembershipRemoved {
        person,
        collection: a,
    });
    bench
        .catalog
        .detach_person(owner, person, b.into())
        .await
        .unwrap();
    told.push(ChangeKind::PersonRemoved { person });
    bench
        .catalog
        .delete_collection(owner, b.into())
        .await
        .unwrap();
    told.push(ChangeKind::CollectionRemoved { collection: b });
    assert_eq!(bench.changes(Revision::ZERO).await, told);

    // A write that fails tells nothing.
    assert!(bench.catalog.delete_person(owner, person).await.is_err());
    let all = bench
        .catalog
        .changes_since(Revision::ZERO, 1000)
        .await
        .unwrap();
    assert!(all.iter().all(|change| change.client == owner));
    let numbers: Vec<i64> = all.iter().map(|change| change.revision.number()).collect();
    assert_eq!(numbers, (1..=told.len() as i64).collect::<Vec<_>>());
}

async fn transactions_are_not_parted(bench: Bench) {
    let owner = bench.account("one").await.id;
    for name in ["a", "b"] {
        let new = NewPerson {
            faces: vec![face(1), face(2), face(3)],
            ..someone(name, &[])
        };
        bench.catalog.create_person(owner, new).await.unwrap();
    }
    let first = bench
        .catalog
        .changes_since(Revision::ZERO, 1)
        .await
        .unwrap();
    assert_eq!(first.len(), 3);
    let second = bench
        .catalog
        .changes_since(first[2].revision, 2)
        .await
        .unwrap();
    assert_eq!(second.len(), 3);
    assert_eq!(
        bench
            .catalog
            .changes_since(second[2].revision, 2)
            .await
            .unwrap(),
        []
    );
}

async fn pruning(bench: Bench) {
    let owner = bench.account("one").await.id;
    let prune =
        async |age: Duration, limit: u32| bench.catalog.prune_changes(age, limit).await.unwrap();
    let since = async |revision: Revision| bench.catalog.changes_since(revision, 100).await;
    assert_eq!(prune(Duration::ZERO, 100).await, 0, "there is nothing");
    let mut revisions = Vec::new();
    for number in 0..10 {
        let new = NewPerson {
            faces: vec![face(1), face(2)],
            ..someone(&number.to_string(), &[])
        };
        let made = bench.catalog.create_person(owner, new).await.unwrap();
        revisions.push(made.revision);
    }
    for young in [Duration::from_secs(3600), Duration::MAX] {
        assert_eq!(prune(young, 100).await, 0, "nothing is that old");
    }
    assert_eq!(since(Revision::ZERO).await.unwrap().len(), 20);
    // Transactions are not parted, not by the limit either.
    assert_eq!(prune(Duration::ZERO, 3).await, 4);
    assert_eq!(since(revisions[1]).await.unwrap().len(), 16);
    for gone in [Revision::ZERO, revisions[0]] {
        let refused = since(gone).await;
        assert!(
            matches!(refused, Err(StoreError::RevisionPruned)),
            "{refused:?}"
        );
    }
    // Half an hour passes for the older half; of those, one has a clock that is late.
    let aged = "UPDATE changes SET committed_at = committed_at - 1800000 WHERE revision <= 14 AND revision NOT IN (9, 10)";
    bench.raw(aged).await.unwrap();
    let age = Duration::from_secs(600);
    assert_eq!(prune(age, 100).await, 4, "those before the first young one");
    assert_eq!(prune(age, 100).await, 0);
    assert_eq!(since(revisions[3]).await.unwrap().len(), 12);
    // The numbers go on.
    assert_eq!(prune(Duration::ZERO, 100).await, 12);
    let newest = bench.catalog.revision().await.unwrap();
    assert_eq!((newest, newest.number()), (revisions[9], 20));
    assert_eq!(since(newest).await.unwrap(), []);
    bench.person(owner, "next", &[]).await;
    assert_eq!(since(newest).await.unwrap()[0].revision.number(), 21);
}

async fn own_writes_wake(bench: Bench) {
    let owner = bench.account("one").await.id;
    let news = bench.catalog.watch();
    let made = bench
        .catalog
        .create_person(owner, someone("a", &[]))
        .await
        .unwrap();
    // Already there: not heard of, but known.
    assert!(*news.borrow() >= made.revision);
}

async fn other_nodes_wake(bench: Bench) {
    let owner = bench.account("one").await.id;
    let node = bench.another_node().await;
    let mut news = node.watch();
    for name in ["a", "b", "c"] {
        let made = bench
            .catalog
            .create_person(owner, someone(name, &[]))
            .await
            .unwrap();
        let heard = tokio::time::timeout(
            Duration::from_secs(30),
            news.wait_for(|newest| *newest >= made.revision),
        )
        .await;
        heard
            .expect("the other node hears of it")
            .expect("it is open");
        assert!(
            !node
                .changes_since(Revision::ZERO, 100)
                .await
                .unwrap()
                .is_empty()
        );
    }
    node.close().await;
}

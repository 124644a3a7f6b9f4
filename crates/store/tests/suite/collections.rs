//! Collections: fields, membership as a whole, moving, deletion.

use store::{
    ChangeKind, ClientId, CollectionCode, CollectionId, CollectionRef, CollectionUpdate,
    NewCollection, PersonId, StoreError,
};

use crate::harness::{Bench, on_both};

on_both! { fields, members_exactly, members_keep_uniqueness, delete, move_people, references }

async fn fields(bench: Bench) {
    let owner = bench.account("one").await.id;
    let project = "65b955fe0577440932c77481".to_owned();
    let new = NewCollection {
        name: "A".to_owned(),
        description: Some("d".to_owned()),
        project: Some(project.clone()),
        ..NewCollection::default()
    };
    let made = bench.catalog.create_collection(owner, new).await.unwrap();
    assert_eq!(
        (made.client, made.version, made.project.as_ref()),
        (owner, 0, Some(&project))
    );
    assert_eq!(
        bench
            .catalog
            .collection(owner, made.id.into())
            .await
            .unwrap()
            .as_ref(),
        Some(&made)
    );
    assert_eq!(
        bench
            .catalog
            .collection(owner, made.code.into())
            .await
            .unwrap()
            .as_ref(),
        Some(&made)
    );
    let update = CollectionUpdate {
        name: Some("B".to_owned()),
        description: Some(None),
        ..CollectionUpdate::default()
    };
    let now = bench
        .catalog
        .update_collection(owner, made.code.into(), update)
        .await
        .unwrap()
        .value;
    assert_eq!(
        (
            now.name.as_str(),
            now.description.as_ref(),
            now.project.as_ref(),
            now.version
        ),
        ("B", None, Some(&project), 1)
    );
    assert_eq!(
        bench
            .catalog
            .collection(owner, made.id.into())
            .await
            .unwrap(),
        Some(now)
    );
    // The same name twice is allowed.
    let twin = bench.collection(owner, "B").await;
    let found = bench.catalog.collections_by_name(owner, "B").await.unwrap();
    assert_eq!(
        found
            .iter()
            .map(|collection| collection.id)
            .collect::<Vec<_>>(),
        [made.id, twin.id]
    );
    let unknown = bench
        .catalog
        .create_collection(ClientId::random(), NewCollection::default())
        .await;
    assert!(matches!(unknown, Err(StoreError::ClientNotFound)));
    for unknown in [
        CollectionRef::Id(CollectionId::random()),
        CollectionRef::Code(CollectionCode::random()),
    ] {
        assert_eq!(
            bench.catalog.collection(owner, unknown).await.unwrap(),
            None
        );
        let update = bench
            .catalog
            .update_collection(owner, unknown, CollectionUpdate::default())
            .await;
        assert!(matches!(update, Err(StoreError::CollectionNotFound)));
        assert!(matches!(
            bench.catalog.delete_collection(owner, unknown).await,
            Err(StoreError::CollectionNotFound)
        ));
    }
}

async fn members_exactly(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await;
    let (ana, eva, iris) = (
        bench.person(owner, "Ana", &[a.id]).await.id,
        bench.person(owner, "Eva", &[a.id]).await.id,
        bench.person(owner, "Iris", &[]).await.id,
    );
    let before = bench.catalog.revision().await.unwrap();
    let exactly = |people: &[PersonId]| CollectionUpdate {
        people: Some(people.to_vec()),
        ..CollectionUpdate::default()
    };
    bench
        .catalog
        .update_collection(owner, a.id.into(), exactly(&[iris, eva, iris]))
        .await
        .unwrap();
    let collection = a.id;
    assert_eq!(
        bench.changes(before).await,
        [
            ChangeKind::MembershipRemoved {
                person: ana,
                collection
            },
            ChangeKind::MembershipAdded {
                person: iris,
                collection
            }
        ]
    );
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        2
    );
    assert!(
        bench
            .catalog
            .person(owner, ana)
            .await
            .unwrap()
            .unwrap()
            .collections
            .is_empty()
    );
    // One who is not there: nothing changes.
    let unknown = bench
        .catalog
        .update_collection(owner, a.id.into(), exactly(&[ana, PersonId::random()]))
        .await;
    assert!(matches!(unknown, Err(StoreError::PersonNotFound)));
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        2
    );
    bench
        .catalog
        .update_collection(owner, a.id.into(), exactly(&[]))
        .await
        .unwrap();
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        0
    );
    // More than fit into one statement.
    let mut people = Vec::new();
    for number in 0..600 {
        people.push(bench.person(owner, &format!("p{number}"), &[]).await.id);
    }
    bench
        .catalog
        .update_collection(owner, a.id.into(), exactly(&people))
        .await
        .unwrap();
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        600
    );
}

async fn members_keep_uniqueness(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await,
        bench.collection(owner, "B").await,
    );
    let (one, two) = (
        bench.person(owner, "Ana", &[]).await.id,
        bench.person(owner, "Ana", &[]).await.id,
    );
    let both = CollectionUpdate {
        people: Some(vec![one, two]),
        ..CollectionUpdate::default()
    };
    let refused = bench
        .catalog
        .update_collection(owner, a.id.into(), both)
        .await;
    assert!(
        matches!(refused, Err(StoreError::PersonAlreadySet(person)) if person.id == one || person.id == two)
    );
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        0
    );
    bench
        .catalog
        .attach_person(owner, one, a.id.into())
        .await
        .unwrap();
    bench
        .catalog
        .attach_person(owner, two, b.id.into())
        .await
        .unwrap();
    let refused = bench
        .catalog
        .move_people(owner, a.id.into(), b.id.into(), vec![one])
        .await;
    assert!(matches!(refused, Err(StoreError::PersonAlreadySet(person)) if person.id == two));
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        1
    );
}

async fn delete(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await,
        bench.collection(owner, "B").await,
    );
    let ana = bench.person(owner, "Ana", &[a.id, b.id]).await;
    let before = bench.catalog.revision().await.unwrap();
    assert_eq!(
        bench
            .catalog
            .delete_collection(owner, a.code.into())
            .await
            .unwrap()
            .value,
        a
    );
    assert_eq!(
        bench.changes(before).await,
        [ChangeKind::CollectionRemoved { collection: a.id }]
    );
    assert_eq!(
        bench.catalog.collection(owner, a.id.into()).await.unwrap(),
        None
    );
    let survivor = bench.catalog.person(owner, ana.id).await.unwrap().unwrap();
    assert_eq!(
        survivor
            .collections
            .iter()
            .map(|membership| membership.id)
            .collect::<Vec<_>>(),
        [b.id]
    );
    assert_eq!(bench.scan(10).await[0][0].collections, [b.id]);
    assert_eq!(
        bench
            .catalog
            .count_people(owner, vec![a.id, b.id])
            .await
            .unwrap()
            .into_iter()
            .collect::<Vec<_>>(),
        [(b.id, 1)]
    );
}

async fn move_people(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await,
        bench.collection(owner, "B").await,
    );
    let moves = bench.person(owner, "moves", &[a.id]).await.id;
    let both = bench.person(owner, "in both", &[a.id, b.id]).await.id;
    let neither = bench.person(owner, "in neither", &[]).await.id;
    let stays = bench.person(owner, "stays", &[a.id]).await.id;
    let before = bench.catalog.revision().await.unwrap();
    let moved = bench
        .catalog
        .move_people(
            owner,
            a.id.into(),
            b.code.into(),
            vec![moves, both, neither],
        )
        .await
        .unwrap();
    let mut expected = vec![moves, both];
    expected.sort_unstable();
    assert_eq!(moved.value, expected);
    let changes = bench.changes(before).await;
    assert_eq!(changes.len(), 3);
    assert_eq!(
        changes[0],
        ChangeKind::MembershipAdded {
            person: moves,
            collection: b.id
        }
    );
    assert!(changes.contains(&ChangeKind::MembershipRemoved {
        person: both,
        collection: a.id
    }));
    let counts = bench
        .catalog
        .count_people(owner, vec![a.id, b.id])
        .await
        .unwrap();
    assert_eq!((counts[&a.id], counts[&b.id]), (1, 2));
    let unknown = bench
        .catalog
        .move_people(
            owner,
            a.id.into(),
            b.id.into(),
            vec![stays, PersonId::random()],
        )
        .await;
    assert!(matches!(unknown, Err(StoreError::PersonNotFound)));
    let unknown = bench
        .catalog
        .move_people(
            owner,
            a.id.into(),
            CollectionId::random().into(),
            vec![stays],
        )
        .await;
    assert!(matches!(unknown, Err(StoreError::CollectionNotFound)));
    let same = bench
        .catalog
        .move_people(owner, a.id.into(), a.code.into(), vec![stays])
        .await
        .unwrap();
    assert_eq!(same.value, [stays]);
    assert_eq!(
        bench.catalog.count_people(owner, vec![a.id]).await.unwrap()[&a.id],
        1
    );
}

async fn references(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "A").await;
    for text in [
        a.id.to_string(),
        a.code.to_string(),
        a.code.to_string().to_uppercase(),
    ] {
        let reference: CollectionRef = text.parse().unwrap();
        assert_eq!(
            bench
                .catalog
                .collection(owner, reference)
                .await
                .unwrap()
                .as_ref(),
            Some(&a)
        );
    }
    assert!("A".parse::<CollectionRef>().is_err());
}

//! Signs of life, and what nodes ask to divide the work.

use std::{collections::BTreeSet, time::Duration};

use store::Beat;
use uuid::Uuid;

use crate::harness::{Bench, on_both};

on_both! { nodes_see_each_other, what_an_account_has }

fn beat(address: &str, serves: &str) -> Beat {
    Beat {
        address: address.to_owned(),
        id: Uuid::new_v4(),
        hold: "1/2".to_owned(),
        serves: serves.to_owned(),
    }
}

async fn nodes_see_each_other(bench: Bench) {
    let store = &bench.catalog;
    assert_eq!(store.nodes().await.unwrap(), []);
    let one = beat("http://one", "a");
    let seen = store.beat(one.clone()).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].said, one);
    let other = beat("http://two", "b");
    let seen = store.beat(other.clone()).await.unwrap();
    assert_eq!(
        seen.iter().map(|node| &node.said).collect::<Vec<_>>(),
        [&one, &other]
    );
    // Who starts again at the same address is the same node.
    let again = beat("http://one", "c");
    store.beat(again.clone()).await.unwrap();
    let back = |address: &str, millis: i64| {
        format!(
            "UPDATE nodes SET heartbeat_at = heartbeat_at - {millis} WHERE address = '{address}'"
        )
    };
    bench.raw(&back("http://one", 60_000)).await.unwrap();
    let seen = store.nodes().await.unwrap();
    assert_eq!((seen.len(), &seen[0].said), (2, &again));
    let (silent, fresh) = (seen[0].age, seen[1].age);
    assert!(
        silent >= Duration::from_secs(60) && fresh < silent,
        "{seen:?}"
    );
    // Forgotten after a day, by whoever speaks next.
    bench.raw(&back("http://one", 86_400_000)).await.unwrap();
    let seen = store.beat(other.clone()).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].said, other);
}

async fn what_an_account_has(bench: Bench) {
    let store = &bench.catalog;
    let (one, two) = (bench.account("one").await.id, bench.account("two").await.id);
    assert_eq!(store.collections_of(one).await.unwrap().1, []);
    let (here, there) = (
        bench.collection(one, "here").await.id,
        bench.collection(one, "there").await.id,
    );
    bench.collection(two, "foreign").await;
    let mut loose = BTreeSet::new();
    for name in ["a", "b", "c"] {
        loose.insert(bench.person(one, name, &[]).await.id);
    }
    let member = bench.person(one, "member", &[here]).await.id;
    bench.person(two, "foreign", &[]).await;
    let (revision, found) = store.collections_of(one).await.unwrap();
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        [here, there].into()
    );
    assert_eq!(revision, store.revision().await.unwrap());
    let mut seen = Vec::new();
    loop {
        let last = seen.last().copied();
        let page = store.loose_persons(one, last, 1).await.unwrap();
        assert!(page.len() <= 1);
        match page.first() {
            Some(next) => seen.push(*next),
            None => break,
        }
    }
    assert_eq!(seen, loose.iter().copied().collect::<Vec<_>>());
    store.delete_collection(one, here.into()).await.unwrap();
    let all = store.loose_persons(one, None, 100).await.unwrap();
    assert!(all.len() == 4 && all.contains(&member));
}

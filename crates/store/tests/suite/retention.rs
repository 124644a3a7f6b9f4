//! What has been kept long enough.

use std::time::Duration;

use store::PersonUpdate;

use crate::harness::{Bench, on_both};

on_both! { persons_whom_nobody_changed }

async fn persons_whom_nobody_changed(bench: Bench) {
    let (one, two) = (bench.account("one").await.id, bench.account("two").await.id);
    let old = bench.person(one, "old", &[]).await.id;
    let older = bench.person(two, "older", &[]).await.id;
    let changed = bench.person(one, "changed", &[]).await.id;
    let back = |id, days: i64| {
        format!(
            "UPDATE persons SET updated_at = updated_at - {days} * CAST(86400000 AS BIGINT), created_at = 0 WHERE id = '{id}'"
        )
    };
    for (id, days) in [(old, 10), (older, 20), (changed, 30)] {
        bench.raw(&back(id, days)).await.unwrap();
    }
    let update = PersonUpdate {
        notes: Some(Some("seen".into())),
        ..PersonUpdate::default()
    };
    bench
        .catalog
        .update_person(one, changed, update)
        .await
        .unwrap();
    let expired = async |days: u64, limit| {
        let age = Duration::from_secs(days * 86_400);
        bench.catalog.expired_persons(age, limit).await.unwrap()
    };
    assert_eq!(expired(15, 10).await, [(two, older)]);
    assert_eq!(expired(5, 10).await, [(two, older), (one, old)]);
    assert_eq!(expired(5, 1).await, [(two, older)]);
    assert_eq!(expired(40, 10).await, []);
    assert_eq!(
        bench
            .catalog
            .expired_persons(Duration::MAX, 10)
            .await
            .unwrap(),
        []
    );
}

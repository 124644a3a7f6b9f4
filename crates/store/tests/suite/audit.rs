//! The audit: a chain that shows what was done to it.

use std::time::Duration;

use serde_json::json;
use store::{
    AuditCheck, AuditFault, ClientId, PersonId, SealKey, StoreError, Verification, VerificationId,
    check_audit,
};
use time::OffsetDateTime;

use crate::harness::{Bench, on_both};

on_both! {
    records_come_back_and_form_a_chain, an_unknown_account_has_no_record, what_is_changed_shows,
    what_is_taken_out_shows, a_forger_lacks_the_key, many_nodes_write_one_chain, old_records_go_and_the_rest_stays_a_chain,
    a_rolled_back_end_is_another_end
}

fn key() -> SealKey {
    SealKey::new([7; 64])
}

fn record(client: ClientId, number: i32) -> Verification {
    Verification {
        id: VerificationId::random(),
        client,
        kind: "search".to_owned(),
        details: json!({ "z": 0.9312, "a": [1.0, f64::from(number) / 3.0, null], "passed": true }),
        persons: vec![PersonId::random(), PersonId::random()],
        model: (number % 2 == 0).then(|| "ab".repeat(32)),
        credential: "token".to_owned(),
        address: (number % 3 == 0).then(|| "2001:db8::1".to_owned()),
        request_id: format!("r-{number}"),
        created_at: OffsetDateTime::now_utc(),
    }
}

/// `count` records in batches of three.
async fn written(bench: &Bench, count: i32) -> Vec<Verification> {
    let client = bench.account("one").await.id;
    let records: Vec<_> = (0..count).map(|number| record(client, number)).collect();
    for part in records.chunks(3) {
        let appended = bench.catalog.append_audit(&key(), part.to_vec()).await;
        appended.unwrap();
    }
    records
}

async fn checked(bench: &Bench) -> AuditCheck {
    check_audit(&*bench.catalog, &[key()]).await.unwrap()
}

async fn fault(bench: &Bench) -> Option<AuditFault> {
    checked(bench).await.fault
}

async fn records_come_back_and_form_a_chain(bench: Bench) {
    let before = checked(&bench).await;
    assert_eq!((before.records, before.fault), (0, None));
    let records = written(&bench, 8).await;
    bench
        .catalog
        .append_audit(&key(), Vec::new())
        .await
        .unwrap();
    let rows = bench.catalog.audit_after(0, 100).await.unwrap();
    let milli = |mut record: Verification| {
        let at = record.created_at;
        record.created_at = at.replace_millisecond(at.millisecond()).unwrap();
        record
    };
    for (number, (row, wanted)) in rows.iter().zip(records).enumerate() {
        assert_eq!(row.seq, number as i64 + 1);
        assert_eq!(row.record, milli(wanted));
    }
    let page = bench.catalog.audit_after(3, 2).await.unwrap();
    assert_eq!(page, rows[3..5]);
    let check = checked(&bench).await;
    assert_eq!((check.records, check.other_keys, check.fault), (8, 0, None));
    assert_eq!(check.ends.last, rows[7].point());
}

async fn an_unknown_account_has_no_record(bench: Bench) {
    let records = written(&bench, 1).await;
    let stray = record(ClientId::random(), 1);
    let batch = vec![record(records[0].client, 2), stray];
    let refused = bench.catalog.append_audit(&key(), batch).await.unwrap_err();
    assert!(matches!(refused, StoreError::ClientNotFound), "{refused:?}");
    // All or none, and the chain goes on where it was.
    assert_eq!(
        (checked(&bench).await.records, fault(&bench).await),
        (1, None)
    );
}

async fn what_is_changed_shows(bench: Bench) {
    written(&bench, 9).await;
    let changes = [
        "kind = 'compare'",
        "details = '{\"passed\": false}'",
        "persons = '[]'",
        "credential = 'key:1'",
        "address = '192.0.2.9'",
        "created_at = created_at + 1",
        "request_id = ''",
    ];
    for change in changes {
        let bench = Bench {
            catalog: bench.another_node().await,
            url: bench.url.clone(),
        };
        bench
            .raw("CREATE TABLE kept AS SELECT * FROM verifications WHERE seq = 5")
            .await
            .unwrap();
        bench
            .raw(&format!("UPDATE verifications SET {change} WHERE seq = 5"))
            .await
            .unwrap();
        assert_eq!(
            fault(&bench).await,
            Some(AuditFault::Changed(5)),
            "{change}"
        );
        bench
            .raw("DELETE FROM verifications WHERE seq = 5")
            .await
            .unwrap();
        bench
            .raw("INSERT INTO verifications SELECT * FROM kept")
            .await
            .unwrap();
        bench.raw("DROP TABLE kept").await.unwrap();
        assert_eq!(fault(&bench).await, None);
        bench.catalog.close().await;
    }
}

async fn what_is_taken_out_shows(bench: Bench) {
    written(&bench, 5).await;
    bench
        .raw("DELETE FROM verifications WHERE seq = 5")
        .await
        .unwrap();
    assert_eq!(fault(&bench).await, Some(AuditFault::Missing(5)));
    bench
        .raw("DELETE FROM verifications WHERE seq = 2")
        .await
        .unwrap();
    assert_eq!(fault(&bench).await, Some(AuditFault::Missing(2)));
    // Closing the gap does not help.
    bench
        .raw("UPDATE verifications SET seq = 2 WHERE seq = 3")
        .await
        .unwrap();
    assert_eq!(fault(&bench).await, Some(AuditFault::Changed(2)));
}

async fn a_forger_lacks_the_key(bench: Bench) {
    let client = written(&bench, 2).await[0].client;
    // Somebody who knows how the chain is made, but not the secret.
    let forged = SealKey::new([8; 64]);
    bench
        .catalog
        .append_audit(&forged, vec![record(client, 3)])
        .await
        .unwrap();
    let check = checked(&bench).await;
    assert_eq!((check.records, check.other_keys, check.fault), (3, 1, None));
    let name = "UPDATE verifications SET seal_key = (SELECT seal_key FROM verifications WHERE seq = 1) WHERE seq = 3";
    bench.raw(name).await.unwrap();
    assert_eq!(fault(&bench).await, Some(AuditFault::Forged(3)));
}

async fn many_nodes_write_one_chain(bench: Bench) {
    let client = bench.account("one").await.id;
    let nodes = [bench.catalog.clone(), bench.another_node().await];
    let writers = (0..8).map(|writer| {
        let node = nodes[writer % 2].clone();
        tokio::spawn(async move {
            for number in 0..5 {
                let batch = vec![record(client, number), record(client, number + 1)];
                node.append_audit(&key(), batch).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let check = checked(&bench).await;
    assert_eq!(
        (check.records, check.other_keys, check.fault),
        (80, 0, None)
    );
    nodes[1].close().await;
}

async fn old_records_go_and_the_rest_stays_a_chain(bench: Bench) {
    let client = bench.account("one").await.id;
    let at = |days: i64, number| Verification {
        created_at: OffsetDateTime::now_utc() - time::Duration::days(days),
        ..record(client, number)
    };
    // The fourth has a clock that is behind: it stays until those before it may go.
    let records = [100, 99, 98, 3, 97, 0].map(|days| at(days, days as i32));
    bench
        .catalog
        .append_audit(&key(), records.to_vec())
        .await
        .unwrap();
    let day = Duration::from_secs(86_400);
    let prune = async |limit| bench.catalog.prune_audit(90 * day, limit).await.unwrap();
    assert_eq!(prune(2).await, 2);
    assert_eq!(prune(2).await, 1);
    assert_eq!(prune(100).await, 0);
    let check = checked(&bench).await;
    assert_eq!(
        (check.records, check.fault, check.ends.pruned.seq),
        (3, None, 3)
    );
    assert_eq!(
        bench.catalog.prune_audit(Duration::MAX, 1).await.unwrap(),
        0
    );
    assert_eq!(bench.catalog.prune_audit(2 * day, 100).await.unwrap(), 2);
    bench
        .catalog
        .append_audit(&key(), vec![at(0, 1)])
        .await
        .unwrap();
    let check = checked(&bench).await;
    assert_eq!(
        (check.records, check.fault, check.ends.pruned.seq),
        (2, None, 5)
    );
}

async fn a_rolled_back_end_is_another_end(bench: Bench) {
    written(&bench, 3).await;
    let noted = checked(&bench).await.ends.last;
    // Whoever cuts off the end and says so in the ends leaves a whole chain: only what was noted elsewhere shows it.
    bench
        .raw("DELETE FROM verifications WHERE seq = 3")
        .await
        .unwrap();
    bench.raw("UPDATE audit_chain SET last = 2").await.unwrap();
    assert_eq!(fault(&bench).await, Some(AuditFault::End));
    bench
        .raw("UPDATE audit_chain SET hash = (SELECT hash FROM verifications WHERE seq = 2)")
        .await
        .unwrap();
    let check = checked(&bench).await;
    assert_eq!(check.fault, None);
    assert_ne!(check.ends.last, noted);
}

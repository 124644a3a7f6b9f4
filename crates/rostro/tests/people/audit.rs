//! What is done to persons, and shown of them, is in the audit.

use serde_json::{Value, json};

use crate::{
    account::{Account, COLLECTIONS, PERSONS, at, text},
    common::shared::on_both,
    pictures::face,
};

on_both! { Account<'_>, every_write_and_reading_of_persons_is_recorded }

/// Operations with the ids of the persons, in order, of this account.
async fn recorded(account: &Account<'_>) -> Vec<(String, Vec<String>)> {
    let app = account.server.app();
    app.audit.finish().await;
    let (mut seq, mut all) = (0, Vec::new());
    loop {
        let rows = app.store.audit_after(seq, 500).await.unwrap();
        let Some(last) = rows.last() else { return all };
        seq = last.seq;
        let own = rows.into_iter().map(|row| row.record);
        for record in own.filter(|record| record.client.to_string() == account.id) {
            assert_eq!(record.credential, "token");
            assert!(!record.request_id.is_empty());
            let persons = record.persons.iter().map(ToString::to_string).collect();
            all.push((record.kind, persons));
        }
    }
}

async fn every_write_and_reading_of_persons_is_recorded(account: &Account<'_>) {
    let collection = account.collection("one").await;
    let (one, two) = (
        account.person("one", 1, &[&collection]).await,
        account.person("two", 2, &[&collection]).await,
    );
    account.data(&at(PERSONS, &one)).await;
    account.data(&format!("{PERSONS}?sort=name")).await;
    let (status, body) = account
        .put(&at(PERSONS, &one), &json!({ "notes": "n" }))
        .await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        account.search(face(1, 2), Some(&collection)).await,
        [text(&one["_id"])]
    );
    account.delete(&at(PERSONS, &two)).await;
    // Neither what does not exist nor another account's is touched.
    let stranger = account.stranger().await;
    assert_eq!(stranger.get(&at(PERSONS, &one)).await.0, 404);
    assert_eq!(stranger.delete(&at(PERSONS, &one)).await.0, 404);
    account.data(&at(COLLECTIONS, &collection)).await;

    let id = |person: &Value| text(&person["_id"]);
    let (one, two) = (id(&one), id(&two));
    let wanted = [
        ("enrol", vec![one.clone()]),
        ("enrol", vec![two.clone()]),
        ("read", vec![one.clone()]),
        ("read", vec![one.clone(), two.clone()]),
        ("update", vec![one.clone()]),
        ("search", vec![one]),
        ("delete", vec![two]),
    ];
    let wanted = wanted.map(|(kind, persons)| (kind.to_owned(), persons));
    assert_eq!(recorded(account).await, wanted);
    assert_eq!(recorded(&stranger).await, []);
}

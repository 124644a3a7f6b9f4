//! Whoever looks like somebody who is enrolled is told in a header, by the caller's own ids.

use serde_json::json;

use crate::{
    common::{figures::look_alikes, keyed::Account, shared::on_both},
    enrol::{person, ssai, with},
    pictures::face,
};

on_both! { Account<'_>, they_are_told_by_the_callers_ids, the_document_says_so }

/// Whom the answer to `PUT /person` tells.
async fn told(account: &Account<'_>, body: &serde_json::Value) -> Vec<(String, f64)> {
    let response = account.bare("PUT", "/person").json(body).send().await;
    let response = response.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    look_alikes(response.headers())
}

async fn they_are_told_by_the_callers_ids(account: &Account<'_>) {
    ssai(account).await;
    let odd = with(person(1, 1), json!({ "person_id": "a;b ñ" }));
    assert_eq!(told(account, &odd).await, []);
    assert_eq!(told(account, &person(2, 1)).await, []);
    let near = told(account, &person(1, 2)).await;
    let [(id, score)] = near.as_slice() else {
        panic!("{near:?}")
    };
    assert_eq!(id, "a%3Bb%20%C3%B1");
    // As a search shows it, on this dialect's scale.
    let search =
        json!({ "collection_name": "SSAI", "face_base_64": face(1, 1), "max_results": 10 });
    let found = account.ask("POST", "/face-search", &search).await;
    let p1 = found.as_array().unwrap().iter();
    let mut p1 = p1.filter(|one| one["person_id"] == "P1");
    let shown = p1.next().unwrap()["similarity_score"].as_f64().unwrap();
    assert!((score - shown).abs() < 0.000_2, "{score} {shown}");
    // An update tells the others, not the person itself.
    let near = told(account, &person(1, 2)).await;
    assert_eq!(near.len(), 1);
    assert_eq!(near[0].0, "a%3Bb%20%C3%B1");
    // Other collections, and other accounts, are not looked into.
    let other = json!({ "name": "other" });
    account.ask("POST", "/collection", &other).await;
    let elsewhere = json!({ "collection_name": "other", "person_id": "X" });
    assert_eq!(told(account, &with(person(1, 3), elsewhere)).await, []);
    let foreign = Account::new(account.server).await;
    ssai(&foreign).await;
    assert_eq!(told(&foreign, &person(1, 2)).await, []);
}

async fn the_document_says_so(account: &Account<'_>) {
    let document = account.get("/openapi/opencv-onpremise.json").await;
    let headers = &document["paths"]["/person"]["put"]["responses"]["200"]["headers"];
    assert!(headers["x-rostro-look-alikes"].is_object(), "{headers}");
}

//! Whoever looks like somebody who is enrolled is told in a header.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, PERSONS, text},
    common::{TestServer, figures::look_alikes, shared, shared::on_both},
    pictures::face,
};

on_both! {
    Account<'_>,
    likest_first_by_id_and_score,
    at_most_five,
    only_of_the_same_collections,
    never_of_another_account,
    the_document_says_so,
}

/// Enrols somebody; the id, and whom the answer tells.
async fn enrol(
    account: &Account<'_>,
    name: &str,
    images: &[String],
    collections: &[&Value],
) -> (String, Vec<(String, f64)>) {
    let codes: Vec<_> = collections.iter().map(|one| &one["code"]).collect();
    let body = json!({ "name": name, "images": images, "collections": codes });
    let request = account.request(Method::POST, PERSONS).json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{name}");
    let near = look_alikes(response.headers());
    let body: Value = response.json().await.unwrap();
    (text(&body["data"]["_id"]), near)
}

async fn likest_first_by_id_and_score(account: &Account<'_>) {
    let (first, near) = enrol(account, "Ana", &[face(1, 1)], &[]).await;
    assert_eq!(near, []);
    let (second, near) = enrol(account, "Ana Maria", &[face(1, 2)], &[]).await;
    assert_eq!(near.len(), 1, "{near:?}");
    assert!(near[0].0 == first && near[0].1 >= 0.75, "{near:?}");
    assert_eq!(enrol(account, "Eva", &[face(2, 1)], &[]).await.1, []);
    // Each picture is looked for, and each person told once, with the best score.
    let both = [face(1, 2), face(1, 3), face(2, 2)];
    let (_, near) = enrol(account, "Ana Eva", &both, &[]).await;
    let ids: Vec<&str> = near.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(near.len(), 3, "{near:?}");
    assert_eq!(ids[0], second, "the same picture");
    assert_eq!(near[0].1, 1.0);
    assert!(near.is_sorted_by(|a, b| a.1 >= b.1), "{near:?}");
}

async fn at_most_five(account: &Account<'_>) {
    for number in 0..7 {
        let (_, near) = enrol(account, &format!("Ana {number}"), &[face(1, 1)], &[]).await;
        assert_eq!(near.len(), number.min(5));
    }
}

async fn only_of_the_same_collections(account: &Account<'_>) {
    let (here, there) = (
        account.collection("here").await,
        account.collection("there").await,
    );
    let (ana, _) = enrol(account, "Ana", &[face(1, 1)], &[&here]).await;
    let elsewhere = enrol(account, "Ana", &[face(1, 2)], &[&there]).await;
    assert_eq!(elsewhere.1, []);
    let (_, near) = enrol(account, "Eva", &[face(1, 2)], &[&here]).await;
    assert_eq!(near.len(), 1);
    assert_eq!(near[0].0, ana);
    // In several: of any of them. In none: of the account.
    let both = enrol(account, "Ida", &[face(1, 3)], &[&here, &there]).await;
    assert_eq!(both.1.len(), 3);
    assert_eq!(enrol(account, "Ute", &[face(1, 3)], &[]).await.1.len(), 4);
}

async fn never_of_another_account(account: &Account<'_>) {
    let stranger = account.stranger().await;
    enrol(&stranger, "Ana", &[face(1, 1)], &[]).await;
    assert_eq!(enrol(account, "Ana", &[face(1, 1)], &[]).await.1, []);
}

async fn the_document_says_so(account: &Account<'_>) {
    let (_, document) = account.get("/openapi/verifik.json").await;
    for path in [PERSONS.to_owned(), format!("{PERSONS}/search-live-face")] {
        let headers = &document["paths"][&path]["post"]["responses"]["200"]["headers"];
        let told = headers["x-rostro-look-alikes"]["description"].as_str();
        assert!(
            told.is_some_and(|told| told.contains("Extension")),
            "{path}"
        );
    }
}

#[test]
fn a_setting_switches_it_off() {
    shared::RUNTIME.block_on(async {
        let server = TestServer::start_with(|config| config.faces.look_alike_score = 0.0);
        let Some(server) = server.await else { return };
        let account = Account::new(&server).await;
        for name in ["Ana", "Eva"] {
            assert_eq!(enrol(&account, name, &[face(1, 1)], &[]).await.1, []);
        }
        server.stop().await;
    });
}

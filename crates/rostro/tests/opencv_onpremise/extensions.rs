//! What the vendor's product does not document.

use serde_json::{Value, json};

use crate::{
    common::{answer, keyed::Account, shared::on_both},
    enrol::{person, ssai, with},
};

on_both! { Account<'_>, lists, pages, delete_person }

async fn refused(account: &Account<'_>, method: &str, path: &str, status: u16, message: &str) {
    let (told, body) = answer(account.bare(method, path)).await;
    assert_eq!(
        (told, &body["message"]),
        (status, &json!(message)),
        "{path}"
    );
}

async fn lists(account: &Account<'_>) {
    assert_eq!(account.get("/collections").await, json!([]));
    ssai(account).await;
    account
        .ask("POST", "/collection", &json!({ "name": "empty" }))
        .await;
    account.ask("PUT", "/person", &person(1, 1)).await;
    let all = json!([{ "name": "empty", "num_persons": 0 }, { "name": "SSAI", "num_persons": 1 }]);
    assert_eq!(account.get("/collections").await, all);
    assert_eq!(account.get("/collection?name=SSAI").await, all[1]);
    let missing = "The requested entity could not be found.";
    refused(account, "GET", "/collection?name=ssai", 404, missing).await;
    refused(
        account,
        "GET",
        "/collection",
        422,
        "Invalid request: name is required",
    )
    .await;
}

async fn pages(account: &Account<'_>) {
    ssai(account).await;
    for number in 1..=3 {
        account.ask("PUT", "/person", &person(number, 1)).await;
    }
    let page = async |query: &str| {
        let found = account
            .get(&format!("/persons?collection_name=SSAI{query}"))
            .await;
        let ids = found.as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|one| one["person_id"].as_str().unwrap().to_owned())
            .collect();
        ids
    };
    assert_eq!(page("").await, ["P1", "P2", "P3"]);
    assert_eq!(page("&skip=1&take=1").await, ["P2"]);
    assert!(page("&take=0").await.is_empty() && page("&skip=9").await.is_empty());
    let base = "/persons?collection_name=SSAI";
    let told = "Invalid request: take must be at most 100";
    refused(account, "GET", &format!("{base}&take=101"), 422, told).await;
    let told = "Invalid request: skip must be an integer";
    refused(account, "GET", &format!("{base}&skip=x"), 422, told).await;
    let missing = "The requested entity could not be found.";
    refused(account, "GET", "/persons?collection_name=x", 404, missing).await;
}

async fn delete_person(account: &Account<'_>) {
    ssai(account).await;
    let key = json!({ "collection_name": "SSAI", "person_id": "P1" });
    let unknown = account.call("DELETE", "/person", &key).await;
    let wanted =
        json!({ "code": "ERR_NOT_FOUND", "message": "The requested entity could not be found." });
    assert_eq!(unknown, (404, wanted.clone()));
    let enrolled = account.ask("PUT", "/person", &person(1, 1)).await;
    let wrong_case = with(key.clone(), json!({ "person_id": "p1" }));
    assert_eq!(
        account.call("DELETE", "/person", &wrong_case).await,
        (404, wanted)
    );
    assert_eq!(account.ask("DELETE", "/person", &key).await, enrolled);
    assert_eq!(
        account.get("/persons?collection_name=SSAI").await,
        Value::Array(Vec::new())
    );
    assert_eq!(account.get("/collection?name=SSAI").await["num_persons"], 0);
}

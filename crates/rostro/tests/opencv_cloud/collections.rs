//! Collections by themselves.

use serde_json::{Value, json};

use crate::{
    account::{Account, not_found, text},
    harness::on_both,
};

on_both! {
    a_collection_is_created_changed_and_deleted,
    names_are_anything_and_may_repeat,
    what_is_not_there_is_told,
    deleting_leaves_the_persons,
}

async fn a_collection_is_created_changed_and_deleted(account: &Account<'_>) {
    let new = json!({ "name": "Staff", "description": "All of us" });
    let created = account.posted(201, "collection", &new).await;
    let id = text(&created["id"]);
    assert_eq!(id.len(), 36);
    let mut wanted = json!({
        "id": id, "name": "Staff", "description": "All of us", "count": 0,
        "create_date": created["create_date"], "modified_date": created["create_date"],
    });
    assert_eq!(created, wanted);
    assert_eq!(account.got(&format!("collection/{id}")).await, created);
    let change = async |fields: Value| {
        let mut request = json!({ "id": id });
        request
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let (status, mut now) = account.patch("collection", &request).await;
        assert_eq!(status, 200, "{now}");
        assert!(text(&now["modified_date"]) >= text(&created["modified_date"]));
        now["modified_date"] = created["modified_date"].clone();
        now
    };
    wanted["name"] = json!("Crew");
    assert_eq!(
        change(json!({ "name": "Crew", "description": null })).await,
        wanted
    );
    wanted["description"] = json!("Others");
    assert_eq!(change(json!({ "description": "Others" })).await, wanted);
    wanted["description"] = Value::Null;
    assert_eq!(change(json!({ "description": "" })).await, wanted);
    assert_eq!(change(json!({})).await, wanted);
    let gone = account.delete(&format!("collection/{id}")).await;
    assert_eq!(gone, (200, json!({ "id": id })));
    assert_eq!(
        account.delete(&format!("collection/{id}")).await,
        not_found()
    );
    assert_eq!(account.get(&format!("collection/{id}")).await, not_found());
}

async fn names_are_anything_and_may_repeat(account: &Account<'_>) {
    for name in ["two words", "two words", "Año ✓ 日本", " ", &"ñ".repeat(50)] {
        let new = account
            .posted(201, "collection", &json!({ "name": name }))
            .await;
        assert_eq!(
            (&new["name"], &new["description"]),
            (&json!(name), &Value::Null)
        );
    }
    assert_eq!(account.got("collections").await["count"], json!(5));
}

async fn what_is_not_there_is_told(account: &Account<'_>) {
    let stranger = account.stranger().await;
    let foreign = stranger.collection("foreign").await;
    for id in [
        foreign.as_str(),
        "65b9592267cc4f096dbe743d",
        "00000000-0000-0000-0000-000000000000",
        "x",
        "%FF%00",
    ] {
        assert_eq!(
            account.get(&format!("collection/{id}")).await,
            not_found(),
            "{id}"
        );
        assert_eq!(
            account.delete(&format!("collection/{id}")).await,
            not_found(),
            "{id}"
        );
        assert_eq!(
            account.get(&format!("persons/{id}")).await,
            not_found(),
            "{id}"
        );
    }
    for id in [foreign.as_str(), "no UUID, but as many characters: 36.."] {
        let id = &id[..36];
        let change = json!({ "id": id, "name": "mine" });
        assert_eq!(
            account.patch("collection", &change).await,
            not_found(),
            "{id}"
        );
    }
    assert_eq!(
        stranger.got(&format!("collection/{foreign}")).await["name"],
        json!("foreign")
    );
}

async fn deleting_leaves_the_persons(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    account.person("ana", 1, &[&one, &two]).await;
    account.person("eva", 2, &[&one]).await;
    assert_eq!(
        account.got(&format!("collection/{one}")).await["count"],
        json!(2)
    );
    assert_eq!(account.delete(&format!("collection/{one}")).await.0, 200);
    let ana = account.got("person/ana").await;
    assert_eq!(ana["collections"][0]["id"], json!(two));
    assert_eq!(ana["collections"].as_array().unwrap().len(), 1);
    assert_eq!(account.got("person/eva").await["collections"], json!([]));
    assert_eq!(account.found(2, None).await, ["eva"]);
    assert_eq!(account.found(2, Some(&two)).await, [""; 0]);
}

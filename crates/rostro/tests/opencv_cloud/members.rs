//! Who is in a collection.

use serde_json::{Value, json};

use crate::{
    account::{Account, not_found, taken},
    harness::on_both,
};

on_both! {
    persons_join_and_leave_one_by_one,
    persons_join_and_leave_together,
    all_or_nothing,
    persons_of_another_dialect_keep_its_rule,
}

/// The persons of a collection, by name.
async fn members(account: &Account<'_>, collection: &str) -> Vec<String> {
    let page = account.got(&format!("persons/{collection}")).await;
    crate::account::ids(&page["persons"])
}

async fn persons_join_and_leave_one_by_one(account: &Account<'_>) {
    let id = account.collection("one").await;
    account.person("ana", 1, &[]).await;
    let member = json!({ "collection_id": id, "person_id": "ana" });
    for _ in 0..2 {
        let added = account.post("collection/person", &member).await;
        assert_eq!(added, (201, member.clone()));
        assert_eq!(members(account, &id).await, ["ana"]);
        assert_eq!(account.found(1, Some(&id)).await, ["ana"]);
    }
    let path = format!("collection/person/{id}/ana");
    assert_eq!(account.delete(&path).await, (200, member));
    // It was the last collection; the person stays.
    assert_eq!(account.found(1, Some(&id)).await, [""; 0]);
    assert_eq!(account.found(1, None).await, ["ana"]);
    assert_eq!(account.delete(&path).await, not_found());
    let unknown = json!({ "collection_id": id, "person_id": "nobody" });
    assert_eq!(
        account.post("collection/person", &unknown).await,
        not_found()
    );
    let nowhere = json!({ "collection_id": uuid::Uuid::new_v4(), "person_id": "ana" });
    assert_eq!(
        account.post("collection/person", &nowhere).await,
        not_found()
    );
    for path in [
        format!("collection/person/{id}/nobody"),
        "collection/person/x/ana".to_owned(),
    ] {
        assert_eq!(account.delete(&path).await, not_found(), "{path}");
    }
}

async fn persons_join_and_leave_together(account: &Account<'_>) {
    let id = account.collection("one").await;
    for (name, who) in [("ana", 1), ("eva", 2), ("ida", 3)] {
        account.person(name, who, &[]).await;
    }
    let change = async |joining: Value, leaving: Value| {
        let request = json!({ "collection_id": id, "new_person_ids": joining, "removed_person_ids": leaving });
        assert_eq!(
            account.patch("collection/persons", &request).await,
            (200, request)
        );
        members(account, &id).await
    };
    let nobody: [&str; 0] = [];
    assert_eq!(
        change(json!(["ana", "eva", "ana"]), Value::Null).await,
        ["ana", "eva"]
    );
    assert_eq!(
        change(json!(["ida", "eva"]), json!(["ana"])).await,
        ["eva", "ida"]
    );
    assert_eq!(change(Value::Null, json!(["ana", "ida"])).await, ["eva"]);
    assert_eq!(change(json!(["eva"]), json!(["eva"])).await, ["eva"]);
    assert_eq!(change(json!([]), json!([])).await, ["eva"]);
    assert_eq!(change(Value::Null, json!(["eva"])).await, nobody);
    assert_eq!(account.got("persons").await["count"], json!(3));
    let least = json!({ "collection_id": id });
    let echo = json!({ "collection_id": id, "new_person_ids": null, "removed_person_ids": null });
    assert_eq!(
        account.patch("collection/persons", &least).await,
        (200, echo)
    );
}

async fn all_or_nothing(account: &Account<'_>) {
    let id = account.collection("one").await;
    account.person("ana", 1, &[&id]).await;
    account.person("eva", 2, &[]).await;
    let stranger = account.stranger().await;
    let foreign = crate::account::text(&stranger.person("theirs", 3, &[]).await["id"]);
    for (joining, leaving) in [
        (json!(["eva", "nobody"]), json!(["ana"])),
        (json!(["eva", foreign]), json!([])),
        (json!(["eva"]), json!(["nobody"])),
    ] {
        let request = json!({ "collection_id": id, "new_person_ids": joining, "removed_person_ids": leaving });
        assert_eq!(
            account.patch("collection/persons", &request).await,
            not_found()
        );
        assert_eq!(members(account, &id).await, ["ana"]);
    }
    let nowhere = json!({ "collection_id": uuid::Uuid::new_v4(), "new_person_ids": ["ana"] });
    assert_eq!(
        account.patch("collection/persons", &nowhere).await,
        not_found()
    );
}

/// In a collection of the Verifik dialect there is one person of a name and date of birth.
async fn persons_of_another_dialect_keep_its_rule(account: &Account<'_>) {
    let id = account.collection("one").await;
    let (one, two) = (
        account.collection("two").await,
        account.collection("three").await,
    );
    let mut ids = Vec::new();
    for collection in [&one, &two] {
        let new = json!({ "name": "Ana", "images": [crate::pictures::face(1, 1)], "collections": [collection] });
        ids.push(crate::account::text(
            &account.verifik("persons", &new).await["_id"],
        ));
    }
    let join = |person: &str| json!({ "collection_id": id, "person_id": person });
    assert_eq!(
        account.post("collection/person", &join(&ids[0])).await.0,
        201
    );
    assert_eq!(
        account.post("collection/person", &join(&ids[1])).await,
        taken()
    );
    assert_eq!(members(account, &id).await, [ids[0].as_str()]);
}

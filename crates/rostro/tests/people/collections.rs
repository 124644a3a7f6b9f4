//! Section 4 of the contract.

use serde_json::{Value, json};

use crate::{
    account::{
        Account, COLLECTIONS, NOTHING, PERSONS, at, broken, no_collection, no_person, text, told,
    },
    common::shared::on_both,
    pictures::face,
};

on_both! {
    Account<'_>,
    collections_are_created_shown_changed_and_deleted,
    the_body_of_a_collection_is_checked,
    a_collection_goes_by_its_id_and_by_its_code,
    a_collection_that_is_not_there_is_told,
    membership_is_reconciled,
    people_move,
    a_deleted_collection_leaves_its_persons,
    a_token_is_asked_for,
    accounts_do_not_see_each_other,
}

async fn collections_are_created_shown_changed_and_deleted(account: &Account<'_>) {
    let new =
        json!({ "name": "Test Example", "description": "Collection for tests", "unknown": [1] });
    let (status, body) = account.post(COLLECTIONS, &new).await;
    assert_eq!(status, 200, "{body}");
    insta::assert_json_snapshot!("created", body, {
        ".id" => "[mark]", ".signature.dateTime" => "[date]",
        ".data._id" => "[id]", ".data.code" => "[code]", ".data.client" => "[client]",
        ".data.createdAt" => "[time]", ".data.updatedAt" => "[time]",
    });
    let created = &body["data"];
    assert_eq!(created["client"], json!(account.id));
    let path = at(COLLECTIONS, created);
    assert_eq!(account.data(&path).await, *created);
    // Clients send the whole object back, with keys of their own.
    let mut whole = created.clone();
    whole["name"] = json!("Other");
    whole["isDemoCollection"] = json!(false);
    whole["project"] = json!({ "_id": "65b955fe0577440932c77481", "name": "a project" });
    let (status, body) = account.put(&path, &whole).await;
    assert_eq!(status, 200, "{body}");
    let changed = &body["data"];
    assert_eq!(changed["name"], "Other");
    assert_eq!(changed["description"], "Collection for tests");
    assert_eq!(changed["project"], "65b955fe0577440932c77481");
    assert_eq!(
        (&changed["_id"], &changed["code"]),
        (&created["_id"], &created["code"])
    );
    assert!(changed["__v"].as_i64() > created["__v"].as_i64());
    let cleared = json!({ "name": "Other", "description": "", "project": null });
    let (_, body) = account.put(&path, &cleared).await;
    assert_eq!(body["data"].get("description"), None);
    assert_eq!(body["data"]["project"], "65b955fe0577440932c77481");
    let (status, body) = account.delete(&path).await;
    assert_eq!((status, &body["data"]["code"]), (200, &created["code"]));
    assert_eq!(account.get(&path).await, no_collection());
    assert_eq!(account.delete(&path).await, no_collection());
    assert_eq!(account.data(COLLECTIONS).await, json!([]));
}

async fn the_body_of_a_collection_is_checked(account: &Account<'_>) {
    let rows = [
        (json!({}), "\"name\" is required"),
        (json!({ "name": null }), "\"name\" is required"),
        (json!({ "name": "" }), "\"name\" is not allowed to be empty"),
        (json!({ "name": 7 }), "\"name\" must be a string"),
        (
            json!({ "name": "a", "description": [] }),
            "\"description\" must be a string",
        ),
        (
            json!({ "name": "a".repeat(301) }),
            "\"name\" length must be less than or equal to 300 characters long",
        ),
        (
            json!({ "name": "a\0b" }),
            "a text contains an invalid value",
        ),
    ];
    let there = account.collection("there").await;
    for (request, message) in rows {
        let wanted = (409, broken(message));
        assert_eq!(
            account.post(COLLECTIONS, &request).await,
            wanted,
            "{request}"
        );
        assert_eq!(
            account.put(&at(COLLECTIONS, &there), &request).await,
            wanted,
            "{request}"
        );
    }
    let rows = [
        (json!("all"), 404, told("person_not_found", "NotFound")),
        (json!(7), 409, broken("\"people\" must be an array")),
        (json!([7]), 409, broken("\"people[0]\" must be a string")),
        (
            json!([{ "name": "x" }]),
            409,
            broken("\"people[0]\" must have an _id"),
        ),
    ];
    for (people, status, wanted) in rows {
        let request = json!({ "name": "a", "people": people });
        assert_eq!(
            account.put(&at(COLLECTIONS, &there), &request).await,
            (status, wanted)
        );
    }
    assert_eq!(account.names(COLLECTIONS).await, ["there"]);
}

async fn a_collection_goes_by_its_id_and_by_its_code(account: &Account<'_>) {
    let collection = account.collection("one").await;
    let by_code = format!("{COLLECTIONS}/{}", text(&collection["code"]));
    assert_eq!(account.data(&by_code).await, collection);
    assert_eq!(
        account.put(&by_code, &json!({ "name": "two" })).await.0,
        200
    );
    assert_eq!(
        account.data(&at(COLLECTIONS, &collection)).await["name"],
        "two"
    );
    let upper = format!("{COLLECTIONS}/{}", text(&collection["_id"]).to_uppercase());
    assert_eq!(account.data(&upper).await["name"], "two");
    for key in ["_id", "code"] {
        let request = json!({ "name": format!("Per {key}"), "images": [face(1, 1)], "collections": [collection[key]] });
        let (status, body) = account.post(PERSONS, &request).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            body["data"]["collections"],
            json!([collection["code"]]),
            "codes are shown"
        );
    }
    assert_eq!(account.delete(&by_code).await.0, 200);
    assert_eq!(
        account.get(&at(COLLECTIONS, &collection)).await,
        no_collection()
    );
}

async fn a_collection_that_is_not_there_is_told(account: &Account<'_>) {
    let there = account.collection("there").await;
    for id in NOTHING {
        let path = format!("{COLLECTIONS}/{id}");
        assert_eq!(account.get(&path).await, no_collection(), "{id}");
        assert_eq!(
            account.put(&path, &json!({ "name": "a" })).await,
            no_collection(),
            "{id}"
        );
        assert_eq!(account.delete(&path).await, no_collection(), "{id}");
        for (from, to) in [
            (json!(id), there.clone()),
            (there.clone(), json!({ "_id": id })),
        ] {
            let request = json!({ "fromCollection": from, "toCollection": to, "peopleIds": [] });
            let path = format!("{COLLECTIONS}/move-people");
            assert_eq!(account.post(&path, &request).await, no_collection(), "{id}");
        }
    }
    // The request is looked at before what it is about.
    let path = format!("{COLLECTIONS}/{}", NOTHING[0]);
    assert_eq!(
        account.put(&path, &json!({})).await,
        (409, broken("\"name\" is required"))
    );
}

async fn membership_is_reconciled(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let ana = account.person("Ana", 1, &[&one]).await;
    let ben = account.person("Ben", 2, &[&one, &two]).await;
    let path = at(COLLECTIONS, &two);
    let members =
        |collection: &Value| format!("{PERSONS}?in_collections={}", text(&collection["code"]));
    // Absent: as it was.
    assert_eq!(account.put(&path, &json!({ "name": "two" })).await.0, 200);
    assert_eq!(account.names(&members(&two)).await, ["Ben"]);
    // `id` and `_id`, whole objects and plain ids.
    let request = json!({ "name": "two", "people": [{ "id": ana["_id"] }] });
    assert_eq!(account.put(&path, &request).await.0, 200);
    assert_eq!(account.names(&members(&two)).await, ["Ana"]);
    assert_eq!(account.names(&members(&one)).await, ["Ana", "Ben"]);
    let request = json!({ "name": "two", "people": [ana, ben["_id"]] });
    assert_eq!(account.put(&path, &request).await.0, 200);
    assert_eq!(account.names(&members(&two)).await, ["Ana", "Ben"]);
    // Somebody who is not there: nothing changes.
    for nobody in NOTHING {
        let request = json!({ "name": "changed", "people": [{ "_id": nobody }] });
        assert_eq!(account.put(&path, &request).await, no_person());
    }
    assert_eq!(account.names(&members(&two)).await, ["Ana", "Ben"]);
    assert_eq!(account.data(&path).await["name"], "two");
    // The change is in the searches when it is answered.
    assert_eq!(
        account.search(face(2, 2), Some(&two)).await,
        [text(&ben["_id"])]
    );
    let request = json!({ "name": "two", "people": [] });
    assert_eq!(account.put(&path, &request).await.0, 200);
    assert_eq!(account.names(&members(&two)).await, [""; 0]);
    assert_eq!(account.search(face(2, 2), Some(&two)).await, [""; 0]);
    assert_eq!(
        account.search(face(2, 2), Some(&one)).await,
        [text(&ben["_id"])]
    );
    // A namesake.
    let other = account.person("Ana", 3, &[]).await;
    let request = json!({ "name": "one", "people": [ana, other] });
    let (status, body) = account.put(&at(COLLECTIONS, &one), &request).await;
    assert_eq!(
        (status, &body["message"]),
        (412, &json!("person_already_set"))
    );
}

async fn people_move(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let ana = account.person("Ana", 1, &[&one]).await;
    let ben = account.person("Ben", 2, &[&two]).await;
    let path = format!("{COLLECTIONS}/move-people");
    let request = json!({
        "fromCollection": { "_id": one["_id"], "code": one["code"] },
        "toCollection": { "code": two["code"] },
        "peopleIds": [ana["_id"], ben["_id"]],
    });
    let (status, body) = account.post(&path, &request).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"], json!({ "peopleIds": [ana["_id"]] }));
    assert_eq!(
        account.data(&at(PERSONS, &ana)).await["collections"],
        json!([two["code"]])
    );
    assert_eq!(account.search(face(1, 2), Some(&one)).await, [""; 0]);
    assert_eq!(
        account.search(face(1, 2), Some(&two)).await,
        [text(&ana["_id"])]
    );
    let rows = [
        ("fromCollection", "\"fromCollection\" is required"),
        ("toCollection", "\"toCollection\" is required"),
        ("peopleIds", "\"peopleIds\" is required"),
    ];
    for (field, message) in rows {
        let mut request = request.clone();
        request[field] = Value::Null;
        assert_eq!(account.post(&path, &request).await, (409, broken(message)));
    }
    let mut request = request.clone();
    request["peopleIds"] = json!([NOTHING[0]]);
    assert_eq!(account.post(&path, &request).await, no_person());
}

async fn a_deleted_collection_leaves_its_persons(account: &Account<'_>) {
    let one = account.collection("one").await;
    let ana = account.person("Ana", 1, &[&one]).await;
    assert_eq!(account.delete(&at(COLLECTIONS, &one)).await.0, 200);
    assert_eq!(
        account.data(&at(PERSONS, &ana)).await["collections"],
        json!([])
    );
    assert_eq!(account.search(face(1, 2), None).await, [text(&ana["_id"])]);
}

async fn a_token_is_asked_for(account: &Account<'_>) {
    use reqwest::Method;
    let server = account.server;
    let routes = [
        (Method::POST, ""),
        (Method::GET, ""),
        (Method::GET, "/1"),
        (Method::PUT, "/1"),
        (Method::DELETE, "/1"),
        (Method::GET, "/project-type/login"),
        (Method::POST, "/project-type/login"),
    ];
    for list in [COLLECTIONS, PERSONS] {
        for (method, path) in routes.clone() {
            let url = server.url(&format!("{list}{path}"));
            let request = server.http.request(method.clone(), url).body("{");
            let wanted = (401, told("Authentication required", "UNAUTHORIZED"));
            assert_eq!(
                crate::common::answer(request).await,
                wanted,
                "{method} {list}{path}"
            );
        }
    }
}

async fn accounts_do_not_see_each_other(account: &Account<'_>) {
    let stranger = account.stranger().await;
    let own = account.collection("own").await;
    let ana = account.person("Ana", 1, &[&own]).await;
    let theirs = stranger.collection("theirs").await;
    assert_eq!(stranger.names(COLLECTIONS).await, ["theirs"]);
    for key in ["_id", "code"] {
        let path = format!("{COLLECTIONS}/{}", text(&own[key]));
        assert_eq!(stranger.get(&path).await, no_collection());
        assert_eq!(
            stranger.put(&path, &json!({ "name": "mine" })).await,
            no_collection()
        );
        assert_eq!(stranger.delete(&path).await, no_collection());
        let enrol = json!({ "name": "Eve", "images": [face(2, 1)], "collections": [own[key]] });
        assert_eq!(stranger.post(PERSONS, &enrol).await, no_collection());
        let filtered = format!("{PERSONS}?collection={}", text(&own[key]));
        assert_eq!(stranger.names(&filtered).await, [""; 0]);
    }
    let request = json!({ "name": "theirs", "people": [ana] });
    assert_eq!(
        stranger.put(&at(COLLECTIONS, &theirs), &request).await,
        no_person()
    );
    let path = format!("{COLLECTIONS}/move-people");
    let request = json!({ "fromCollection": theirs, "toCollection": own, "peopleIds": [] });
    assert_eq!(stranger.post(&path, &request).await, no_collection());
    let request =
        json!({ "fromCollection": theirs, "toCollection": theirs, "peopleIds": [ana["_id"]] });
    assert_eq!(stranger.post(&path, &request).await, no_person());
    let path = at(PERSONS, &ana);
    assert_eq!(stranger.get(&path).await, no_person());
    assert_eq!(
        stranger.put(&path, &json!({ "name": "Eve" })).await,
        no_person()
    );
    let replaced = json!({ "images": [face(2, 1)] });
    assert_eq!(stranger.put(&path, &replaced).await, no_person());
    assert_eq!(stranger.delete(&path).await, no_person());
    assert_eq!(
        stranger
            .delete(&format!("{path}?collection={}", text(&own["code"])))
            .await,
        no_person()
    );
    assert_eq!(stranger.data(PERSONS).await, json!([]));
    assert_eq!(
        stranger.data(&format!("{PERSONS}/lookup?name=Ana")).await,
        json!([])
    );
    assert_eq!(stranger.search(face(1, 1), None).await, [""; 0]);
    assert_eq!(account.data(&path).await, ana);
}

//! `POST` and `DELETE /collection`.

use serde_json::json;

use crate::{
    common::keyed::{Account, refusals},
    common::shared::on_both,
    pictures::face,
};

on_both! { Account<'_>, create_and_delete, names }

async fn create_and_delete(account: &Account<'_>) {
    let name = json!({ "name": "My_Collection-1.0" });
    let empty = json!({ "name": "My_Collection-1.0", "num_persons": 0 });
    assert_eq!(
        account.call("POST", "/collection", &name).await,
        (200, empty.clone())
    );
    let exists = "Another entity already exists with the same ID.";
    let missing = "The requested entity could not be found.";
    refusals(
        account,
        &[(
            "POST",
            "/collection",
            name.clone(),
            409,
            "ERR_ALREADY_EXISTS",
            exists,
        )],
    )
    .await;
    // Case counts.
    account
        .ask(
            "POST",
            "/collection",
            &json!({ "name": "my_collection-1.0" }),
        )
        .await;
    let enrol = json!({ "collection_name": "My_Collection-1.0", "person_id": "1", "person_name": "One",
                        "face_base_64": face(1, 1), "face_storage_type": "NoStorage" });
    account.ask("PUT", "/person", &enrol).await;
    // With everybody in it.
    assert_eq!(
        account.call("DELETE", "/collection", &name).await,
        (200, empty)
    );
    let search = json!({ "face_base_64": face(1, 1) });
    refusals(
        account,
        &[
            (
                "DELETE",
                "/collection",
                name.clone(),
                404,
                "ERR_NOT_FOUND",
                missing,
            ),
            (
                "DELETE",
                "/collection",
                json!({ "name": "not a name" }),
                404,
                "ERR_NOT_FOUND",
                missing,
            ),
        ],
    )
    .await;
    account.ask("POST", "/collection", &name).await;
    let mut again = search;
    again["collection_name"] = name["name"].clone();
    assert_eq!(account.ask("POST", "/face-search", &again).await, json!([]));
    // The name in the query, for proxies that drop bodies.
    let request = account.bare("DELETE", "/collection?name=My_Collection-1.0");
    let (status, _) = crate::common::answer(request).await;
    assert_eq!(status, 200);
}

async fn names(account: &Account<'_>) {
    let invalid = "Collection names can only contain alphanumeric characters, underscores, hyphens, and periods.";
    for name in [
        "",
        " ",
        "two words",
        "ñ",
        "a/b",
        "a\nb",
        &"n".repeat(256),
        &"n".repeat(300),
    ] {
        let row = (
            "POST",
            "/collection",
            json!({ "name": name }),
            400,
            "ERR_INVALID_COLLECTION_NAME",
            invalid,
        );
        refusals(account, &[row]).await;
    }
    let longest = json!({ "name": "n".repeat(255) });
    account.ask("POST", "/collection", &longest).await;
    let code = "ERR_UNPROCESSABLE_CONTENT";
    for method in ["POST", "DELETE"] {
        refusals(
            account,
            &[
                (
                    method,
                    "/collection",
                    json!({}),
                    422,
                    code,
                    "Invalid request: name is required",
                ),
                (
                    method,
                    "/collection",
                    json!({ "name": 5 }),
                    422,
                    code,
                    "Invalid request: name must be a string",
                ),
                (
                    method,
                    "/collection",
                    json!(["x"]),
                    422,
                    code,
                    "Invalid request: the body must be a JSON object",
                ),
            ],
        )
        .await;
    }
    let request = account.bare("POST", "/collection").body("{\"name\": ");
    let (status, body) = crate::common::answer(request).await;
    let message = "Invalid request: the body is not valid JSON (line 1, column 9)";
    assert_eq!(
        (status, body),
        (422, json!({ "code": code, "message": message }))
    );
}

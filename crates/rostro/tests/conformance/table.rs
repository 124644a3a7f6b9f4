//! One test per row, named after it and in its order.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{
        Account, COLLECTIONS, PERSONS, SEARCH, at, broken, no_collection, no_person, text, told,
    },
    common::{answer, shared::on_both},
    pictures::face,
};

on_both! {
    Account<'_>,
    liveness_without_authorization_is_401_unauthorized,
    liveness_without_os_is_409_missing_parameter,
    liveness_of_abc_is_412_only_images_in_base64,
    compare_without_search_mode_is_200,
    compare_with_probe_as_plain_string_is_200,
    compare_with_compare_min_score_half_is_409,
    compare_live_with_liveness_min_score_half_is_409,
    compare_with_liveness_of_another_person_has_null_liveness,
    search_without_min_score_is_409,
    search_with_min_score_a_fifth_is_200_and_search_crops_409,
    search_of_an_unknown_face_is_an_empty_list,
    search_by_collection_code_and_by_id_has_the_same_answer,
    verify_of_another_person_has_a_null_match,
    detect_is_a_list_or_an_object_by_its_fields,
    create_of_the_same_name_and_date_of_birth_is_412_person_already_set,
    get_of_an_unknown_collection_and_person_is_404,
    delete_from_one_of_two_collections_leaves_the_person_in_the_other,
}

const LIVENESS: &str = "/v2/face-recognition/liveness";
const COMPARE: &str = "/v2/face-recognition/compare";
const COMPARE_LIVE: &str = "/v2/face-recognition/compare-live";
const COMPARE_WITH_LIVENESS: &str = "/v2/face-recognition/compare-with-liveness";
const CROPS: &str = "/v2/face-recognition/search/crops";
const VERIFY: &str = "/v2/face-recognition/verify";
const DETECT: &str = "/v2/face-recognition/detect";
const NOBODY: &str = "65b9592267cc4f096dbe743d";

/// `data` of a POST that must succeed.
async fn done(account: &Account<'_>, path: &str, body: &Value) -> Value {
    let (status, mut answer) = account.post(path, body).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer["data"].take()
}

/// `| liveness without Authorization | 401 UNAUTHORIZED |`
async fn liveness_without_authorization_is_401_unauthorized(account: &Account<'_>) {
    let server = account.server;
    let body = json!({ "os": "DESKTOP", "image": face(1, 1) });
    let refused = answer(server.http.post(server.url(LIVENESS)).json(&body)).await;
    let wanted = told("Authentication required", "UNAUTHORIZED");
    assert_eq!(refused, (401, wanted));
}

/// `| liveness without os | 409 "os" is required, MissingParameter |`
async fn liveness_without_os_is_409_missing_parameter(account: &Account<'_>) {
    let refused = account
        .post(LIVENESS, &json!({ "image": face(1, 1) }))
        .await;
    assert_eq!(refused, (409, broken("\"os\" is required")));
}

/// `| liveness with image: "abc" | 412 only_images_in_base64, ERROR |`
async fn liveness_of_abc_is_412_only_images_in_base64(account: &Account<'_>) {
    let body = json!({ "os": "DESKTOP", "image": "abc" });
    let (status, body) = account.post(LIVENESS, &body).await;
    assert_eq!(
        (status, &body["message"], &body["code"]),
        (412, &json!("only_images_in_base64"), &json!("ERROR"))
    );
}

/// `| compare without search_mode | 200 |`
async fn compare_without_search_mode_is_200(account: &Account<'_>) {
    let body = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] });
    let data = done(account, COMPARE, &body).await;
    assert_eq!(data["result"]["passed"], true, "{data}");
}

/// `| compare with probe as plain string | 200 |`
async fn compare_with_probe_as_plain_string_is_200(account: &Account<'_>) {
    let body = json!({ "probe": face(1, 1), "gallery": [face(1, 2)], "search_mode": "FAST" });
    let data = done(account, COMPARE, &body).await;
    assert_eq!(data["result"]["passed"], true, "{data}");
}

/// `| compare with compare_min_score: 0.5 | 409 "compare_min_score" must be greater than or equal to 0.67 |`
async fn compare_with_compare_min_score_half_is_409(account: &Account<'_>) {
    let body = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)], "compare_min_score": 0.5 });
    let wanted = broken("\"compare_min_score\" must be greater than or equal to 0.67");
    assert_eq!(account.post(COMPARE, &body).await, (409, wanted));
}

/// `| compare-live with liveness_min_score: 0.5 | 409 "liveness_min_score" must be greater than or equal to 0.52 |`
async fn compare_live_with_liveness_min_score_half_is_409(account: &Account<'_>) {
    let body = json!({
        "probe": face(1, 1), "gallery": [face(1, 2)], "os": "DESKTOP", "search_mode": "FAST", "liveness_min_score": 0.5,
    });
    let wanted = broken("\"liveness_min_score\" must be greater than or equal to 0.52");
    assert_eq!(account.post(COMPARE_LIVE, &body).await, (409, wanted));
}

/// `| compare-with-liveness, other person, compare_min_score: 0.85 | 200, data.liveness null |`
async fn compare_with_liveness_of_another_person_has_null_liveness(account: &Account<'_>) {
    let body = json!({
        "probe": face(2, 1), "gallery": [face(1, 2)], "search_mode": "FAST", "compare_min_score": 0.85,
    });
    let data = done(account, COMPARE_WITH_LIVENESS, &body).await;
    assert_eq!(data.get("liveness"), Some(&Value::Null), "{data}");
    assert_eq!(data["comparison"]["result"]["passed"], false);
}

/// `| search without min_score | 409 "min_score" is required |`
async fn search_without_min_score_is_409(account: &Account<'_>) {
    let body = json!({ "images": [face(1, 1)], "search_mode": "FAST" });
    let wanted = broken("\"min_score\" is required");
    assert_eq!(account.post(SEARCH, &body).await, (409, wanted));
}

/// `| search with min_score: 0.2 | 200; search/crops with 0.2: 409 |`
async fn search_with_min_score_a_fifth_is_200_and_search_crops_409(account: &Account<'_>) {
    let ana = account.person("Ana", 1, &[]).await;
    let body = json!({ "images": [face(1, 2)], "min_score": 0.2, "search_mode": "FAST" });
    let found = done(account, SEARCH, &body).await;
    assert_eq!(found[0]["id"], ana["_id"]);
    let wanted = broken("\"min_score\" must be greater than or equal to 0.5");
    assert_eq!(account.post(CROPS, &body).await, (409, wanted));
}

/// `| search, unknown face | 200, data: [] |`
async fn search_of_an_unknown_face_is_an_empty_list(account: &Account<'_>) {
    account.person("Ana", 1, &[]).await;
    let body = json!({ "images": [face(2, 1)], "min_score": 0.85, "search_mode": "ACCURATE" });
    assert_eq!(done(account, SEARCH, &body).await, json!([]));
}

/// `| search with collection code, then with _id | same answer |`
async fn search_by_collection_code_and_by_id_has_the_same_answer(account: &Account<'_>) {
    let (here, there) = (
        account.collection("here").await,
        account.collection("there").await,
    );
    let ana = account.person("Ana", 1, &[&here]).await;
    account.person("Ana", 1, &[&there]).await;
    let search = async |collection: &Value| {
        let body = json!({
            "images": [face(1, 2)], "min_score": 0.7, "search_mode": "FAST", "collection_id": collection,
        });
        done(account, SEARCH, &body).await
    };
    let found = search(&here["code"]).await;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found[0]["id"], ana["_id"]);
    assert_eq!(search(&here["_id"]).await, found);
}

/// `| verify other person | 200, data.match null |`
async fn verify_of_another_person_has_a_null_match(account: &Account<'_>) {
    let ana = account.person("Ana", 1, &[]).await;
    let verify = async |image: String| {
        let body = json!({ "id": ana["_id"], "images": [image], "min_score": 0.75, "search_mode": "FAST" });
        done(account, VERIFY, &body).await
    };
    assert_eq!(verify(face(2, 1)).await, json!({ "match": null }));
    assert_eq!(verify(face(1, 2)).await["match"]["id"], ana["_id"]);
}

/// `| detect {image, min_score, search_mode} / {image, return_landmarks: true} | array / object with faces |`
async fn detect_is_a_list_or_an_object_by_its_fields(account: &Account<'_>) {
    let ana = account.person("Ana", 1, &[]).await;
    let body = json!({ "image": face(1, 2), "min_score": 0.8, "search_mode": "FAST" });
    let list = done(account, DETECT, &body).await;
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list[0]["persons"][0]["id"], ana["_id"]);
    let body = json!({ "image": face(1, 2), "return_landmarks": true });
    let object = done(account, DETECT, &body).await;
    assert_eq!(object["face_count"], 1);
    assert!(
        object["faces"][0]["landmarks"]["nose"].is_object(),
        "{object}"
    );
}

/// `| create same name + date of birth twice in one collection | 412 person_already_set with data._id |`
async fn create_of_the_same_name_and_date_of_birth_is_412_person_already_set(
    account: &Account<'_>,
) {
    let here = account.collection("here").await;
    let create = async |who: u32| {
        let body = json!({
            "name": "Maria Perez", "date_of_birth": "1994-02-07", "images": [face(who, 1)], "collections": [here["code"]],
        });
        account.post(PERSONS, &body).await
    };
    let (status, first) = create(1).await;
    assert_eq!(status, 200, "{first}");
    // The face does not matter.
    let (status, second) = create(2).await;
    assert_eq!(
        (status, &second["message"], &second["code"]),
        (
            412,
            &json!("person_already_set"),
            &json!("PreconditionFailed")
        )
    );
    assert_eq!(second["data"]["_id"], first["data"]["_id"]);
}

/// `| GET unknown collection / person | 404 invalid_collection / person_not_found |`
async fn get_of_an_unknown_collection_and_person_is_404(account: &Account<'_>) {
    let get = async |list: &str| account.get(&format!("{list}/{NOBODY}")).await;
    assert_eq!(get(COLLECTIONS).await, no_collection());
    assert_eq!(get(PERSONS).await, no_person());
}

/// `| DELETE person ?collection= of two | 200, person still there with one collection |`
async fn delete_from_one_of_two_collections_leaves_the_person_in_the_other(account: &Account<'_>) {
    let (here, there) = (
        account.collection("here").await,
        account.collection("there").await,
    );
    let ana = account.person("Ana", 1, &[&here, &there]).await;
    let path = at(PERSONS, &ana);
    let detach = format!("{path}?collection={}", text(&here["code"]));
    let (status, body) = account.ask(Method::DELETE, &detach, None).await;
    assert_eq!((status, &body["data"]["_id"]), (200, &ana["_id"]), "{body}");
    let left = account.data(&path).await;
    assert_eq!(left["collections"], json!([there["code"]]));
    assert_eq!(account.search(face(1, 2), Some(&here)).await, [""; 0]);
    assert_eq!(
        account.search(face(1, 2), Some(&there)).await,
        [text(&ana["_id"])]
    );
}

//! Operations on collections.

use serde_json::{Value, json};

use crate::{api::Api, pictures::face};

const ALL: &str = "/v2/face-recognition/collections";
const PERSONS: &str = "/v2/face-recognition/persons";

pub(crate) async fn all(api: &Api<'_>) {
    let ask = async |wanted: u16, method: &str, path: &str, body: Option<&Value>| {
        api.ask(wanted, method, path, body).await
    };
    let new = json!({ "name": "here", "description": "for tests", "project": "65b955fe0577440932c77481" });
    let here = ask(200, "POST", ALL, Some(&new)).await;
    let there = ask(200, "POST", ALL, Some(&json!({ "name": "there" }))).await;
    ask(409, "POST", ALL, Some(&json!({}))).await;
    ask(400, "POST", ALL, Some(&json!([]))).await;
    let (here, there) = (&here["data"], &there["data"]);
    let one = format!("{ALL}/{}", here["_id"].as_str().unwrap());
    let unknown = format!("{ALL}/65b9592267cc4f096dbe743d");
    let person = json!({ "name": "Ana", "images": [face(1, 1)], "collections": [here["code"]] });
    let person = ask(200, "POST", PERSONS, Some(&person)).await;
    let person = &person["data"];

    ask(200, "GET", &format!("{ALL}?like_name=her"), None).await;
    api.ask_as_nobody(401, "GET", ALL, None).await;
    ask(200, "GET", &one, None).await;
    ask(404, "GET", &unknown, None).await;

    let update = json!({ "name": "renamed", "people": [{ "_id": person["_id"] }] });
    ask(200, "PUT", &one, Some(&update)).await;
    ask(404, "PUT", &unknown, Some(&update)).await;
    ask(409, "PUT", &one, Some(&json!({}))).await;
    ask(400, "PUT", &one, Some(&json!([]))).await;

    let kind = format!("{ALL}/project-type/login");
    ask(200, "GET", &kind, None).await;
    api.ask_as_nobody(401, "GET", &kind, None).await;
    let by_face = json!({ "image": face(1, 2), "searchMode": "fast", "minScore": 0.8 });
    ask(200, "POST", &kind, Some(&by_face)).await;
    ask(412, "POST", &kind, Some(&json!({ "image": "abc" }))).await;
    ask(409, "POST", &kind, Some(&json!({}))).await;

    let moving = format!("{ALL}/move-people");
    let moved = json!({
        "fromCollection": { "_id": here["_id"], "code": here["code"] },
        "toCollection": { "_id": there["_id"], "code": there["code"] },
        "peopleIds": [person["_id"]],
    });
    ask(200, "POST", &moving, Some(&moved)).await;
    ask(409, "POST", &moving, Some(&json!({}))).await;
    let mut nowhere = moved.clone();
    nowhere["toCollection"] = json!({ "_id": "65b9592267cc4f096dbe743d" });
    ask(404, "POST", &moving, Some(&nowhere)).await;
    // A namesake is in the way.
    let namesake = json!({ "name": "Ana", "images": [face(2, 1)], "collections": [here["code"]] });
    let namesake = ask(200, "POST", PERSONS, Some(&namesake)).await;
    let mut clash = moved.clone();
    clash["peopleIds"] = json!([namesake["data"]["_id"]]);
    ask(412, "POST", &moving, Some(&clash)).await;

    ask(200, "DELETE", &one, None).await;
    ask(404, "DELETE", &one, None).await;
}

//! Whoever looks like somebody who is enrolled is told in a header.

use reqwest::Method;
use serde_json::json;

use crate::{account::Account, common::figures::look_alikes, harness::on_both, pictures::face};

on_both! { they_are_told_at_enrolment }

async fn they_are_told_at_enrolment(account: &Account<'_>) {
    let one = account.collection("one").await;
    account.person("ada", 1, &[&one]).await;
    account.person("eva", 2, &[&one]).await;
    let enrol = async |account: &Account<'_>, route: &str, id: &str, collections: &[&str]| {
        let body = json!({ "id": id, "images": [face(1, 2)], "collections": collections });
        let request = account.request(Method::POST, route).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 201, "{route} {id}");
        look_alikes(response.headers())
    };
    let near = enrol(account, "person", "ida", &[&one]).await;
    assert_eq!(near.len(), 1, "{near:?}");
    assert!(near[0].0 == "ada" && near[0].1 >= 0.75, "{near:?}");
    // Without a collection the whole account is looked into.
    let near = enrol(account, "person/crops", "ute", &[]).await;
    let ids: Vec<&str> = near.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        ids,
        ["ida", "ada"],
        "likest first: ida has the same picture"
    );
    assert_eq!(near[0].1, 1.0);
    let two = account.collection("two").await;
    assert_eq!(enrol(account, "person", "eda", &[&two]).await, []);
    let foreign = account.stranger().await;
    assert_eq!(enrol(&foreign, "person", "ada", &[]).await, []);
    for path in ["/opencv-fr/person", "/opencv-fr/person/crops"] {
        let url = account.server.url("/openapi/opencv-cloud.json");
        let (_, document) = crate::common::answer(account.server.http.get(url)).await;
        let headers = &document["paths"][path]["post"]["responses"]["201"]["headers"];
        assert!(headers["x-rostro-look-alikes"].is_object(), "{headers}");
    }
}

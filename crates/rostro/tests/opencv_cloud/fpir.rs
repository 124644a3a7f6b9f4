//! `max_fpir`, and the figures of searches.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::Account,
    common::{
        answer,
        figures::{are_documented, searched},
    },
    harness::on_both,
    pictures::face,
};

on_both! { every_search_takes_a_rate, rates_that_are_none, the_document_says_so }

const SEARCHES: [&str; 4] = ["search", "search/crops", "search-live-face", "detect"];

/// A body for every search; `detect` has its limits inside.
fn body(limits: &Value) -> Value {
    let mut body = json!({ "images": [face(1, 2)], "image": face(1, 2), "search": limits });
    body.as_object_mut()
        .unwrap()
        .extend(limits.as_object().unwrap().clone());
    body
}

async fn every_search_takes_a_rate(account: &Account<'_>) {
    for (id, number) in [("ada", 1), ("eva", 2), ("ida", 3)] {
        account.person(id, number, &[]).await;
    }
    for route in SEARCHES {
        let ask = async |limits: Value| {
            let request = account.request(Method::POST, route);
            searched(request.json(&body(&limits))).await
        };
        // What `search-live-face` allows is 0.81 at least.
        let (rate, wanted) = match route {
            "search-live-face" => (1e-5, 0.81..0.85),
            _ => (1e-3, 0.67..0.75),
        };
        let (found, told) = ask(json!({ "max_fpir": rate })).await;
        assert_eq!(told.faces, 3, "{route}");
        assert!(
            (0.97 * rate..=rate).contains(&told.fpir),
            "{route} {told:?}"
        );
        assert!(wanted.contains(&told.min_score), "{route} {told:?}");
        match route {
            "search" | "search/crops" => assert_eq!(found[0]["id"], "ada", "{route}"),
            "detect" => assert_eq!(found[0]["persons"][0]["id"], "ada"),
            // Composites are not live: nobody is searched for.
            _ => assert!(found["liveness_score"].is_number()),
        }
        assert_eq!(ask(json!({})).await.1.min_score, 0.81, "{route}");
        let both = json!({ "max_fpir": rate.to_string(), "min_score": 0.9 });
        assert_eq!(ask(both).await.1.min_score, 0.9, "{route}");
        let both = json!({ "max_fpir": rate, "min_score": 0.81 });
        let both = ask(both).await.1.min_score;
        assert_eq!(both, told.min_score.max(0.81), "{route}");
    }
}

async fn rates_that_are_none(account: &Account<'_>) {
    for route in SEARCHES {
        for (rate, msg, kind) in [
            (json!(0), "Input should be greater than 0", "greater_than"),
            (json!("1"), "Input should be less than 1", "less_than"),
            (json!([]), "Input should be a valid number", "float_type"),
        ] {
            let refused = account
                .post(route, &body(&json!({ "max_fpir": rate })))
                .await;
            let loc = match route {
                "detect" => json!(["body", "search", "max_fpir"]),
                _ => json!(["body", "max_fpir"]),
            };
            let detail = json!([{ "loc": loc, "msg": msg, "type": kind }]);
            assert_eq!(refused, (422, json!({ "detail": detail })), "{route}");
        }
    }
}

async fn the_document_says_so(account: &Account<'_>) {
    let url = account.server.url("/openapi/opencv-cloud.json");
    let (_, document) = answer(account.server.http.get(url)).await;
    let paths = SEARCHES.map(|route| format!("/opencv-fr/{route}"));
    are_documented(&document, &paths.each_ref().map(String::as_str), "max_fpir");
}

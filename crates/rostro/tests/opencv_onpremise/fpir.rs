//! `max_fpir`, and the figures of searches, on the dialect's own scale.

use serde_json::{Value, json};

use crate::{
    common::{
        answer,
        figures::{are_documented, searched},
        keyed::Account,
        shared::on_both,
    },
    enrol::{person, ssai, with},
    pictures::face,
};

on_both! { Account<'_>, every_search_takes_a_rate, rates_that_are_none, the_document_says_so }

/// A body for both searches.
fn body(limits: Value) -> Value {
    let body = json!({
        "collection_name": "SSAI", "face_base_64": face(1, 2), "multi_face_img_base_64": face(1, 2),
    });
    with(body, limits)
}

async fn every_search_takes_a_rate(account: &Account<'_>) {
    ssai(account).await;
    for number in 1..=3 {
        account.ask("PUT", "/person", &person(number, 1)).await;
    }
    for path in ["/face-search", "/multi-face-search"] {
        let ask =
            async |limits: Value| searched(account.bare("POST", path).json(&body(limits))).await;
        let (found, rate) = ask(json!({ "max_fpir": 0.001 })).await;
        assert_eq!(rate.faces, 3, "{path}");
        assert!((0.000_97..=0.001).contains(&rate.fpir), "{path} {rate:?}");
        // Between the anchors of 1e-3 and 1e-4, which are 0.5985 and 0.67 here.
        assert!((0.5985..0.67).contains(&rate.min_score), "{path} {rate:?}");
        let found = if path == "/face-search" {
            &found
        } else {
            &found["person_search_results"]
        };
        assert_eq!(found[0]["person_id"], "P1", "{path}");
        // The default is 0.7, the recommended cut: 1e-5.
        let (_, usual) = ask(json!({})).await;
        assert_eq!(usual.min_score, 0.7, "{path}");
        assert!((usual.fmr / 1e-5 - 1.0).abs() < 0.02, "{path} {usual:?}");
        // The stricter of both counts.
        let both = json!({ "max_fpir": 0.001, "min_similarity_score": 0.7 });
        assert_eq!(ask(both).await.1, usual, "{path}");
        let both = json!({ "max_fpir": 0.001, "min_similarity_score": 0.1 });
        assert_eq!(ask(both).await.1, rate, "{path}");
        let lax = ask(json!({ "max_fpir": 0.999 })).await.1;
        assert!(lax.min_score < 0.1, "{path} {lax:?}");
    }
}

async fn rates_that_are_none(account: &Account<'_>) {
    ssai(account).await;
    for path in ["/face-search", "/multi-face-search"] {
        for (rate, told) in [
            (json!(0), "max_fpir must be greater than 0"),
            (json!(1.0), "max_fpir must be less than 1"),
            (json!("often"), "max_fpir must be a number"),
            (json!(true), "max_fpir must be a number"),
        ] {
            let (status, answer) = account
                .call("POST", path, &body(json!({ "max_fpir": rate })))
                .await;
            assert_eq!(status, 422, "{path} {rate}");
            assert_eq!(answer["code"], "ERR_UNPROCESSABLE_CONTENT");
            assert_eq!(answer["message"], format!("Invalid request: {told}"));
        }
    }
}

async fn the_document_says_so(account: &Account<'_>) {
    let url = account.server.url("/openapi/opencv-onpremise.json");
    let (_, document) = answer(account.server.http.get(url)).await;
    are_documented(
        &document,
        &["/face-search", "/multi-face-search"],
        "max_fpir",
    );
}

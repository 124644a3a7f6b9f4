//! `POST /face-search`.

use serde_json::{Value, json};

use crate::{
    common::keyed::{Account, refusals},
    common::shared::on_both,
    enrol::{person, ssai, with},
    pictures::{encode, face, nobody},
    portraits::row,
};

on_both! { Account<'_>, answer, defaults, several_faces, fields }

fn search(picture: String) -> Value {
    json!({ "collection_name": "SSAI", "face_base_64": picture })
}

fn ids(found: &Value) -> Vec<&str> {
    let found = found.as_array().unwrap().iter();
    found
        .map(|one| one["person_id"].as_str().unwrap())
        .collect()
}

async fn answer(account: &Account<'_>) {
    ssai(account).await;
    let new = with(person(1, 1), json!({ "metadata": { "DOB": "2000-01-01" } }));
    account.ask("PUT", "/person", &new).await;
    account.ask("PUT", "/person", &person(2, 1)).await;
    let whole = json!({ "collection_name": "SSAI", "face_base_64": face(1, 2), "min_similarity_score": 0.7, "max_results": 1,
                        "check_liveness": false });
    let mut found = account.ask("POST", "/face-search", &whole).await;
    let score = found[0]["similarity_score"].take().as_f64().unwrap();
    assert!((0.7..=1.0).contains(&score) && (score * 1e4).fract().abs() < 1e-6);
    let picture = found[0]["face_base_64"].take();
    assert!(picture.as_str().unwrap().starts_with("/9j/"));
    found[0]["similarity_score"] = json!("[score]");
    found[0]["face_base_64"] = json!("[JPEG]");
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("found", found);
    });
    // The picture itself is found with certainty.
    let same = account
        .ask("POST", "/face-search", &search(face(1, 1)))
        .await;
    assert_eq!(same[0]["similarity_score"], 1.0);
}

async fn defaults(account: &Account<'_>) {
    ssai(account).await;
    assert_eq!(
        account
            .ask("POST", "/face-search", &search(face(1, 1)))
            .await,
        json!([])
    );
    for id in ["a", "b", "c"] {
        let one = with(person(1, 1), json!({ "person_id": id }));
        account.ask("PUT", "/person", &one).await;
    }
    account.ask("PUT", "/person", &person(2, 1)).await;
    // One result, 0.7.
    let found = account
        .ask("POST", "/face-search", &search(face(1, 2)))
        .await;
    assert_eq!(ids(&found).len(), 1);
    let many = with(search(face(1, 2)), json!({ "max_results": 500 }));
    let found = account.ask("POST", "/face-search", &many).await;
    assert_eq!(ids(&found).len(), 3);
    let everybody = with(many, json!({ "min_similarity_score": 0 }));
    let found = account.ask("POST", "/face-search", &everybody).await;
    assert_eq!(ids(&found).len(), 4);
    let scores: Vec<f64> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["similarity_score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    // At or above: the limit that is the score itself still finds.
    let exact = with(
        search(face(1, 2)),
        json!({ "min_similarity_score": scores[0] }),
    );
    assert_eq!(
        ids(&account.ask("POST", "/face-search", &exact).await).len(),
        1
    );
    let above = with(exact, json!({ "min_similarity_score": scores[0] + 0.0001 }));
    assert_eq!(account.ask("POST", "/face-search", &above).await, json!([]));
}

async fn several_faces(account: &Account<'_>) {
    ssai(account).await;
    for number in 1..=3 {
        account.ask("PUT", "/person", &person(number, 1)).await;
    }
    let group = row(&[(1, 2), (2, 2), (4, 1)]);
    let body = with(search(group.clone()), json!({ "max_results": 10 }));
    let found = account.ask("POST", "/face-search", &body).await;
    let mut all = ids(&found);
    all.sort_unstable();
    assert_eq!(all, ["P1", "P2"]);
    assert_eq!(
        ids(&account.ask("POST", "/face-search", &search(group)).await).len(),
        1
    );
}

async fn fields(account: &Account<'_>) {
    ssai(account).await;
    let rows = [
        (
            json!({ "collection_name": null }),
            "collection_name is required",
        ),
        (json!({ "face_base_64": null }), "face_base_64 is required"),
        (
            json!({ "min_similarity_score": -0.1 }),
            "min_similarity_score must be at least 0",
        ),
        (
            json!({ "min_similarity_score": "0.7" }),
            "min_similarity_score must be a number",
        ),
        (
            json!({ "max_results": 0 }),
            "max_results must be at least 1",
        ),
        (
            json!({ "max_results": 501 }),
            "max_results must be at most 500",
        ),
        (
            json!({ "max_results": 1.5 }),
            "max_results must be an integer",
        ),
        (
            json!({ "check_liveness": "no" }),
            "check_liveness must be a boolean",
        ),
    ];
    for (change, told) in rows {
        let message = format!("Invalid request: {told}");
        let body = with(search(face(1, 1)), change);
        let row = (
            "POST",
            "/face-search",
            body,
            422,
            "ERR_UNPROCESSABLE_CONTENT",
            message.as_str(),
        );
        refusals(account, &[row]).await;
    }
    let undecodable = "The posted Base64 image(s) could not be decoded as JPEG/PNG bytes.";
    let no_face = "A face could not be detected in the image(s).";
    let missing = "The requested entity could not be found.";
    let elsewhere = |picture: String| with(search(picture), json!({ "collection_name": "none" }));
    // In this order.
    refusals(
        account,
        &[
            (
                "POST",
                "/face-search",
                elsewhere("abc".into()),
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            ),
            (
                "POST",
                "/face-search",
                elsewhere(encode(&[7; 400])),
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            ),
            (
                "POST",
                "/face-search",
                elsewhere(encode(&nobody())),
                404,
                "ERR_NOT_FOUND",
                missing,
            ),
            (
                "POST",
                "/face-search",
                search(encode(&nobody())),
                400,
                "ERR_FACE_NOT_DETECTED",
                no_face,
            ),
            (
                "POST",
                "/face-search",
                with(search(encode(&nobody())), json!({ "check_liveness": true })),
                400,
                "ERR_FACE_NOT_DETECTED",
                no_face,
            ),
        ],
    )
    .await;
}

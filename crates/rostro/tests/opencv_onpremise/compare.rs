//! `POST /compare`.

use serde_json::{Value, json};

use crate::{
    common::keyed::{Account, refusals},
    common::shared::on_both,
    enrol::with,
    pictures::{encode, face, five_faces, nobody},
};

on_both! { Account<'_>, verdicts, fields }

fn pair(probe: String, reference: String) -> Value {
    json!({ "face_base_64": probe, "ref_face_base_64": reference })
}

async fn verdicts(account: &Account<'_>) {
    let ask = async |body: &Value| account.call("POST", "/compare", body).await;
    let (yes, no) = (json!({ "is_match": true }), json!({ "is_match": false }));
    let same = pair(face(1, 1), face(1, 2));
    assert_eq!(ask(&same).await, (200, yes.clone()));
    assert_eq!(ask(&pair(face(1, 1), face(2, 1))).await, (200, no.clone()));
    let whole = with(
        same,
        json!({ "min_similarity_score": 1.0, "check_liveness": false }),
    );
    assert_eq!(ask(&whole).await, (200, no));
    let lenient = with(
        pair(face(1, 1), face(2, 1)),
        json!({ "min_similarity_score": 0 }),
    );
    assert_eq!(ask(&lenient).await, (200, yes));
    // Of several faces the largest counts: five where one is asked for are no error without liveness.
    assert_eq!(ask(&pair(encode(&five_faces()), face(1, 1))).await.0, 200);
}

async fn fields(account: &Account<'_>) {
    let code = "ERR_UNPROCESSABLE_CONTENT";
    let undecodable = "The posted Base64 image(s) could not be decoded as JPEG/PNG bytes.";
    let no_face = "A face could not be detected in the image(s).";
    let nobody = encode(&nobody());
    refusals(
        account,
        &[
            (
                "POST",
                "/compare",
                json!({ "face_base_64": "x" }),
                422,
                code,
                "Invalid request: ref_face_base_64 is required",
            ),
            (
                "POST",
                "/compare",
                json!({ "ref_face_base_64": "x" }),
                422,
                code,
                "Invalid request: face_base_64 is required",
            ),
            (
                "POST",
                "/compare",
                with(
                    pair(face(1, 1), face(1, 1)),
                    json!({ "min_similarity_score": null, "check_liveness": 0 }),
                ),
                422,
                code,
                "Invalid request: check_liveness must be a boolean",
            ),
            (
                "POST",
                "/compare",
                pair("abc".into(), face(1, 1)),
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            ),
            (
                "POST",
                "/compare",
                pair(face(1, 1), encode(&[3; 200])),
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            ),
            (
                "POST",
                "/compare",
                pair(nobody.clone(), "abc".into()),
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            ),
            (
                "POST",
                "/compare",
                pair(nobody.clone(), face(1, 1)),
                400,
                "ERR_FACE_NOT_DETECTED",
                no_face,
            ),
            (
                "POST",
                "/compare",
                pair(face(1, 1), nobody),
                400,
                "ERR_FACE_NOT_DETECTED",
                no_face,
            ),
        ],
    )
    .await;
}

//! Pictures that are none, and pictures without the one face that is asked for.

use serde_json::{Value, json};

use crate::{
    account::{Account, told},
    harness::on_both,
    pictures::{encode, face, five_faces, nobody, tiny_face},
};

on_both! {
    what_is_no_picture,
    pictures_without_a_face,
    pictures_with_five_faces,
    a_face_too_small_for_liveness,
    pictures_in_every_form_of_base64,
}

/// A body for each route that wants one face in `picture`, and the status when it has one.
fn bodies(picture: &str) -> Vec<(&'static str, u16, Value)> {
    let good = face(1, 1);
    vec![
        ("liveness", 200, json!({ "image": picture })),
        (
            "compare",
            200,
            json!({ "probe": [good, picture], "gallery": [good] }),
        ),
        (
            "compare",
            200,
            json!({ "probe": [good], "gallery": [good, picture] }),
        ),
        (
            "compare-live-face",
            200,
            json!({ "probe": picture, "gallery": [good] }),
        ),
        (
            "compare-live-face",
            200,
            json!({ "probe": good, "gallery": [picture] }),
        ),
        ("person", 201, json!({ "images": [good, picture] })),
        (
            "person/images",
            201,
            json!({ "person_id": "ada", "images": [picture] }),
        ),
        ("search", 200, json!({ "images": [good, picture] })),
        ("search-live-face", 200, json!({ "image": picture })),
        ("verify", 200, json!({ "id": "ada", "images": [picture] })),
    ]
}

/// The routes that do not ask for one face.
fn others(picture: &str) -> Vec<(&'static str, u16, Value)> {
    vec![
        ("search/crops", 200, json!({ "images": [picture] })),
        ("person/crops", 201, json!({ "images": [picture] })),
        ("detect", 200, json!({ "image": picture })),
        ("detect", 200, json!({ "image": picture, "search": {} })),
        ("head-count", 200, json!({ "image": picture })),
    ]
}

async fn refused(
    account: &Account<'_>,
    bodies: Vec<(&'static str, u16, Value)>,
    wanted: (u16, Value),
) {
    for (path, _, body) in bodies {
        let (status, answer) = account.post(path, &body).await;
        assert_eq!((status, &answer), (wanted.0, &wanted.1), "{path}");
    }
}

async fn what_is_no_picture(account: &Account<'_>) {
    account.person("ada", 1, &[]).await;
    let wanted = told(
        400,
        "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
        "The posted Base64 image(s) could not be decoded.",
    );
    let long_text = encode(
        "This is a text and no picture at all. "
            .repeat(20)
            .as_bytes(),
    );
    let cut = &face(1, 1)[..2000];
    // An address is no base64: nothing is fetched.
    for text in [
        "",
        "x",
        "U2Vjb25kIGltYWdl",
        "not base64! ".repeat(30).as_str(),
        &long_text,
        cut,
        "https://example.com/face.jpg",
    ] {
        refused(account, bodies(text), wanted.clone()).await;
        refused(account, others(text), wanted.clone()).await;
    }
    for (path, body) in [
        ("person", json!({ "id": "ada", "images": [long_text] })),
        (
            "person/images",
            json!({ "id": "ada", "new_images": [long_text] }),
        ),
    ] {
        assert_eq!(account.patch(path, &body).await, wanted, "{path}");
    }
    assert_eq!(account.found(1, None).await, ["ada"]);
    assert_eq!(account.got("persons").await["count"], json!(1));
}

async fn pictures_without_a_face(account: &Account<'_>) {
    account.person("ada", 1, &[]).await;
    let wanted = told(
        400,
        "ERR_FACE_NOT_DETECTED",
        "A face could not be detected in the image(s).",
    );
    let picture = encode(&nobody());
    refused(account, bodies(&picture), wanted.clone()).await;
    for (path, body) in [
        ("person", json!({ "id": "ada", "images": [picture] })),
        (
            "person/images",
            json!({ "id": "ada", "new_images": [picture] }),
        ),
    ] {
        assert_eq!(account.patch(path, &body).await, wanted, "{path}");
    }
    assert_eq!(
        account
            .posted(200, "detect", &json!({ "image": picture }))
            .await,
        json!([])
    );
    assert_eq!(
        account.got("person/ada").await["thumbnails"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(account.got("persons").await["count"], json!(1));
}

async fn pictures_with_five_faces(account: &Account<'_>) {
    account.person("ada", 1, &[]).await;
    let wanted = told(
        400,
        "ERR_MULTIPLE_FACES_DETECTED",
        "More than one face was detected in an image.",
    );
    let picture = encode(&five_faces());
    refused(account, bodies(&picture), wanted.clone()).await;
    let crops = vec![
        ("search/crops", 200, json!({ "images": [picture] })),
        ("person/crops", 201, json!({ "images": [picture] })),
    ];
    refused(account, crops, wanted).await;
    assert_eq!(
        account
            .posted(200, "detect", &json!({ "image": picture }))
            .await
            .as_array()
            .unwrap()
            .len(),
        5
    );
    assert_eq!(account.got("persons").await["count"], json!(1));
}

async fn a_face_too_small_for_liveness(account: &Account<'_>) {
    let wanted = told(
        400,
        "ERR_LIVENESS_ERROR",
        "A liveness error occurred: the face is too small.",
    );
    let picture = encode(&tiny_face());
    for (path, body) in [
        ("liveness", json!({ "image": picture })),
        (
            "compare-live-face",
            json!({ "probe": picture, "gallery": [face(1, 1)] }),
        ),
        ("search-live-face", json!({ "image": picture })),
    ] {
        assert_eq!(account.post(path, &body).await, wanted, "{path}");
    }
    account
        .posted(200, "search", &json!({ "images": [picture] }))
        .await;
}

async fn pictures_in_every_form_of_base64(account: &Account<'_>) {
    let plain = face(1, 1);
    let lines = plain
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect::<Vec<_>>()
        .join("\n");
    let forms = [
        format!("data:image/jpeg;base64,{plain}"),
        plain.replace('+', "-").replace('/', "_"),
        plain.trim_end_matches('=').to_owned(),
        lines,
    ];
    for form in forms {
        let request = json!({ "probe": [form], "gallery": [plain] });
        assert_eq!(
            account.posted(200, "compare", &request).await,
            json!({ "score": 1.0 })
        );
    }
}

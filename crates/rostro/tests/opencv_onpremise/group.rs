//! `POST /multi-face-search`.

use serde_json::{Value, json};

use crate::{
    common::keyed::{Account, refusals},
    common::shared::on_both,
    enrol::{person, ssai, with},
    pictures::{encode, face, nobody},
    portraits::row,
};

on_both! { Account<'_>, six_faces_of_which_four_are_known, twins, fields }

fn search(picture: String) -> Value {
    json!({ "collection_name": "SSAI", "multi_face_img_base_64": picture })
}

async fn six_faces_of_which_four_are_known(account: &Account<'_>) {
    ssai(account).await;
    for number in 1..=4 {
        account.ask("PUT", "/person", &person(number, 1)).await;
    }
    let group = row(&[(1, 2), (5, 1), (2, 2), (3, 2), (6, 1), (4, 2)]);
    let mut found = account
        .ask("POST", "/multi-face-search", &search(group.clone()))
        .await;
    let known = found["person_search_results"].as_array_mut().unwrap();
    known.sort_by_key(|one| one["person_id"].to_string());
    for one in known {
        assert!(one["similarity_score"].as_f64().unwrap() >= 0.7);
        one["similarity_score"] = json!("[score]");
        one["face_base_64"] = json!("[JPEG]");
    }
    let others = found["unrecognized_face_thumbnails_base_64"]
        .as_array_mut()
        .unwrap();
    for other in others {
        let jpeg = base64_simd::STANDARD
            .decode_to_vec(other.as_str().unwrap())
            .unwrap();
        let face = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((face.width(), face.height()), (112, 112));
        *other = json!("[JPEG]");
    }
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("group", found);
    });
    // Nobody reaches a limit of 1.
    let strict = with(search(group), json!({ "min_similarity_score": 1 }));
    let found = account.ask("POST", "/multi-face-search", &strict).await;
    assert_eq!(found["person_search_results"], json!([]));
    let others = &found["unrecognized_face_thumbnails_base_64"];
    assert_eq!(others.as_array().unwrap().len(), 6);
}

/// One item per face, also when two are one person's.
async fn twins(account: &Account<'_>) {
    ssai(account).await;
    account.ask("PUT", "/person", &person(1, 1)).await;
    let picture = row(&[(1, 1), (1, 2)]);
    let found = account
        .ask("POST", "/multi-face-search", &search(picture))
        .await;
    let ids: Vec<&Value> = found["person_search_results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["person_id"])
        .collect();
    assert_eq!(ids, ["P1", "P1"]);
    assert_eq!(found["unrecognized_face_thumbnails_base_64"], json!([]));
}

async fn fields(account: &Account<'_>) {
    ssai(account).await;
    let path = "/multi-face-search";
    let code = "ERR_UNPROCESSABLE_CONTENT";
    let undecodable = "The posted Base64 image(s) could not be decoded as JPEG/PNG bytes.";
    let no_face = "A face could not be detected in the image(s).";
    let missing = "The requested entity could not be found.";
    let nobody = encode(&nobody());
    refusals(
        account,
        &[
            (
                "POST",
                path,
                json!({ "collection_name": "SSAI" }),
                422,
                code,
                "Invalid request: multi_face_img_base_64 is required",
            ),
            (
                "POST",
                path,
                json!({ "multi_face_img_base_64": "x" }),
                422,
                code,
                "Invalid request: collection_name is required",
            ),
            (
                "POST",
                path,
                with(search(face(1, 1)), json!({ "min_similarity_score": 2 })),
                422,
                code,
                "Invalid request: min_similarity_score must be at most 1",
            ),
            (
                "POST",
                path,
                search("abc".into()),
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            ),
            (
                "POST",
                path,
                with(search(nobody.clone()), json!({ "collection_name": "x" })),
                404,
                "ERR_NOT_FOUND",
                missing,
            ),
            (
                "POST",
                path,
                search(nobody),
                400,
                "ERR_FACE_NOT_DETECTED",
                no_face,
            ),
        ],
    )
    .await;
}

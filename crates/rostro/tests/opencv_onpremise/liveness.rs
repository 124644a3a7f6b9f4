//! `check_liveness`: every code, each from a picture that earns it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    common::keyed::{Account, with_own_server},
    common::shared::on_both,
    common::{pack, with_standard},
    enrol::{person, ssai, with},
    pictures::{encode, live_face},
    portraits::{around, base64, both_eyes_closed, face_box, far_away, masked, portrait, row},
};

on_both! { Account<'_>, made_pictures, real_pictures, who_is_live }

/// The three routes that ask, with a picture.
fn requests(picture: &str) -> [(&'static str, &'static str, Value); 3] {
    let enrol = with(
        person(1, 1),
        json!({ "face_base_64": picture, "check_liveness": true }),
    );
    let search =
        json!({ "collection_name": "SSAI", "face_base_64": picture, "check_liveness": true });
    let compare = json!({ "face_base_64": picture, "ref_face_base_64": base64(portrait()), "check_liveness": true });
    [
        ("PUT", "/person", enrol),
        ("POST", "/face-search", search),
        ("POST", "/compare", compare),
    ]
}

async fn refused(account: &Account<'_>, picture: &str, code: &str) {
    let message =
        "A liveness error occurred. Please check the supplied image and the error metadata.";
    let wanted =
        json!({ "code": "ERR_LIVENESS_ERROR", "message": message, "metadata": { "code": code } });
    for (method, path, body) in requests(picture) {
        let (status, told) = account.call(method, path, &body).await;
        // Not the whole answer: a success would be a picture of pages.
        assert_eq!(
            (status, &told["metadata"]["code"]),
            (412, &json!(code)),
            "{path}"
        );
        assert_eq!(told, wanted, "{path} {code}");
    }
    // Who is refused is not enrolled.
    let there = account.get("/persons?collection_name=SSAI").await;
    assert_eq!(there, json!([]), "{code}");
}

async fn made_pictures(account: &Account<'_>) {
    if !with_standard() {
        return;
    }
    ssai(account).await;
    let face = face_box(account).await;
    let small = encode(&crate::pictures::face_file(1, 1));
    for (picture, code) in [
        (far_away(), "FACE_NOT_FOUND"),
        (row(&[(1, 1), (2, 1)]), "TOO_MANY_FACES"),
        (around(face, [-30, 60, 60, 60]), "FACE_CROPPED"),
        (around(face, [3, 60, 3, 60]), "FACE_TOO_CLOSE"),
        (around(face, [60, 60, 8, 60]), "FACE_CLOSE_TO_BORDER"),
        (small, "FACE_TOO_SMALL"),
        (masked(face), "FACE_IS_OCCLUDED"),
    ] {
        refused(account, &picture, code).await;
    }
}

/// A picture of this machine's own, where there are some.
fn real(path: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("ROSTRO_FACES") else {
        eprintln!("SKIPPED: ROSTRO_FACES is not set");
        return None;
    };
    Some(std::fs::read(PathBuf::from(folder).join(path)).unwrap())
}

async fn real_pictures(account: &Account<'_>) {
    if !with_standard() {
        return;
    }
    ssai(account).await;
    for (path, code) in [
        ("inspireface/pose/left_face.jpeg", "FACE_ANGLE_TOO_LARGE"),
        ("liveness/minivision_F2.jpg", "FACE_NOT_LIVE"),
    ] {
        if let Some(picture) = real(path) {
            refused(account, &encode(&picture), code).await;
        }
    }
    // One eye of it is closed; a wink is fine, two are not.
    if let Some(wink) = real("inspireface/reaction/close_eyes.jpeg") {
        refused(
            account,
            &both_eyes_closed(account, &wink).await,
            "EYES_CLOSED",
        )
        .await;
    }
}

async fn who_is_live(account: &Account<'_>) {
    let Some(picture) = live_face() else {
        return;
    };
    ssai(account).await;
    for (method, path, body) in requests(&picture) {
        account.ask(method, path, &body).await;
    }
    let search =
        json!({ "collection_name": "SSAI", "face_base_64": picture, "check_liveness": true });
    let found = account.ask("POST", "/face-search", &search).await;
    assert_eq!(found[0]["person_id"], "P1");
}

/// The pack of the tests, without its liveness models.
fn pack_without_liveness(to: &Path) {
    let models = PathBuf::from(std::env::var_os("ROSTRO_TEST_MODELS").unwrap());
    let from = models.join(pack());
    let pack = to.join(pack());
    std::fs::create_dir_all(&pack).unwrap();
    for file in std::fs::read_dir(&from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), pack.join(file.file_name())).unwrap();
    }
    let manifest = pack.join("pack.toml");
    let mut table: toml::Table = std::fs::read_to_string(&manifest).unwrap().parse().unwrap();
    table.remove("liveness").unwrap();
    std::fs::write(manifest, table.to_string()).unwrap();
}

#[test]
fn a_server_without_liveness_models_says_so() {
    if std::env::var_os("ROSTRO_TEST_MODELS").is_none() {
        eprintln!("SKIPPED: ROSTRO_TEST_MODELS is not set");
        return;
    }
    let models = tempfile::tempdir().unwrap();
    pack_without_liveness(models.path());
    with_own_server(
        |config| config.models.dir = models.path().to_owned(),
        async |account| {
            ssai(account).await;
            refused(account, &base64(portrait()), "LICENSE_ERROR").await;
        },
    );
}

#[test]
fn how_live_a_face_must_be_is_a_setting() {
    with_own_server(
        |config| config.opencv_onpremise.liveness_min_score = 1.0,
        async |account| {
            ssai(account).await;
            refused(account, &base64(portrait()), "FACE_NOT_LIVE").await;
        },
    );
}

#[test]
fn what_is_refused_is_a_setting() {
    with_own_server(
        |config| {
            config.opencv_onpremise.capture_rejects.clear();
            config.opencv_onpremise.liveness_min_score = 0.0;
        },
        async |account| {
            ssai(account).await;
            let face = face_box(account).await;
            for picture in [around(face, [3, 60, 3, 60]), masked(face)] {
                for (method, path, body) in requests(&picture) {
                    account.ask(method, path, &body).await;
                }
            }
        },
    );
}

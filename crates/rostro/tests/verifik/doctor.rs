//! What is said of how a picture was taken: in the extension of the answers, in the header, and as a refusal.

use image::{ImageFormat, imageops};
use inference::CaptureFault;
use serde_json::{Value, json};

use crate::{
    common::TestServer,
    pictures::{encode, face, five_faces, pixels, save},
    with_own_server, with_server,
};

const LIVENESS: &str = "/v2/face-recognition/liveness";
const DETECT: &str = "/v2/face-recognition/detect";
const VALIDATE: &str = "/v2/face-recognition/face-validation";
const PERSONS: &str = "/v2/face-recognition/persons";

/// The header that a POST is answered with, the status and the body.
async fn told(server: &TestServer, path: &str, body: &Value) -> (Option<String>, u16, Value) {
    let response = server.post(path, body).send().await.unwrap();
    let header = response.headers().get("x-rostro-warnings");
    let header = header.map(|value| value.to_str().unwrap().to_owned());
    (
        header,
        response.status().as_u16(),
        response.json().await.unwrap(),
    )
}

/// A composite whose right half is dark.
fn half_dark() -> String {
    let mut picture = pixels(1, 1);
    let middle = picture.width() / 2;
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        if x >= middle {
            pixel.0 = pixel.0.map(|value| value / 3);
        }
    }
    encode(&save(&picture.into(), ImageFormat::Png))
}

/// A composite at a quarter of its size.
fn small() -> String {
    let picture = pixels(1, 1);
    let (width, height) = (picture.width() / 4, picture.height() / 4);
    let small = imageops::resize(&picture, width, height, imageops::FilterType::Triangle);
    encode(&save(&small.into(), ImageFormat::Png))
}

#[test]
fn validation_says_what_is_wrong_with_figures_and_what_to_do() {
    with_server(async |server: &TestServer| {
        let (_, status, body) = told(server, VALIDATE, &json!({ "image": half_dark() })).await;
        assert_eq!((status, &body["data"]["valid"]), (200, &json!(false)));
        let reasons = body["data"]["reasons"].as_array().unwrap();
        assert!(reasons.contains(&json!("poor_lighting")), "{body}");
        let quality = &body["data"]["quality"];
        assert_eq!(quality["warnings"], body["data"]["reasons"]);
        let advice = quality["advice"].as_array().unwrap();
        let light = advice
            .iter()
            .find(|one| one["reason"] == "poor_lighting")
            .unwrap();
        assert_eq!(light["measured"], quality["light_balance"]);
        assert_eq!(light["limit"], 3.0);
        let remedy = light["remedy"].as_str().unwrap();
        assert!(
            remedy.starts_with("light the face evenly: light from the left of the picture"),
            "{remedy}"
        );
    });
}

#[test]
fn detection_measures_each_face_where_that_is_asked() {
    with_server(async |server: &TestServer| {
        let image = encode(&five_faces());
        let plain = json!({ "image": image });
        let (_, _, body) = told(server, DETECT, &plain).await;
        assert!(body["data"]["faces"][0].get("quality").is_none());
        let form_b = json!({ "image": image, "return_quality": true });
        let (_, status, body) = told(server, DETECT, &form_b).await;
        assert_eq!((status, &body["data"]["face_count"]), (200, &json!(5)));
        for face in body["data"]["faces"].as_array().unwrap() {
            assert!(face["quality"]["advice"].is_array(), "{face}");
        }
        let form_a = json!({
            "image": image, "min_score": 0.8, "search_mode": "FAST", "return_quality": true
        });
        let (_, status, body) = told(server, DETECT, &form_a).await;
        assert_eq!(status, 200, "{body}");
        assert!(body["data"][0]["quality"]["pupil_distance"].is_f64());
        let wrong = json!({ "image": image, "return_quality": "perhaps" });
        assert_eq!(told(server, DETECT, &wrong).await.1, 409);
    });
}

#[test]
fn enrolment_warns_in_the_header_alone() {
    with_server(async |server: &TestServer| {
        let person = |images: Value| json!({ "name": "Doctor Visit", "images": images });
        let good = told(server, PERSONS, &person(json!([face(1, 1)]))).await;
        assert_eq!((good.0, good.1), (None, 200));
        let (header, status, body) =
            told(server, PERSONS, &person(json!([face(1, 2), small()]))).await;
        assert_eq!(status, 200, "{body}");
        let header = header.expect("a warning");
        assert!(
            header.starts_with("too_small;picture=2;measured="),
            "{header}"
        );
        assert!(
            header.contains("remedy=\"move closer: the pupils are "),
            "{header}"
        );
    });
}

#[test]
fn the_settings_make_a_warning_of_enrolment_a_refusal() {
    with_own_server(
        |config| config.enrolment.rejects = vec![CaptureFault::TooSmall],
        async |server: &TestServer| {
            let person = json!({ "name": "Doctor Visit", "images": [small()] });
            let (header, status, body) = told(server, PERSONS, &person).await;
            assert_eq!(
                (status, &body["code"]),
                (422, &json!("ERR_LIVENESS_FACE_TOO_SMALL"))
            );
            assert!(header.unwrap().starts_with("too_small;measured="));
        },
    );
}

#[test]
fn several_faces_are_reported_where_they_are_not_refused() {
    with_own_server(
        |config| config.verifik.capture_rejects = Vec::new(),
        async |server: &TestServer| {
            let request = json!({ "os": "DESKTOP", "image": encode(&five_faces()) });
            let (header, status, body) = told(server, LIVENESS, &request).await;
            assert_eq!(status, 200, "{body}");
            let quality = &body["data"]["quality"];
            assert_eq!(quality["warnings"][0], "multiple_faces_detected");
            assert_eq!(
                quality["advice"][0]["remedy"],
                "show one face only: there are 5"
            );
            assert!(header.unwrap().starts_with("several_faces;measured=5.00"));
        },
    );
    with_server(async |server: &TestServer| {
        let request = json!({ "os": "DESKTOP", "image": encode(&five_faces()) });
        let (_, status, body) = told(server, LIVENESS, &request).await;
        assert_eq!(
            (status, &body["code"]),
            (422, &json!("ERR_MULTIPLE_FACES_DETECTED"))
        );
    });
}

#[test]
fn the_document_names_the_header() {
    with_server(async |server: &TestServer| {
        let document: Value = server
            .http
            .get(server.url("/openapi.json"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        for (method, path) in [
            ("post", LIVENESS),
            ("post", PERSONS),
            ("put", "/person"),
            ("post", "/opencv-fr/liveness"),
            ("patch", "/opencv-fr/person"),
        ] {
            let answers = &document["paths"][path][method]["responses"];
            let some = answers.as_object().unwrap().values();
            let named = some.filter(|answer| answer["headers"]["x-rostro-warnings"].is_object());
            assert!(named.count() >= 2, "{method} {path}");
        }
    });
}

//! Bad input: each kind gets the contract's error, and the server goes on.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    common::{TestServer, answer},
    pictures::{self, encode, face, face_file, file},
    with_own_server, with_server,
};

const LIVENESS: &str = "/v2/face-recognition/liveness";
const COMPARE: &str = "/v2/face-recognition/compare";
const DETECT: &str = "/v2/face-recognition/detect";
const VALIDATION: &str = "/v2/face-recognition/face-validation";

async fn send(server: &TestServer, kind: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let request = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(&server.token);
    answer(request.header("content-type", kind).body(body)).await
}

/// The answer of `liveness` to a picture.
async fn liveness(server: &TestServer, file: &[u8]) -> (u16, Value) {
    server
        .call(LIVENESS, &json!({ "os": "DESKTOP", "image": encode(file) }))
        .await
}

/// How many faces `detect` finds.
async fn faces(server: &TestServer, file: &[u8]) -> u64 {
    let (status, body) = server.call(DETECT, &json!({ "image": encode(file) })).await;
    assert_eq!(status, 200, "{body}");
    body["data"]["face_count"].as_u64().unwrap()
}

fn not_a_picture() -> (u16, Value) {
    (
        412,
        json!({ "message": "only_images_in_base64", "code": "ERROR", "field": "image" }),
    )
}

#[test]
fn bodies_that_are_no_json_object() {
    with_server(async |server: &TestServer| {
        let json = "application/json";
        let (status, body) = send(server, json, "").await;
        assert_eq!(
            (status, &body["message"]),
            (409, &json!("\"os\" is required"))
        );
        let latin = b"{\"os\":\"\xe9\"}".to_vec();
        let utf16: Vec<u8> = "{\"os\":\"IOS\"}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for (kind, text) in [
            (json, b"{".to_vec()),
            (json, b"{\"os\":\"IOS\",}".to_vec()),
            (json, b"[]".to_vec()),
            (json, b"\"os\"".to_vec()),
            (json, b"null".to_vec()),
            (json, "[".repeat(100_000).into_bytes()),
            (json, latin),
            ("application/json; charset=utf-16", utf16),
            (
                "application/x-www-form-urlencoded",
                b"os=IOS&image=abc".to_vec(),
            ),
        ] {
            let (status, body) = send(server, kind, text).await;
            assert_eq!(
                (status, &body["code"]),
                (400, &json!("BadRequest")),
                "{body}"
            );
        }
        // What the content type says does not matter when the body is right.
        let (status, _) = send(server, "text/plain", json!({ "os": "IOS" }).to_string()).await;
        assert_eq!(status, 409);
    });
}

#[test]
fn a_body_of_40_megabytes() {
    with_server(async |server: &TestServer| {
        let huge = json!({ "os": "IOS", "image": "A".repeat(40_000_000) }).to_string();
        let (status, body) = send(server, "application/json", huge).await;
        assert_eq!((status, &body["code"]), (413, &json!("PayloadTooLarge")));
    });
}

#[test]
fn texts_that_are_no_picture() {
    with_server(async |server: &TestServer| {
        let text = encode("Some text, and nothing but text. ".repeat(40).as_bytes());
        let svg = encode(
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\">{}</svg>",
                " ".repeat(200)
            )
            .as_bytes(),
        );
        let face = face(1, 1);
        let texts = [
            "abc".to_owned(),
            "%%%%".repeat(50),
            text,
            svg,
            format!("data:image/jpeg,{face}"),
            format!("data:image/jpeg;base64,{}", "A".repeat(20)),
            format!("{}*{}", &face[..200], &face[200..]),
            "A".repeat(5_000_000),
        ];
        for image in texts {
            let request = json!({ "os": "IOS", "image": image });
            assert_eq!(
                server.call(LIVENESS, &request).await,
                not_a_picture(),
                "{}",
                &image[..image.len().min(60)]
            );
        }
    });
}

#[test]
fn damaged_pictures() {
    with_server(async |server: &TestServer| {
        let jpeg = face_file(1, 1);
        let png = pictures::sixteen_bits();
        for broken in [
            &jpeg[..jpeg.len() / 2],
            &jpeg[..200],
            &png[..png.len() / 3],
            &jpeg[300..],
        ] {
            assert_eq!(liveness(server, broken).await, not_a_picture());
        }
    });
}

#[test]
fn a_bomb_is_refused_before_it_grows() {
    with_server(async |server: &TestServer| {
        let bomb = pictures::bomb(30_000);
        assert!(bomb.len() < 250_000, "{}", bomb.len());
        assert_eq!(liveness(server, &bomb).await, not_a_picture());
        let (status, _) = liveness(server, &face_file(1, 1)).await;
        assert_eq!(status, 200);
    });
}

#[test]
fn unusual_pictures_are_read() {
    with_server(async |server: &TestServer| {
        for (name, picture) in [
            ("animated GIF", pictures::animated()),
            ("CMYK JPEG", file("cmyk.jpg")),
            ("progressive JPEG", file("progressive.jpg")),
            ("16-bit PNG", pictures::sixteen_bits()),
            ("upside-down EXIF", file("upside_down.jpg")),
            (
                "WebP",
                pictures::save(&pictures::pixels(1, 1).into(), image::ImageFormat::WebP),
            ),
            (
                "BMP",
                pictures::save(&pictures::pixels(1, 1).into(), image::ImageFormat::Bmp),
            ),
            (
                "TIFF",
                pictures::save(&pictures::pixels(1, 1).into(), image::ImageFormat::Tiff),
            ),
        ] {
            assert_eq!(faces(server, &picture).await, 1, "{name}");
        }
    });
}

#[test]
fn the_first_frame_of_an_animation_counts_and_exif_turns_pictures() {
    with_server(async |server: &TestServer| {
        let compare = async |file: &[u8], gallery: String| {
            let request = json!({ "probe": [encode(file)], "gallery": [gallery] });
            let (status, body) = server.call(COMPARE, &request).await;
            assert_eq!(status, 200, "{body}");
            body["data"]["score"].as_f64().unwrap()
        };
        assert!(compare(&pictures::animated(), face(1, 1)).await > 0.85);
        assert!(compare(&pictures::animated(), face(2, 1)).await < 0.67);
        // Upright, the eyes are above the mouth.
        let upside_down = encode(&file("upside_down.jpg"));
        let (_, body) = server
            .call(
                DETECT,
                &json!({ "image": upside_down, "return_landmarks": true }),
            )
            .await;
        let landmarks = &body["data"]["faces"][0]["landmarks"];
        assert!(
            landmarks["left_eye"]["y"].as_i64() < landmarks["mouth"]["y"].as_i64(),
            "{body}"
        );
        assert!(
            landmarks["left_eye"]["x"].as_i64() < landmarks["right_eye"]["x"].as_i64(),
            "{body}"
        );
    });
}

#[test]
fn no_face_and_five_faces() {
    with_server(async |server: &TestServer| {
        let nobody = pictures::nobody();
        let (status, body) = liveness(server, &nobody).await;
        assert_eq!(
            (status, &body["code"]),
            (422, &json!("ERR_NO_FACE_DETECTED"))
        );
        assert_eq!(faces(server, &nobody).await, 0);
        let search = json!({ "image": encode(&nobody), "min_score": 0.8, "search_mode": "FAST" });
        let (status, body) = server.call(DETECT, &search).await;
        assert_eq!((status, &body["data"]), (200, &json!([])));
        let request = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2), encode(&nobody)] });
        let (status, body) = server.call(COMPARE, &request).await;
        assert_eq!(
            (status, &body["code"], &body["field"]),
            (422, &json!("ERR_NO_FACE_DETECTED"), &json!("gallery"))
        );

        let crowd = pictures::five_faces();
        let (status, body) = liveness(server, &crowd).await;
        assert_eq!(
            (status, &body["code"]),
            (422, &json!("ERR_MULTIPLE_FACES_DETECTED"))
        );
        assert_eq!(body["message"], "The image has more than one face");
        assert_eq!(faces(server, &crowd).await, 5);

        for (picture, reason) in [
            (&nobody, "no_face_detected"),
            (&crowd, "multiple_faces_detected"),
        ] {
            let (status, body) = server
                .call(VALIDATION, &json!({ "image": encode(picture) }))
                .await;
            assert_eq!((status, &body["data"]["valid"]), (200, &json!(false)));
            assert_eq!(body["data"]["reasons"], json!([reason]));
            assert_eq!(body["data"]["quality"], Value::Null);
        }
    });
}

#[test]
fn a_face_too_small_for_the_liveness_models() {
    with_server(async |server: &TestServer| {
        let tiny = pictures::tiny_face();
        let (status, body) = liveness(server, &tiny).await;
        assert_eq!(
            (status, &body["code"]),
            (422, &json!("ERR_LIVENESS_FACE_TOO_SMALL")),
            "{body}"
        );
        assert_eq!(faces(server, &tiny).await, 1);
    });
}

#[test]
fn other_methods_are_answered_in_json() {
    with_server(async |server: &TestServer| {
        let (status, body) = answer(
            server
                .http
                .get(server.url(LIVENESS))
                .bearer_auth(&server.token),
        )
        .await;
        assert_eq!((status, &body["code"]), (405, &json!("MethodNotAllowed")));
    });
}

#[test]
fn more_than_the_queue_holds_is_told_to_come_back() {
    with_own_server(
        |config| {
            (config.inference.workers, config.inference.queue) = (1, 1);
            // Each of them is work.
            config.inference.remember = std::time::Duration::ZERO;
        },
        async |server: &TestServer| {
            let request = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)], "search_mode": "ACCURATE" });
            let answers = join_all((0..40).map(|_| server.post(COMPARE, &request).send())).await;
            let mut statuses = Vec::new();
            for answer in answers {
                let answer = answer.unwrap();
                let again = answer.headers().contains_key("retry-after");
                statuses.push(answer.status().as_u16());
                let body: Value = answer.json().await.unwrap();
                if statuses.ends_with(&[503]) {
                    assert!(again, "{body}");
                    assert_eq!(
                        body,
                        json!({ "message": "server_busy", "code": "ServiceUnavailable" })
                    );
                }
            }
            assert!(
                statuses.iter().all(|status| [200, 503].contains(status)),
                "{statuses:?}"
            );
            assert!(
                statuses.contains(&200) && statuses.contains(&503),
                "{statuses:?}"
            );
            assert_eq!(server.call(COMPARE, &request).await.0, 200);
        },
    );
}

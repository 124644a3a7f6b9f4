//! The rows of the contract's conformance table, and what its sections say of each route.

use serde_json::{Value, json};

use crate::{
    common::{TestServer, answer},
    pictures::{encode, face, face_file, live_face},
    with_own_server, with_server,
};

const LIVENESS: &str = "/v2/face-recognition/liveness";
const COMPARE: &str = "/v2/face-recognition/compare";
const COMPARE_LIVE: &str = "/v2/face-recognition/compare-live";
const COMPARE_WITH: &str = "/v2/face-recognition/compare-with-liveness";
const DETECT: &str = "/v2/face-recognition/detect";

fn refused(message: &str) -> Value {
    json!({ "message": message, "code": "MissingParameter" })
}

fn score(body: &Value) -> f64 {
    body["data"]["score"].as_f64().expect("a score")
}

#[test]
fn a_token_is_asked_for_before_anything_else() {
    with_server(async |server: &TestServer| {
        for path in [LIVENESS, COMPARE, COMPARE_LIVE, COMPARE_WITH, DETECT] {
            let request = server.http.post(server.url(path)).body("{");
            let (status, body) = answer(request).await;
            assert_eq!(status, 401, "{path}");
            assert_eq!(
                body,
                json!({ "message": "Authentication required", "code": "UNAUTHORIZED" })
            );
        }
    });
}

#[test]
fn liveness_checks_its_fields_in_order() {
    with_server(async |server: &TestServer| {
        let rows = [
            (
                json!({ "image": face(1, 1) }),
                409,
                refused("\"os\" is required"),
            ),
            (
                json!({ "os": "DESKTOP" }),
                409,
                refused("\"image\" is required"),
            ),
            (
                json!({ "os": "DESKTOP", "image": face(1, 1), "liveness_min_score": 0.4 }),
                409,
                refused("\"liveness_min_score\" must be greater than or equal to 0.5"),
            ),
            (
                json!({ "os": "DESKTOP", "image": "abc" }),
                412,
                json!({ "message": "only_images_in_base64", "code": "ERROR", "field": "image" }),
            ),
        ];
        for (request, status, wanted) in rows {
            for path in [LIVENESS, "/v2/face-recognition/liveness-score"] {
                assert_eq!(server.call(path, &request).await, (status, wanted.clone()));
            }
        }
    });
}

#[test]
fn liveness_takes_numbers_as_strings_and_ignores_what_it_does_not_know() {
    with_server(async |server: &TestServer| {
        let request = json!({
            "os": "DESKTOP", "image": face(1, 1), "liveness_min_score": "0.7", "search_mode": "whatever",
            "includeCost": true, "cropFace": { "deep": [1, { "er": null }] },
        });
        let (status, body) = server.call(LIVENESS, &request).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["data"]["min_score"], 0.7);
        assert_eq!(body["data"]["liveness_min_score"], 0.7);
        assert_eq!(body["data"]["result"]["min_score"], 0.7);
    });
}

#[test]
fn a_live_face_passes_and_the_verdict_follows_the_limit() {
    let Some(image) = live_face() else { return };
    with_server(async |server: &TestServer| {
        let (status, body) = server
            .call(LIVENESS, &json!({ "os": "IOS", "image": image }))
            .await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["data"]["passed"], true);
        let score = body["data"]["liveness_score"].as_f64().unwrap();
        assert!(score > 0.6 && score < 1.0, "{score}");
        // Strictly above: a limit that equals the score is not passed.
        let request = json!({ "os": "IOS", "image": image, "liveness_min_score": score });
        let (_, body) = server.call(LIVENESS, &request).await;
        assert_eq!(body["data"]["passed"], false);
    });
}

#[test]
fn every_spelling_of_a_picture_gives_the_same_answer() {
    with_server(async |server: &TestServer| {
        let file = face_file(1, 1);
        let plain = encode(&file);
        let lines = |text: &str, end: &str| {
            let lines: Vec<_> = text
                .as_bytes()
                .chunks(76)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect();
            lines.join(end)
        };
        let url_safe = base64_simd::URL_SAFE.encode_to_string(&file);
        let spellings = [
            format!("data:image/jpeg;base64,{plain}"),
            format!(
                "data:application/octet-stream;charset=utf-8;base64,{}",
                lines(&plain, "\n")
            ),
            lines(&plain, "\r\n"),
            plain.trim_end_matches('=').to_owned(),
            url_safe.trim_end_matches('=').to_owned(),
            url_safe,
        ];
        let gallery = face(1, 2);
        let wanted = server
            .call(COMPARE, &json!({ "probe": [plain], "gallery": [gallery] }))
            .await;
        assert_eq!(wanted.0, 200, "{}", wanted.1);
        for text in spellings {
            let (status, body) = server
                .call(COMPARE, &json!({ "probe": [text], "gallery": [gallery] }))
                .await;
            assert_eq!(
                (status, score(&body)),
                (200, score(&wanted.1)),
                "{}",
                &text[..60]
            );
        }
    });
}

#[test]
fn compare_needs_no_search_mode_and_takes_plain_strings() {
    with_server(async |server: &TestServer| {
        let (status, listed) = server
            .call(
                COMPARE,
                &json!({ "probe": [face(1, 1)], "gallery": [face(1, 2), face(1, 3)] }),
            )
            .await;
        assert_eq!(status, 200, "{listed}");
        assert_eq!(listed["data"]["search_mode"], "FAST");
        let (status, plain) = server
            .call(
                COMPARE,
                &json!({ "probe": face(1, 1), "gallery": face(1, 2) }),
            )
            .await;
        assert_eq!(status, 200, "{plain}");
        for body in [listed, plain] {
            assert_eq!(body["data"]["result"]["passed"], true);
            assert!(score(&body) >= 0.85, "{body}");
        }
        let accurate =
            json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)], "search_mode": "ACCURATE" });
        let (status, body) = server.call(COMPARE, &accurate).await;
        assert_eq!(
            (status, &body["data"]["search_mode"]),
            (200, &json!("ACCURATE"))
        );
    });
}

#[test]
fn the_same_picture_scores_one_and_other_people_fail() {
    with_server(async |server: &TestServer| {
        let (_, same) = server
            .call(
                COMPARE,
                &json!({ "probe": [face(2, 1)], "gallery": [face(2, 1)] }),
            )
            .await;
        assert_eq!(score(&same), 1.0);
        for other in [1, 3, 4] {
            let (_, body) = server
                .call(
                    COMPARE,
                    &json!({ "probe": [face(2, 1)], "gallery": [face(other, 1)] }),
                )
                .await;
            assert!(score(&body) < 0.67, "{body}");
            assert_eq!(body["data"]["result"]["passed"], false);
        }
    });
}

#[test]
fn compare_refuses_limits_outside_its_range() {
    with_server(async |server: &TestServer| {
        let rows = [
            (
                json!(0.5),
                "\"compare_min_score\" must be greater than or equal to 0.67",
            ),
            (
                json!("0.66"),
                "\"compare_min_score\" must be greater than or equal to 0.67",
            ),
            (
                json!(1),
                "\"compare_min_score\" must be less than or equal to 0.95",
            ),
            (json!([0.8]), "\"compare_min_score\" must be a number"),
        ];
        for (limit, wanted) in rows {
            let request = json!({ "probe": ["x"], "gallery": ["x"], "compare_min_score": limit });
            assert_eq!(server.call(COMPARE, &request).await, (409, refused(wanted)));
        }
    });
}

#[test]
fn compare_live_asks_for_its_limit_and_answers_both() {
    with_server(async |server: &TestServer| {
        let request = |limit: Value| json!({ "probe": face(1, 1), "gallery": [face(1, 2)], "os": "DESKTOP", "liveness_min_score": limit });
        let wanted = refused("\"liveness_min_score\" must be greater than or equal to 0.52");
        assert_eq!(
            server.call(COMPARE_LIVE, &request(json!(0.5))).await,
            (409, wanted)
        );
        let wanted = refused("\"liveness_min_score\" is required");
        assert_eq!(
            server.call(COMPARE_LIVE, &request(Value::Null)).await,
            (409, wanted)
        );
        let (status, body) = server.call(COMPARE_LIVE, &request(json!(0.65))).await;
        assert_eq!(status, 200, "{body}");
        let data = &body["data"];
        assert_eq!(data["type"], "compareLive");
        assert_eq!(data["result"]["score"], data["score"]);
        assert_eq!(
            data["result"]["liveness_score"],
            data["liveness"]["liveness_score"]
        );
        assert_eq!(data["liveness"]["min_score"], 0.65);
        assert_eq!(data["result"]["passed"], true);
        assert_eq!(data["compare_min_score"], 0.85);
    });
}

#[test]
fn a_picture_has_one_liveness_score_on_every_route() {
    with_server(async |server: &TestServer| {
        let request = json!({
            "os": "DESKTOP", "image": face(1, 1), "probe": face(1, 1), "gallery": [face(1, 2)], "liveness_min_score": 0.6,
        });
        let (_, wanted) = server.call(LIVENESS, &request).await;
        let wanted = &wanted["data"]["liveness_score"];
        assert!(wanted.is_f64());
        for mode in ["FAST", "ACCURATE"] {
            let mut request = request.clone();
            request["search_mode"] = json!(mode);
            let (_, live) = server.call(COMPARE_LIVE, &request).await;
            assert_eq!(&live["data"]["result"]["liveness_score"], wanted, "{mode}");
            let (_, with) = server.call(COMPARE_WITH, &request).await;
            assert_eq!(
                &with["data"]["liveness"]["result"]["liveness_score"], wanted,
                "{mode}"
            );
        }
    });
}

#[test]
fn compare_with_liveness_judges_only_who_matched() {
    with_server(async |server: &TestServer| {
        let request = |person: u32, limit: Value| json!({ "probe": face(person, 1), "gallery": [face(1, 2)], "compare_min_score": limit });
        let (status, body) = server.call(COMPARE_WITH, &request(2, json!(0.85))).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["data"]["liveness"], Value::Null);
        assert_eq!(body["data"]["comparison"]["result"]["passed"], false);
        // Without a limit liveness is always judged.
        let (_, body) = server.call(COMPARE_WITH, &request(2, Value::Null)).await;
        assert_eq!(body["data"]["comparison"]["compare_min_score"], 0.85);
        assert_eq!(body["data"]["liveness"]["min_score"], 0.6);
        let (_, body) = server.call(COMPARE_WITH, &request(1, json!(0.85))).await;
        assert_eq!(body["data"]["comparison"]["result"]["passed"], true);
        let liveness = &body["data"]["liveness"];
        assert_eq!(
            liveness["result"]["liveness_score"],
            liveness["liveness_score"]
        );
    });
}

#[test]
fn detect_answers_the_form_that_the_fields_ask_for() {
    with_server(async |server: &TestServer| {
        let (status, list) = server
            .call(
                DETECT,
                &json!({ "image": face(1, 1), "min_score": 0.8, "search_mode": "FAST" }),
            )
            .await;
        assert_eq!(
            (status, list["data"].as_array().map(Vec::len)),
            (200, Some(1)),
            "{list}"
        );
        let thumbnail = list["data"][0]["thumbnail"].as_str().unwrap();
        let jpeg =
            image::load_from_memory(&base64_simd::STANDARD.decode_to_vec(thumbnail).unwrap())
                .unwrap();
        assert_eq!((jpeg.width(), jpeg.height()), (112, 112));
        for request in [
            json!({ "image": face(1, 1), "return_landmarks": true }),
            json!({ "image": face(1, 1), "return_attributes": "false", "min_score": 0.8 }),
            json!({ "images": [face(1, 1)] }),
        ] {
            let (status, body) = server.call(DETECT, &request).await;
            assert_eq!(
                (status, &body["data"]["face_count"]),
                (200, &json!(1)),
                "{body}"
            );
            let landmarks = body["data"]["faces"][0].get("landmarks");
            assert_eq!(
                landmarks.is_some(),
                request.get("return_landmarks").is_some()
            );
        }
        let half = json!({ "image": face(1, 1), "min_score": 0.8 });
        assert_eq!(
            server.call(DETECT, &half).await,
            (409, refused("\"search_mode\" is required"))
        );
    });
}

#[test]
fn both_forms_of_detect_name_the_same_place() {
    with_server(async |server: &TestServer| {
        let (_, a) = server
            .call(
                DETECT,
                &json!({ "image": face(3, 1), "min_score": 0.8, "search_mode": "FAST" }),
            )
            .await;
        let (_, b) = server
            .call(
                DETECT,
                &json!({ "image": face(3, 1), "return_landmarks": true }),
            )
            .await;
        let number = |value: &Value| value.as_i64().expect("a whole number");
        let (edges, rectangle) = (&a["data"][0]["box"], &b["data"]["faces"][0]["bounding_box"]);
        assert_eq!(edges["left"], rectangle["x"]);
        assert_eq!(edges["top"], rectangle["y"]);
        assert_eq!(
            number(&edges["right"]),
            number(&rectangle["x"]) + number(&rectangle["width"])
        );
        assert_eq!(
            number(&edges["bottom"]),
            number(&rectangle["y"]) + number(&rectangle["height"])
        );
        let (pairs, points) = (
            &a["data"][0]["landmarks"],
            &b["data"]["faces"][0]["landmarks"],
        );
        for name in ["nose", "left_eye", "right_eye"] {
            assert_eq!(
                pairs[name],
                json!([points[name]["x"], points[name]["y"]]),
                "{name}"
            );
        }
    });
}

#[test]
fn demo_routes_are_off_by_default() {
    with_server(async |server: &TestServer| {
        for path in [
            "/v2/face-recognition/liveness/demo",
            "/v2/face-recognition/compare/demo",
            "/v2/face-recognition/detect/demo",
        ] {
            let (status, body) = server.call(path, &json!({})).await;
            assert_eq!((status, &body["code"]), (404, &json!("NotFound")), "{path}");
        }
    });
}

#[test]
fn demo_routes_need_no_token_and_answer_what_old_apps_cast() {
    with_own_server(
        |config| config.verifik.demo_routes = true,
        async |server: &TestServer| {
            let post =
                |path: &str, body: &Value| answer(server.http.post(server.url(path)).json(body));
            let (status, body) = post(
                "/v2/face-recognition/liveness/demo",
                &json!({ "os": "DESKTOP", "image": face(1, 1) }),
            )
            .await;
            assert_eq!(status, 200, "{body}");
            let data = &body["data"];
            assert!(
                data["liveness_min_score"].is_f64() && data["result"]["liveness_score"].is_f64()
            );
            assert!(data["result"]["min_score"].is_f64() && data["result"]["passed"].is_boolean());
            assert!(data["_id"].is_string());
            let request =
                json!({ "search_mode": "FAST", "gallery": [face(1, 1)], "probe": [face(1, 2)] });
            let (status, body) = post("/v2/face-recognition/compare/demo", &request).await;
            assert_eq!(status, 200, "{body}");
            // Every key of `result` is shown as a row.
            let result = body["data"]["result"].as_object().unwrap();
            assert!(result.len() == 1 && result["score"].is_f64());
            let (status, body) = post(
                "/v2/face-recognition/detect/demo",
                &json!({ "image": face(1, 1) }),
            )
            .await;
            assert_eq!((status, &body["data"]["face_count"]), (200, &json!(1)));
        },
    );
}

#[test]
fn capture_faults_refuse_where_the_settings_say_so() {
    with_own_server(
        |config| {
            config.verifik.capture.min_margin = 10_000.0;
            // No face is so far from all four edges.
            config.verifik.capture_rejects = vec![inference::CaptureFault::TooClose];
        },
        async |server: &TestServer| {
            let (status, body) = server
                .call(LIVENESS, &json!({ "os": "DESKTOP", "image": face(1, 1) }))
                .await;
            assert_eq!(status, 422);
            assert_eq!(body["code"], "ERR_LIVENESS_FACE_CLOSE_TO_BORDER");
            // Comparing asks for nothing of the kind.
            let (status, _) = server
                .call(
                    COMPARE,
                    &json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] }),
                )
                .await;
            assert_eq!(status, 200);
        },
    );
}

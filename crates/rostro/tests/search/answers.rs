//! Whole answers.

use serde_json::{Value, json};

use crate::{
    common::shared::{on_both, on_pgvector},
    harness::{Account, CROPS, DETECT, LIVE_FACE, SEARCH, VERIFY},
    pictures::face,
};

on_both! { Account<'_>, answers }

on_pgvector! { Account<'_>, answers }

/// Takes out what differs from run to run, keeping its form in sight.
fn redact(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(redact),
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), &*field) {
                    ("id" | "_id" | "client", Value::String(text)) => {
                        *field = json!(format!("[{} characters]", text.len()))
                    }
                    ("thumbnail", Value::String(text)) => {
                        assert!(text.starts_with("/9j/"), "no JPEG");
                        *field = json!("[JPEG]");
                    }
                    (
                        "create_date" | "modified_date" | "createdAt" | "updatedAt" | "dateTime",
                        Value::String(text),
                    ) => {
                        *field = json!(
                            text.chars()
                                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                                .collect::<String>()
                        );
                        if name == "dateTime" {
                            *field = json!("[date]");
                        }
                    }
                    ("collections", Value::Array(codes)) => {
                        *field = json!(format!("[{} codes]", codes.len()))
                    }
                    ("score" | "liveness_score" | "detection_score", Value::Number(number)) => {
                        let number = number.as_f64().unwrap();
                        assert!(
                            (0.0..=1.0).contains(&number)
                                && (number * 1e4 - (number * 1e4).round()).abs() < 1e-6
                        );
                        *field = json!("[score]");
                    }
                    ("box" | "landmarks" | "quality", _) => *field = json!("[figures]"),
                    _ => redact(field),
                }
            }
        }
        _ => {}
    }
}

async fn answers(account: &Account<'_>) {
    let here = account.collection().await;
    let one = account.enrol(1, &[&here]).await;
    let rows = [
        ("search", SEARCH, json!({})),
        ("crops", CROPS, json!({})),
        ("live-face", LIVE_FACE, json!({ "liveness_min_score": 1.0 })),
        ("verify", VERIFY, json!({ "id": one.id })),
        ("detect", DETECT, json!({})),
    ];
    for (name, path, more) in rows {
        let mut body = json!({ "os": "DESKTOP", "image": face(1, 2), "images": [face(1, 2)], "min_score": 0.7, "search_mode": "FAST" });
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let (status, mut answer) = account.call(path, &body).await;
        assert_eq!(status, 200, "{name}: {answer}");
        redact(&mut answer);
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_suffix => name }, {
            insta::assert_json_snapshot!("answer", answer);
        });
    }
}

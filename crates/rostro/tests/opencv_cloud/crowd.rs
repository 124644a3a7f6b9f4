//! Heads in a crowd.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{
    account::Account,
    common::with_standard,
    harness::on_both,
    pictures::{encode, five_faces, nobody, tiny_face},
};

on_both! { heads_are_counted, crowds_are_counted }

async fn heads_are_counted(account: &Account<'_>) {
    let count = async |file: Vec<u8>, confidence: Value| {
        let request = json!({ "image": encode(&file), "confidence": confidence });
        account.posted(200, "head-count", &request).await
    };
    assert_eq!(
        count(five_faces(), Value::Null).await,
        json!({ "count": 5 })
    );
    assert_eq!(count(five_faces(), json!(1)).await, json!({ "count": 5 }));
    assert_eq!(count(nobody(), Value::Null).await, json!({ "count": 0 }));
    assert_eq!(count(tiny_face(), Value::Null).await, json!({ "count": 1 }));
    // The surer, the fewer; and the same scores as those of detect.
    let faces = account
        .posted(200, "detect", &json!({ "image": encode(&five_faces()) }))
        .await;
    for confidence in [80, 85, 90, 95, 99] {
        let sure = faces.as_array().unwrap().iter().filter(|face| {
            face["detection_score"].as_f64().unwrap() * 100.0 >= f64::from(confidence)
        });
        let wanted = sure.count();
        assert_eq!(
            count(five_faces(), json!(confidence)).await,
            json!({ "count": wanted }),
            "{confidence}"
        );
    }
}

/// Group pictures of this machine's own, where there are some, with the numbers that people counted.
async fn crowds_are_counted(account: &Account<'_>) {
    if !with_standard() {
        return;
    }
    let Some(folder) = std::env::var_os("ROSTRO_FACES").map(PathBuf::from) else {
        eprintln!("SKIPPED: ROSTRO_FACES is not set");
        return;
    };
    let counts = std::fs::read_to_string(folder.join("counts.csv")).unwrap();
    for row in counts.lines().skip(1) {
        let (file, faces) = row.split_once(',').unwrap();
        let image = encode(&std::fs::read(folder.join(file)).unwrap());
        let count = account
            .posted(200, "head-count", &json!({ "image": image }))
            .await["count"]
            .as_u64()
            .unwrap();
        let faces: u64 = faces.parse().unwrap();
        assert_eq!(count, faces, "{file}");
    }
}

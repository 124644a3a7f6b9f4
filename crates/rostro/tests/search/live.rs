//! The routes that judge liveness before they search.

use serde_json::{Value, json};
use service::config::ActiveUserAnswer;

use crate::{
    common::shared::{on_both, on_pgvector},
    harness::{ACTIVE_USER, Account, LIVE_FACE, ids, with_own_server},
    pictures::{face, live_face},
};

on_both! { Account<'_>, failed_liveness, live_faces }

on_pgvector! { Account<'_>, failed_liveness, live_faces }

fn body(image: &str, liveness_min_score: Option<f64>) -> Value {
    json!({ "os": "IOS", "image": image, "min_score": 0.7, "search_mode": "FAST", "liveness_min_score": liveness_min_score })
}

/// No score is above 1, so nothing passes; whoever is enrolled is not told.
async fn failed_liveness(account: &Account<'_>) {
    account.enrol(1, &[]).await;
    for path in [LIVE_FACE, ACTIVE_USER] {
        let data = account.ask(path, &body(&face(1, 2), Some(1.0))).await;
        assert_eq!(
            (&data["persons"], &data["search"]),
            (&json!([]), &json!([])),
            "{path}"
        );
        assert_eq!(data["liveness"]["passed"], json!(false));
        assert_eq!(data["liveness"]["result"]["passed"], json!(false));
        assert_eq!(data["liveness"]["result"]["min_score"], json!(1.0));
        assert_eq!(data["liveness"]["os"], json!("IOS"));
        assert_eq!(data["liveness_score"], data["liveness"]["score"]);
    }
    // Without a limit the documented list is answered, and nobody is judged.
    let list = account.ask(ACTIVE_USER, &body(&face(1, 2), None)).await;
    assert_eq!(ids(&list).len(), 1);
    // The older form: `images`, and no `os`.
    let mut older = body("", Some(1.0));
    (older["image"], older["os"]) = (json!(null), json!(null));
    older["images"] = json!([face(1, 2)]);
    assert_eq!(
        account.ask(LIVE_FACE, &older).await["liveness"]["os"],
        json!("DESKTOP")
    );
}

async fn live_faces(account: &Account<'_>) {
    let Some(image) = live_face() else { return };
    let file = base64_simd::STANDARD.decode_to_vec(&image).unwrap();
    let one = account
        .enrol_pictures("Live", vec![file], &[])
        .await
        .id
        .to_string();
    for path in [LIVE_FACE, ACTIVE_USER] {
        let data = account.ask(path, &body(&image, Some(0.5))).await;
        assert_eq!(
            data["liveness"]["passed"],
            json!(true),
            "{path}: {}",
            data["liveness_score"]
        );
        assert_eq!(data["liveness"]["status"], json!("success"));
        assert_eq!(ids(&data["persons"]), [one.as_str()], "{path}");
        assert_eq!(data["persons"], data["search"]);
    }
}

#[test]
fn the_settings_choose_the_shape_of_active_users() {
    for shape in [ActiveUserAnswer::Object, ActiveUserAnswer::List] {
        with_own_server(
            |config| config.verifik.search_active_user = shape,
            async |account: &Account<'_>| {
                for least in [None, Some(0.5)] {
                    let data = account.ask(ACTIVE_USER, &body(&face(1, 2), least)).await;
                    assert_eq!(data.is_array(), shape == ActiveUserAnswer::List);
                    assert_eq!(
                        data["liveness"].is_object(),
                        shape == ActiveUserAnswer::Object
                    );
                }
            },
        );
    }
}

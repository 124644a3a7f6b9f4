//! What the contract says of each field, and its conformance rows.

use serde_json::{Value, json};

use crate::{
    common::shared::{on_both, on_pgvector},
    harness::{ACTIVE_USER, Account, CROPS, DETECT, LIVE_FACE, SEARCH, VERIFY, ids},
    pictures::{encode, face, nobody},
};

on_both! { Account<'_>, fields, conformance, max_results, several_pictures, crops, verify, detect, missing }

on_pgvector! { Account<'_>, fields, conformance, max_results, several_pictures, crops, verify, detect, missing }

/// A good body for every route.
fn good() -> Value {
    json!({ "os": "DESKTOP", "image": face(1, 2), "images": [face(1, 2)], "min_score": 0.7, "search_mode": "FAST",
            "liveness_min_score": 0.5, "id": "68defec6a9a7b4933d5652f3" })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = good();
    body[field] = value;
    body
}

async fn fields(account: &Account<'_>) {
    let all = [SEARCH, CROPS, LIVE_FACE, ACTIVE_USER, VERIFY];
    let sets = [SEARCH, CROPS, VERIFY];
    let singles = [LIVE_FACE, ACTIVE_USER];
    let half = [CROPS, LIVE_FACE, ACTIVE_USER, VERIFY];
    let rows: Vec<(&[&str], &str, Value, &str)> = vec![
        (&all, "min_score", json!(null), "\"min_score\" is required"),
        (
            &all,
            "min_score",
            json!(1.01),
            "\"min_score\" must be less than or equal to 1",
        ),
        (
            &all,
            "min_score",
            json!("high"),
            "\"min_score\" must be a number",
        ),
        (
            &half,
            "min_score",
            json!(0.2),
            "\"min_score\" must be greater than or equal to 0.5",
        ),
        (
            &[SEARCH],
            "min_score",
            json!(0.19),
            "\"min_score\" must be greater than or equal to 0.2",
        ),
        (
            &all,
            "search_mode",
            json!(null),
            "\"search_mode\" is required",
        ),
        (
            &all,
            "search_mode",
            json!("fast"),
            "\"search_mode\" must be one of [FAST, ACCURATE]",
        ),
        (
            &sets,
            "images",
            json!([]),
            "\"images\" does not contain 1 required value(s)",
        ),
        (&singles, "os", json!(null), "\"os\" is required"),
        (
            &singles,
            "os",
            json!("BEOS"),
            "\"os\" must be one of [DESKTOP, IOS, ANDROID]",
        ),
        (
            &singles,
            "liveness_min_score",
            json!(0.4),
            "\"liveness_min_score\" must be greater than or equal to 0.5",
        ),
        (
            &[LIVE_FACE],
            "liveness_min_score",
            json!(null),
            "\"liveness_min_score\" is required",
        ),
        (
            &[SEARCH, CROPS],
            "max_results",
            json!(0),
            "\"max_results\" must be greater than or equal to 1",
        ),
        (
            &[SEARCH, CROPS],
            "max_results",
            json!(101),
            "\"max_results\" must be less than or equal to 100",
        ),
        (
            &[SEARCH, CROPS],
            "images",
            json!(vec![face(1, 1); 4]),
            "\"images\" must contain less than or equal to 3 items",
        ),
        (&[VERIFY], "id", json!(null), "\"id\" is required"),
    ];
    for (paths, field, value, message) in rows {
        for path in paths {
            let (status, body) = account.call(path, &with(field, value.clone())).await;
            let wanted = json!({ "message": message, "code": "MissingParameter" });
            assert_eq!((status, body), (409, wanted), "{path} {field} {value}");
        }
    }
    for path in all {
        let mut body = good();
        (body["images"], body["image"]) = (json!(null), json!(null));
        let (status, body) = account.call(path, &body).await;
        let field = if singles.contains(&path) {
            "image"
        } else {
            "images"
        };
        assert_eq!(
            (status, &body["message"]),
            (409, &json!(format!("\"{field}\" is required"))),
            "{path}"
        );
        let mut short = with("images", json!(["abc"]));
        short["image"] = json!("abc");
        let (status, body) = account.call(path, &short).await;
        assert_eq!(
            (status, &body["message"]),
            (412, &json!("only_images_in_base64")),
            "{path}"
        );
    }
}

async fn conformance(account: &Account<'_>) {
    let here = account.collection().await;
    let one = account.enrol(1, &[&here]).await.id.to_string();
    account.enrol(2, &[]).await;
    // Another picture of the person finds the person, numbers may be strings, and 0.2 is a limit.
    for (min_score, mode) in [(json!(0.7), "FAST"), (json!("0.7"), "ACCURATE")] {
        let mut body = with("min_score", min_score);
        body["search_mode"] = json!(mode);
        assert_eq!(
            ids(&account.ask(SEARCH, &body).await),
            [one.as_str()],
            "{mode}"
        );
    }
    assert_eq!(
        account.call(SEARCH, &with("min_score", json!(0.2))).await.0,
        200
    );
    // Unknown face.
    assert_eq!(
        account
            .ask(SEARCH, &with("images", json!([face(3, 1)])))
            .await,
        json!([])
    );
    // `image` is as good as `images`.
    let mut single = good();
    single["images"] = json!(null);
    assert_eq!(ids(&account.ask(SEARCH, &single).await), [one.as_str()]);
    // Code and id.
    let by_code = account
        .ask(SEARCH, &with("collection_id", json!(here.code.to_string())))
        .await;
    let by_id = account
        .ask(SEARCH, &with("collection_id", json!(here.id.to_string())))
        .await;
    assert_eq!(ids(&by_code), [one.as_str()]);
    assert_eq!(by_code, by_id);
    // An empty collection.
    let empty = account.collection().await;
    assert_eq!(
        account
            .ask(
                SEARCH,
                &with("collection_id", json!(empty.code.to_string()))
            )
            .await,
        json!([])
    );
    // No face.
    let (status, body) = account
        .call(SEARCH, &with("images", json!([encode(&nobody())])))
        .await;
    assert_eq!(
        (status, &body["code"]),
        (422, &json!("ERR_NO_FACE_DETECTED"))
    );
}

async fn max_results(account: &Account<'_>) {
    for _ in 0..12 {
        account.enrol(1, &[]).await;
    }
    for (asked, wanted) in [(json!(null), 10), (json!(3), 3), (json!("100"), 12)] {
        let found = account.ask(SEARCH, &with("max_results", asked)).await;
        assert_eq!(ids(&found).len(), wanted);
    }
    let found = account.ask(SEARCH, &with("max_results", json!(100))).await;
    let scores: Vec<f64> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["score"].as_f64().unwrap())
        .collect();
    assert!(
        scores.is_sorted_by(|a, b| a >= b)
            && scores.iter().all(|score| (0.7..=1.0).contains(score))
    );
}

async fn several_pictures(account: &Account<'_>) {
    let one = account
        .enrol_pictures(
            "both",
            vec![
                crate::pictures::face_file(1, 1),
                crate::pictures::face_file(1, 2),
            ],
            &[],
        )
        .await;
    let body = with("images", json!([face(1, 2), face(1, 3)]));
    assert_eq!(
        ids(&account.ask(SEARCH, &body).await),
        [one.id.to_string()],
        "once, by the likest face"
    );
}

async fn crops(account: &Account<'_>) {
    let one = account.enrol(1, &[]).await;
    // The enrolled thumbnail itself is an aligned crop, in which a detector need not find a face.
    let body = with("images", json!([encode(&one.faces[0].thumbnail)]));
    let found = account.ask(CROPS, &body).await;
    assert_eq!(ids(&found), [one.id.to_string()]);
    // A larger picture is taken too.
    assert_eq!(
        ids(&account.ask(CROPS, &good()).await),
        [one.id.to_string()]
    );
}

async fn verify(account: &Account<'_>) {
    let (here, there) = (account.collection().await, account.collection().await);
    let (one, two) = (
        account.enrol(1, &[&here]).await,
        account.enrol(2, &[]).await,
    );
    let claim = |id: &str, collection: Option<String>| {
        let mut body = with("id", json!(id));
        body["collection_id"] = json!(collection);
        body
    };
    let id = one.id.to_string();
    let matched = account.ask(VERIFY, &claim(&id, None)).await;
    assert_eq!(matched["match"]["id"], json!(id));
    assert!(matched["match"]["score"].as_f64().unwrap() >= 0.7);
    assert_eq!(
        account.ask(VERIFY, &claim(&two.id.to_string(), None)).await,
        json!({ "match": null })
    );
    let inside = account
        .ask(VERIFY, &claim(&id, Some(here.id.to_string())))
        .await;
    assert_eq!(inside["match"]["id"], json!(id));
    let outside = account
        .ask(VERIFY, &claim(&id, Some(there.code.to_string())))
        .await;
    assert_eq!(
        outside,
        json!({ "match": null }),
        "not in the collection that was asked about"
    );
}

async fn detect(account: &Account<'_>) {
    let here = account.collection().await;
    let one = account.enrol(1, &[&here]).await;
    let mut body = good();
    body["image"] = json!(encode(&crate::pictures::five_faces()));
    let faces = account.ask(DETECT, &body).await;
    let faces = faces.as_array().unwrap();
    assert_eq!(faces.len(), 5);
    // Composite 1 is twice in the row; nobody else is enrolled.
    let known = faces
        .iter()
        .filter(|face| ids(&face["persons"]) == [one.id.to_string()])
        .count();
    let unknown = faces
        .iter()
        .filter(|face| face["persons"] == json!([]))
        .count();
    assert_eq!((known, unknown), (2, 3));
    body["collection_id"] = json!(account.collection().await.code.to_string());
    let faces = account.ask(DETECT, &body).await;
    assert!(
        faces
            .as_array()
            .unwrap()
            .iter()
            .all(|face| face["persons"] == json!([]))
    );
}

async fn missing(account: &Account<'_>) {
    let foreign = Account::new(account.server).await;
    let (theirs, their_person) = (foreign.collection().await, foreign.enrol(1, &[]).await);
    let gone = json!({ "message": "invalid_collection", "code": "ERROR" });
    for collection in [
        theirs.id.to_string(),
        theirs.code.to_string(),
        "ffffffffffffffffffffffff".to_owned(),
        "nonsense".to_owned(),
    ] {
        for path in [SEARCH, CROPS, LIVE_FACE, ACTIVE_USER, VERIFY, DETECT] {
            let answer = account
                .call(path, &with("collection_id", json!(collection)))
                .await;
            assert_eq!(answer, (404, gone.clone()), "{path} {collection}");
        }
    }
    let nobody = json!({ "message": "person_not_found", "code": "NotFound" });
    for id in [
        their_person.id.to_string(),
        "ffffffffffffffffffffffff".to_owned(),
        "nonsense".to_owned(),
    ] {
        assert_eq!(
            account.call(VERIFY, &with("id", json!(id))).await,
            (404, nobody.clone()),
            "{id}"
        );
    }
    // Foreign persons are never found.
    assert_eq!(account.ask(SEARCH, &good()).await, json!([]));
}

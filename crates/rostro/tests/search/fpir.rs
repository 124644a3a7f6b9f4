//! A rate of false positives in place of a least score, and what every answer of a search says of its threshold.

use serde_json::{Value, json};

use crate::{
    common::{
        answer,
        figures::{Figures, are_documented, searched},
        shared::{on_both, on_pgvector},
    },
    harness::{ACTIVE_USER, Account, CROPS, DETECT, LIVE_FACE, SEARCH, VERIFY, ids},
    pictures::face,
};

const PERSONS_LIKE: &str = "/v2/face-recognition/persons/project-type/login";
const COLLECTIONS_LIKE: &str = "/v2/face-recognition/collections/project-type/login";

/// The searches that take `max_fpir`.
const SEARCHES: [&str; 5] = [SEARCH, CROPS, LIVE_FACE, ACTIVE_USER, DETECT];

on_both! {
    Account<'_>,
    every_search_takes_a_rate,
    the_threshold_rises_with_the_gallery,
    the_stricter_of_both_counts,
    faces_are_counted_and_only_those_that_are_searched,
    rates_that_are_none,
    lists_by_face_take_a_rate,
    what_is_no_search_has_no_figures,
    the_document_says_so,
}

on_pgvector! {
    Account<'_>,
    every_search_takes_a_rate,
    the_threshold_rises_with_the_gallery,
    the_stricter_of_both_counts,
    faces_are_counted_and_only_those_that_are_searched,
    rates_that_are_none,
    lists_by_face_take_a_rate,
    what_is_no_search_has_no_figures,
    the_document_says_so,
}

/// A body for every search, without a limit.
fn body(extra: Value) -> Value {
    let mut body = json!({
        "os": "DESKTOP", "image": face(1, 2), "images": [face(1, 2)], "search_mode": "FAST", "liveness_min_score": 0.5,
    });
    let extra = extra.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(extra);
    body
}

async fn figures(account: &Account<'_>, path: &str, extra: Value) -> Figures {
    searched(account.request(path, &body(extra))).await.1
}

async fn every_search_takes_a_rate(account: &Account<'_>) {
    let one = account.enrol(1, &[]).await.id.to_string();
    account.enrol(2, &[]).await;
    account.enrol(3, &[]).await;
    for path in SEARCHES {
        let (answer, figures) =
            searched(account.request(path, &body(json!({ "max_fpir": 0.001 })))).await;
        assert_eq!(figures.faces, 3, "{path}");
        // A step of the score is less than this.
        assert!(
            (0.000_97..=0.001).contains(&figures.fpir),
            "{path} {figures:?}"
        );
        // Between the anchors of 1e-3 and 1e-4.
        assert!(
            (0.67..0.75).contains(&figures.min_score),
            "{path} {figures:?}"
        );
        let data = &answer["data"];
        if path == SEARCH || path == CROPS {
            assert_eq!(ids(data), [one.as_str()], "{path}");
        }
        // The same threshold, asked for, means the same.
        let fixed = json!({ "min_score": figures.min_score, "max_fpir": null });
        let (same, told) = searched(account.request(path, &body(fixed))).await;
        assert_eq!(told, figures, "{path}");
        if path == SEARCH || path == CROPS {
            assert_eq!(&same["data"], data, "{path}");
        }
    }
}

async fn the_threshold_rises_with_the_gallery(account: &Account<'_>) {
    let (mut last, rate) = (0.0, json!({ "max_fpir": "0.01" }));
    // Nobody enrolled: nobody can be found by mistake.
    let nobody = figures(account, SEARCH, rate.clone()).await;
    assert_eq!((nobody.faces, nobody.fpir, nobody.min_score), (0, 0.0, 0.2));
    for faces in 1..=4 {
        account.enrol(1, &[]).await;
        let told = figures(account, SEARCH, rate.clone()).await;
        assert_eq!(told.faces, faces);
        assert!(told.min_score > last, "{told:?} after {last}");
        assert!((0.0097..=0.01).contains(&told.fpir), "{told:?}");
        last = told.min_score;
    }
}

async fn the_stricter_of_both_counts(account: &Account<'_>) {
    account.enrol(1, &[]).await;
    let rate = figures(account, SEARCH, json!({ "max_fpir": 0.001 })).await;
    let low = json!({ "max_fpir": 0.001, "min_score": 0.3 });
    assert_eq!(figures(account, SEARCH, low).await, rate);
    let high = json!({ "max_fpir": 0.001, "min_score": 0.9 });
    assert_eq!(figures(account, SEARCH, high).await.min_score, 0.9);
    // No score is lower than the contract allows to ask for.
    let lax = json!({ "max_fpir": 0.999 });
    assert_eq!(figures(account, SEARCH, lax.clone()).await.min_score, 0.2);
    assert_eq!(figures(account, CROPS, lax).await.min_score, 0.5);
    // A rate that no threshold has: only identical templates are left.
    let strictest = figures(account, SEARCH, json!({ "max_fpir": 1e-300 })).await;
    assert_eq!(strictest.min_score, 1.0);
}

async fn faces_are_counted_and_only_those_that_are_searched(account: &Account<'_>) {
    let (here, there) = (account.collection().await, account.collection().await);
    let pictures = vec![
        crate::pictures::face_file(1, 1),
        crate::pictures::face_file(1, 2),
    ];
    account
        .enrol_pictures("both", pictures, &[&here, &there])
        .await;
    account.enrol(2, &[&here]).await;
    account.enrol(3, &[]).await;
    let foreign = Account::new(account.server).await;
    foreign.enrol(1, &[]).await;
    let faces = async |collection: Option<String>| {
        let body = json!({ "min_score": 0.7, "collection_id": collection });
        figures(account, SEARCH, body).await.faces
    };
    assert_eq!(faces(None).await, 4, "two of one person, once each");
    assert_eq!(faces(Some(here.id.to_string())).await, 3);
    assert_eq!(faces(Some(there.code.to_string())).await, 2);
}

async fn rates_that_are_none(account: &Account<'_>) {
    for path in SEARCHES {
        for (rate, told) in [
            (json!(0), "must be greater than 0"),
            (json!(-0.1), "must be greater than 0"),
            (json!(1), "must be less than 1"),
            (json!("1.5"), "must be less than 1"),
            (json!("often"), "must be a number"),
            (json!("NaN"), "must be a number"),
            (json!([0.1]), "must be a number"),
        ] {
            for min_score in [json!(null), json!(0.8)] {
                let body = body(json!({ "max_fpir": rate, "min_score": min_score }));
                let refused = account.call(path, &body).await;
                let message = format!("\"max_fpir\" {told}");
                let wanted = json!({ "message": message, "code": "MissingParameter" });
                assert_eq!(refused, (409, wanted), "{path} {rate}");
            }
        }
        // A limit is needed, and the contract's is told.
        let (status, told) = account.call(path, &body(json!({ "max_fpir": null }))).await;
        assert_eq!(
            (status, &told["message"]),
            (409, &json!("\"min_score\" is required")),
            "{path}"
        );
    }
    let (status, told) = account
        .call(PERSONS_LIKE, &body(json!({ "maxFpir": 1 })))
        .await;
    assert_eq!(
        (status, &told["message"]),
        (409, &json!("\"maxFpir\" must be less than 1"))
    );
}

async fn lists_by_face_take_a_rate(account: &Account<'_>) {
    let here = account.collection().await;
    let one = account.enrol(1, &[&here]).await.id.to_string();
    for (path, id) in [
        (PERSONS_LIKE, one.as_str()),
        (COLLECTIONS_LIKE, &*here.id.to_string()),
    ] {
        let ask = async |limits: Value| {
            let mut body = json!({ "image": face(1, 2) });
            body.as_object_mut()
                .unwrap()
                .extend(limits.as_object().unwrap().clone());
            searched(account.request(path, &body)).await
        };
        let (found, told) = ask(json!({ "maxFpir": 0.001 })).await;
        assert_eq!(found["data"][0]["_id"], id, "{path}");
        assert!((0.000_97..=0.001).contains(&told.fpir), "{path} {told:?}");
        assert_eq!(ask(json!({})).await.1.min_score, 0.8, "{path}");
    }
}

async fn what_is_no_search_has_no_figures(account: &Account<'_>) {
    let one = account.enrol(1, &[]).await.id.to_string();
    let claim = body(json!({ "id": one, "min_score": 0.7 }));
    let report = json!({ "image": face(1, 2), "return_landmarks": true });
    let refused = body(json!({ "min_score": 0.7, "images": ["abc"] }));
    for (path, body) in [(VERIFY, claim), (DETECT, report), (SEARCH, refused)] {
        let response = account.request(path, &body).send().await.unwrap();
        assert_eq!(Figures::of(response.headers()), None, "{path}");
    }
}

async fn the_document_says_so(account: &Account<'_>) {
    let request = account.server.http.get(account.server.url("/openapi.json"));
    let (_, document) = answer(request).await;
    are_documented(&document, &SEARCHES, "max_fpir");
    let lists = [
        "/v2/face-recognition/persons/project-type/{type}",
        "/v2/face-recognition/collections/project-type/{type}",
    ];
    are_documented(&document, &lists, "maxFpir");
}

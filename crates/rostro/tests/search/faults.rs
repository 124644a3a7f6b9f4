//! Parts that are away, and persons that go while they are looked for.

use serde_json::{Value, json};
use service::config::{SearchEngine, Secret};

use crate::{
    common::{
        answer,
        database::{Kind, TestDatabase},
        shared::{RUNTIME, on_both, on_pgvector},
    },
    harness::{
        ACTIVE_USER, Account, CROPS, DETECT, LIVE_FACE, SEARCH, VERIFY, ids, with_own_server,
    },
    pictures::face,
};

on_both! { Account<'_>, deleted_while_searched, health_and_metrics }

on_pgvector! { Account<'_>, deleted_while_searched }

fn good(id: &str) -> Value {
    json!({ "os": "DESKTOP", "image": face(1, 2), "images": [face(1, 2)], "min_score": 0.7, "search_mode": "FAST",
            "liveness_min_score": 0.5, "id": id })
}

#[test]
fn without_the_database_searches_say_when_to_try_again_and_liveness_goes_on() {
    with_own_server(|_| (), without_the_database);
}

#[test]
fn so_they_do_where_the_database_searches() {
    let database = RUNTIME.block_on(TestDatabase::create(Kind::Pgvector));
    let Some(database) = database else { return };
    let change = |config: &mut service::Config| {
        config.database.url = Secret::new(&database.url);
        config.search.engine = SearchEngine::Pgvector;
        config.search.templates_in_the_clear = true;
    };
    with_own_server(change, without_the_database);
    RUNTIME.block_on(database.drop());
}

async fn without_the_database(account: &Account<'_>) {
    let id = account.enrol(1, &[]).await.id.to_string();
    assert_eq!(account.call(SEARCH, &good(&id)).await.0, 200);
    account.server.app().store.close().await;
    for path in [SEARCH, CROPS, VERIFY, DETECT] {
        let request = account.request(path, &good(&id));
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 503, "{path}");
        assert!(response.headers().contains_key("retry-after"), "{path}");
        let body: Value = response.json().await.unwrap();
        let wanted = json!({ "message": "database_unavailable", "code": "ServiceUnavailable" });
        assert_eq!(body, wanted, "{path}");
    }
    // With a collection the first question to the database is an earlier one.
    let mut body = good(&id);
    body["collection_id"] = json!("ffffffffffffffffffffffff");
    for path in [SEARCH, LIVE_FACE, ACTIVE_USER] {
        assert_eq!(account.call(path, &body).await.0, 503, "{path}");
    }
    let (status, _) = account
        .call("/v2/face-recognition/liveness", &good(&id))
        .await;
    assert_eq!(status, 200);
    let pair = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] });
    assert_eq!(
        account.call("/v2/face-recognition/compare", &pair).await.0,
        200
    );
}

async fn deleted_while_searched(account: &Account<'_>) {
    let stays = account.enrol(1, &[]).await.id.to_string();
    let app = account.server.app();
    for _ in 0..4 {
        let goes = account.enrol(1, &[]).await.id;
        let deletion = async {
            let deleted = app
                .store
                .delete_person(account.client.id, goes)
                .await
                .unwrap();
            app.gallery.reached(deleted.revision).await.unwrap();
        };
        let body = good(&stays);
        let ((first, second), ()) = tokio::join!(
            async { tokio::join!(account.ask(SEARCH, &body), account.ask(SEARCH, &body)) },
            deletion
        );
        for found in [first, second] {
            assert!(ids(&found).contains(&stays), "{found}");
        }
        assert_eq!(ids(&account.ask(SEARCH, &body).await), [stays.as_str()]);
        let (status, _) = account.call(VERIFY, &good(&goes.to_string())).await;
        assert_eq!(status, 404);
    }
}

async fn health_and_metrics(account: &Account<'_>) {
    account.enrol(1, &[]).await;
    let server = account.server;
    let (status, body) = answer(server.http.get(server.url("/readyz"))).await;
    assert_eq!(
        (status, &body["search"]["status"]),
        (200, &json!("ok")),
        "{body}"
    );
    assert!(body["search"]["rows"].as_u64().unwrap() >= 1);
    assert!(body["search"]["revision"].as_i64().unwrap() >= 1);
    let metrics = server
        .http
        .get(server.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for name in ["ready", "rows", "indexes", "graphs", "revision", "lag"] {
        let line = format!("\nrostro_search_{name} ");
        assert!(metrics.contains(&line), "{name} is not there");
    }
}

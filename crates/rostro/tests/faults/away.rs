//! Postgres goes away under a running server, suddenly or without a word: stateful routes say when to try again, liveness and
//! comparison go on, and everything works again without a restart.

use std::time::{Duration, Instant};

use serde_json::json;
use service::config::Secret;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use crate::{
    client::Client,
    common::{
        TestServer,
        database::{Kind, TestDatabase},
    },
    pictures::face,
    proxy::{Line, Proxy},
};

/// The address of `database` through a proxy of its own; nothing when the server is not reached by TCP.
async fn through_proxy(database: &TestDatabase) -> Option<(Proxy, String)> {
    let options: PgConnectOptions = database.url.parse().unwrap();
    if options.get_socket().is_some() || options.get_host().starts_with('/') {
        eprintln!("SKIPPED: ROSTRO_TEST_POSTGRES_URL does not lead through TCP");
        return None;
    }
    let proxy = Proxy::to((options.get_host().to_owned(), options.get_port())).await;
    let near = options.host("127.0.0.1").port(proxy.port).to_url_lossy();
    // The driver leaves this part out.
    let tail = database.url.split_once("options=")?.1;
    Some((proxy, format!("{near}&options={tail}")))
}

async fn assert_stateful_calls_say_when_to_try_again(client: &Client, known: &str) {
    let search = json!({ "images": [face(1, 2)], "min_score": 0.8, "search_mode": "FAST" });
    let verify =
        json!({ "id": known, "images": [face(1, 2)], "min_score": 0.8, "search_mode": "FAST" });
    for told in [
        client.enrol("Late", 2).await,
        client.post("search", &search).await,
        client.post("verify", &verify).await,
        client.get("persons").await,
        client.get(&format!("persons/{known}")).await,
        client.get("collections").await,
        client.post("collections", &json!({ "name": "late" })).await,
    ] {
        told.assert_unavailable("database_unavailable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_and_comes_back() {
    let Some(database) = TestDatabase::create(Kind::Postgres).await else {
        return;
    };
    let Some((proxy, url)) = through_proxy(&database).await else {
        return;
    };
    let change = |config: &mut service::Config| config.database.url = Secret::new(url);
    let Some(server) = TestServer::start_with(change).await else {
        return;
    };
    let client = Client::of(&server);
    let known = client.enrol("Early", 1).await.data();
    let known = known["_id"].as_str().unwrap();
    assert_eq!(client.found(1).await, ["Early"]);
    for line in [Line::Closed, Line::Dead] {
        proxy.set(line);
        client.assert_stateless_calls_go_on().await;
        assert_stateful_calls_say_when_to_try_again(&client, known).await;
        client.assert_stateless_calls_go_on().await;
        proxy.set(Line::Open);
        let back = Instant::now();
        while client.search(1).await.status != 200 {
            assert!(back.elapsed() < Duration::from_secs(120), "it stays away");
        }
        assert_eq!(
            client.found(1).await,
            ["Early"],
            "what was refused is not there"
        );
        assert_eq!(client.found(2).await, [""; 0]);
    }
    client.enrol("Late", 2).await.data();
    assert_eq!(client.found(2).await, ["Late"]);
    server.stop().await;
    database.drop().await;
}

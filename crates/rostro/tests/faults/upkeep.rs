//! What a server deletes by itself.

use std::time::{Duration, Instant};

use crate::{client::Client, common::database::Kind, raw, with_server};

async fn old_changes(kind: Kind) {
    let keep = |config: &mut service::Config| config.database.keep_changes = Duration::from_secs(1);
    with_server(kind, keep, async |server| {
        let (client, url) = (Client::of(server), raw::address(server));
        client.enrol("Ana", 1).await.data();
        let since = Instant::now();
        while raw::count(&url, "changes").await > 0 {
            assert!(since.elapsed() < Duration::from_secs(120), "they stay");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Searches have seen them, and go on seeing what comes.
        assert_eq!(client.found(1).await, ["Ana"]);
        client.enrol("Ben", 2).await.data();
        assert_eq!(client.found(2).await, ["Ben"]);
        assert_eq!(
            server.app().gallery.status().loaded,
            0,
            "nothing was read anew"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    old_changes(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    old_changes(Kind::Postgres).await;
}

//! The searches of a node cannot follow the database: a write does not wait for them for ever.

use std::time::Duration;

use crate::{client::Client, common::database::Kind, raw, with_server};

/// A change that no version of this program can read.
const DAMAGE: &str = "
    BEGIN;
    UPDATE revision SET last = last + 1;
    INSERT INTO changes (revision, transaction_end, kind, client_id, committed_at)
        SELECT last, last, 'person_removed', 'damaged', 0 FROM revision;
    COMMIT";

async fn behind(kind: Kind) {
    let hasty =
        |config: &mut service::Config| config.search.visible_within = Duration::from_secs(1);
    with_server(kind, hasty, async |server| {
        let (client, url) = (Client::of(server), raw::address(server));
        client.enrol("Early", 1).await.data();
        raw::run(&url, DAMAGE).await;
        let refused = client.enrol("Late", 2).await;
        refused.assert_unavailable("search_behind");
        // It is durable, and not to be found yet.
        assert_eq!(client.everybody().await, ["Early", "Late"]);
        assert_eq!(client.found(2).await, [""; 0]);
        let stale = client.search(1).await;
        let seen: i64 = stale.revision.as_deref().unwrap().parse().unwrap();
        let wanted = server.app().store.revision().await.unwrap();
        assert_eq!(
            seen + 2,
            wanted.number(),
            "an answer does not say more than it saw"
        );
        assert_eq!(
            crate::client::names(&stale.data()),
            ["Early"],
            "searches go on"
        );
        // But for who insists on more.
        let fresh = client.since(&wanted.to_string());
        let refused = fresh.search(1).await;
        refused.assert_unavailable("search_behind");
        fresh.assert_stateless_calls_go_on().await;
        raw::run(&url, "DELETE FROM changes WHERE client_id = 'damaged'").await;
        let app = server.app();
        let newest = app.store.revision().await.unwrap();
        let mut tries = 0..100;
        while app.gallery.reached(newest).await.is_err() {
            assert!(tries.next().is_some(), "it never gets there");
        }
        assert_eq!(fresh.found(2).await, ["Late"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    behind(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    behind(Kind::Postgres).await;
}

//! Two nodes on one Postgres: what was written through one is seen through the other, by who asks for the revision of the write.

use service::config::Secret;

use crate::{
    client::Client,
    common::{
        TestServer,
        database::{Kind, TestDatabase},
    },
};

const ROUNDS: u32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_through_one_node_is_seen_through_the_other() {
    let Some(database) = TestDatabase::create(Kind::Postgres).await else {
        return;
    };
    let node = || {
        TestServer::start_with(|config| {
            config.database.url = Secret::new(&database.url);
            // Nodes of one installation know each other's tokens, and open what the other sealed.
            config.auth.secret = Secret::new("a secret of thirty-two characters");
            config.encryption.master_key = Secret::new("5e".repeat(32));
        })
    };
    // Both at once: one of them finds the migrations under way.
    let (Some(one), Some(other)) = tokio::join!(node(), node()) else {
        return;
    };
    let (near, far) = (Client::of(&one), Client::new(&other.base, &one.token));
    for round in 0..ROUNDS {
        let enrolled = near.enrol("Ada", 1).await;
        let since = enrolled.revision.clone().unwrap();
        let found = far.since(&since).search(1).await;
        let seen: i64 = found.revision.as_deref().unwrap().parse().unwrap();
        assert!(seen >= since.parse().unwrap(), "round {round}");
        assert_eq!(
            crate::client::names(&found.data()),
            ["Ada"],
            "round {round}"
        );
        let id = enrolled.data()["_id"].as_str().unwrap().to_owned();
        let deleted = near.delete(&id).await;
        let since = deleted.revision.clone().unwrap();
        deleted.data();
        let found = far.since(&since).found(1).await;
        assert_eq!(found, [""; 0], "round {round}");
    }
    for wrong in ["", "-1", "soon"] {
        assert_eq!(far.since(wrong).search(1).await.status, 400, "{wrong:?}");
    }
    one.stop().await;
    other.stop().await;
    database.drop().await;
}

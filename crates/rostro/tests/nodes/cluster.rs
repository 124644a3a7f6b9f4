//! Several nodes on one database.

use std::{net::TcpListener, sync::Arc, time::Duration};

use gallery::Held;
use service::config::{Hold, Secret};
use store::{Catalog, NewCollection};

use crate::common::{
    TestServer,
    database::{Kind, TestDatabase},
};

pub(crate) const SECRET: &str = "a secret of thirty-two characters";
pub(crate) const MASTER_KEY: &str =
    "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A node that holds this, or, with `None`, one by itself, which holds all; `None` when this machine has no models.
pub(crate) async fn node(database: &TestDatabase, hold: Option<&str>) -> Option<TestServer> {
    let port = free_port();
    TestServer::start_with(|config| {
        config.database.url = Secret::new(&database.url);
        config.database.max_connections = 5;
        // Nodes of one installation know each other's tokens, and open what the other sealed.
        config.auth.secret = Secret::new(SECRET);
        config.encryption.master_key = Secret::new(MASTER_KEY);
        if let Some(hold) = hold {
            config.server.listen = ([127, 0, 0, 1], port).into();
            config.server.advertise = format!("http://127.0.0.1:{port}");
            config.search.hold = Hold::try_from(hold.to_owned()).unwrap();
            // A busy machine must not part them.
            config.search.node_timeout = Duration::from_secs(60);
            config.search.take_over_after = Duration::from_secs(60);
        }
    })
    .await
}

/// Runs `test` with nodes that hold these.
pub(crate) async fn with_nodes<const N: usize>(
    holds: [Option<&str>; N],
    test: impl AsyncFnOnce(&[TestServer]),
) {
    let Some(database) = TestDatabase::create(Kind::Postgres).await else {
        return;
    };
    let mut nodes = Vec::new();
    for hold in holds {
        let Some(node) = node(&database, hold).await else {
            return;
        };
        nodes.push(node);
    }
    let sharing = holds.iter().flatten().count();
    all_serve(&nodes[0].app().store, sharing).await;
    test(&nodes).await;
    for node in nodes {
        node.stop().await;
    }
    database.drop().await;
}

/// Waits until so many nodes serve what their settings say, each of them.
pub(crate) async fn all_serve(store: &Arc<dyn Catalog>, count: usize) {
    let mut tries = 0..600;
    loop {
        let nodes = store.nodes().await.unwrap();
        let ready = nodes.iter().filter(|node| {
            let hold = Hold::try_from(node.said.hold.clone()).unwrap().held();
            node.said.serves.parse::<Held>() == Ok(hold) && node.age < Duration::from_secs(3)
        });
        if ready.count() == count {
            return;
        }
        assert!(tries.next().is_some(), "they never serve: {nodes:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// New collections of the account, by code, whose names are `C0`, `C1`, ...
pub(crate) async fn collections(server: &TestServer, count: usize) -> Vec<store::Collection> {
    let mut made = Vec::new();
    for number in 0..count {
        let new = NewCollection {
            name: format!("C{number}"),
            ..NewCollection::default()
        };
        let store = &server.app().store;
        made.push(
            store
                .create_collection(server.account.id, new)
                .await
                .unwrap(),
        );
    }
    made
}

/// A name for each number below 26: of letters, for digits are dropped from names.
pub(crate) fn name(number: usize) -> String {
    format!("P{}", char::from(b'a' + number as u8))
}

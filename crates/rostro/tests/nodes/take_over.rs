//! A node dies: what it held is refused, then others answer, never wrongly; and it comes back.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use service::{Config, config::Secret};

use rostro::server::open_store;
use serde_json::json;
use store::Catalog;

use crate::{
    client::{Client, names},
    cluster::{MASTER_KEY, SECRET, all_serve, free_port, name},
    common::database::{Kind, TestDatabase},
    pictures::face,
    process::Process,
};

/// Enough that each of three nodes surely has some.
const COLLECTIONS: usize = 12;

struct Home {
    folder: tempfile::TempDir,
    port: u16,
    hold: String,
}

impl Home {
    fn new(hold: &str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            hold: hold.to_owned(),
        }
    }

    async fn start(&self, url: &str) -> Option<Process> {
        let (listen, advertise) = (
            format!("127.0.0.1:{}", self.port),
            format!("http://127.0.0.1:{}", self.port),
        );
        let settings = [
            ("ROSTRO_SERVER__LISTEN", listen.as_str()),
            ("ROSTRO_SERVER__ADVERTISE", &advertise),
            ("ROSTRO_SEARCH__HOLD", &self.hold),
            ("ROSTRO_SEARCH__NODE_TIMEOUT", "2s"),
            ("ROSTRO_SEARCH__TAKE_OVER_AFTER", "4s"),
            ("ROSTRO_DATABASE__URL", url),
            ("ROSTRO_DATABASE__MAX_CONNECTIONS", "5"),
            ("ROSTRO_AUTH__SECRET", SECRET),
            ("ROSTRO_ENCRYPTION__MASTER_KEY", MASTER_KEY),
        ];
        Process::start_with(self.folder.path(), &settings).await
    }
}

/// The same database as a command opens it.
async fn catalog(url: &str) -> Arc<dyn Catalog> {
    let mut config = Config::defaults().unwrap();
    config.database.url = Secret::new(url);
    config.encryption.master_key = Secret::new(MASTER_KEY);
    open_store(&config).await.unwrap()
}

/// What a search in each collection, and in the whole account, says: the names, or nothing where it is refused for now. Anything else is
/// a failure.
async fn look(client: &Client, codes: &[String]) -> Vec<bool> {
    let mut answered = Vec::new();
    for (number, code) in codes.iter().map(Some).chain([None]).enumerate() {
        let mut body = json!({ "images": [face(1, 2)], "min_score": 0.8, "search_mode": "FAST", "max_results": 100 });
        let wanted: BTreeSet<String> = match code {
            Some(code) => {
                body["collection_id"] = code.as_str().into();
                [name(number)].into()
            }
            None => (0..codes.len()).map(name).collect(),
        };
        let told = client.post("search", &body).await;
        match told.status {
            200 => {
                let found: BTreeSet<String> = names(&told.data()).into_iter().collect();
                assert_eq!(found, wanted, "an answer is whole and right, or none");
                answered.push(true);
            }
            _ => {
                told.assert_unavailable("search_not_held");
                answered.push(false);
            }
        }
    }
    answered
}

/// Looks until all is answered; how often something was refused meanwhile.
async fn until_whole(client: &Client, codes: &[String]) -> usize {
    let (begun, mut refused) = (Instant::now(), 0);
    loop {
        let answered = look(client, codes).await;
        if answered.iter().all(|yes| *yes) {
            return refused;
        }
        refused += answered.iter().filter(|yes| !**yes).count();
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "never whole again: {answered:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collections_of_a_dead_node_are_taken_over_and_given_back() {
    let Some(database) = TestDatabase::create(Kind::Postgres).await else {
        return;
    };
    let homes = ["1/3", "2/3", "3/3"].map(Home::new);
    let mut nodes = Vec::new();
    for home in &homes {
        let Some(node) = home.start(&database.url).await else {
            return;
        };
        nodes.push(node);
    }
    let catalog = catalog(&database.url).await;
    all_serve(&catalog, 3).await;
    let mut codes = Vec::new();
    for number in 0..COLLECTIONS {
        let made = nodes[0]
            .client
            .post("collections", &json!({ "name": format!("C{number}") }))
            .await
            .data();
        codes.push(made["code"].as_str().unwrap().to_owned());
        let body =
            json!({ "name": name(number), "images": [face(1, 1)], "collections": [codes[number]] });
        nodes[number % 3].client.post("persons", &body).await.data();
    }
    assert_eq!(until_whole(&nodes[0].client, &codes).await, 0);
    // All the time, somebody looks through a node that lives.
    let done = Arc::new(AtomicBool::new(false));
    let watching = {
        let (client, codes, done) = (nodes[1].client.again(), codes.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let mut rounds = 0;
            while !done.load(Ordering::Relaxed) {
                look(&client, &codes).await;
                rounds += 1;
            }
            rounds
        })
    };
    // Dropping is SIGKILL.
    drop(nodes.pop());
    let refused = until_whole(&nodes[0].client, &codes).await;
    assert!(refused > 0, "nobody had what it held");
    let taken: usize = serving(&catalog).await;
    assert_eq!(taken, 1024, "two nodes hold all");
    nodes.push(homes[2].start(&database.url).await.unwrap());
    all_serve(&catalog, 3).await;
    for node in &nodes {
        until_whole(&node.client, &codes).await;
    }
    done.store(true, Ordering::Relaxed);
    assert!(watching.await.unwrap() > 0);
    // Stopped in order, it is not asked any more at once.
    let last = nodes.pop().unwrap();
    last.signal("TERM");
    assert!(last.ended_well());
    until_whole(&nodes[0].client, &codes).await;
    drop(nodes);
    catalog.close().await;
    database.drop().await;
}

/// Parts that nodes which are alive serve.
async fn serving(catalog: &Arc<dyn Catalog>) -> usize {
    let nodes = catalog.nodes().await.unwrap();
    let alive = nodes
        .iter()
        .filter(|node| node.age < Duration::from_secs(2));
    alive
        .map(|node| node.said.serves.parse::<gallery::Held>().unwrap().parts())
        .sum()
}

#[test]
fn settings_that_cannot_be_are_refused_at_start() {
    let home = tempfile::tempdir().unwrap();
    let rows = [
        (
            vec![("ROSTRO_SEARCH__HOLD", "1/3")],
            "search.hold must be \"all\" with SQLite",
        ),
        (
            vec![
                ("ROSTRO_SEARCH__HOLD", "1/3"),
                ("ROSTRO_DATABASE__URL", "postgres://nobody@localhost/x"),
            ],
            "server.advertise must be set",
        ),
        (vec![("ROSTRO_SEARCH__HOLD", "4/3")], "\"4/3\" is no range"),
        (
            vec![("ROSTRO_SERVER__ADVERTISE", "10.0.0.2:8080")],
            "server.advertise must be empty, or an address",
        ),
        (
            vec![("ROSTRO_SEARCH__TAKE_OVER_AFTER", "1s")],
            "search.take_over_after must not be shorter",
        ),
    ];
    for (settings, wanted) in rows {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rostro"));
        command
            .arg("config")
            .current_dir(home.path())
            .envs(settings);
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && told.contains(wanted),
            "{wanted}: {told}"
        );
    }
}

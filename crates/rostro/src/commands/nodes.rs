//! `rostro nodes`.

use anyhow::Result;
use gallery::{Held, PARTS};
use store::Node;

use super::{print, table::table};
use crate::server::open_store;
use service::Config;

/// Lists the nodes that divide the search among themselves. Needs the database alone.
pub(super) async fn run(settings: Config) -> Result<()> {
    let store = open_store(&settings).await?;
    let nodes = store.nodes().await;
    store.close().await;
    let head = ["ADDRESS", "HOLD", "SERVES", "LAST SIGN OF LIFE", "STATE"].map(str::to_owned);
    let timeout = settings.search.node_timeout;
    let rows = nodes?.into_iter().map(|node| {
        let state = if node.age < timeout {
            "alive"
        } else {
            "silent"
        };
        let age = format!("{:.1} s ago", node.age.as_secs_f64());
        let serves = serves(&node);
        [
            node.said.address,
            node.said.hold,
            serves,
            age,
            state.to_owned(),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    print(&table(&rows));
    Ok(())
}

fn serves(node: &Node) -> String {
    match node.said.serves.parse::<Held>() {
        Ok(held) if held.is_all() => "all".to_owned(),
        Ok(held) => {
            let collections = held.collections();
            let parts = format!("{} of {PARTS} parts", held.parts());
            match collections {
                0 => parts,
                _ => format!("{parts}, {collections} collections"),
            }
        }
        Err(_) => "?".to_owned(),
    }
}

//! Signs of life.

use std::time::{Duration, Instant};

use gallery::Gallery;
use store::Catalog;

use super::{Nodes, view::Me};

/// How often one is given, where nodes are not to be given up sooner than usual.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(nodes: &Nodes, store: &dyn Catalog, gallery: &Gallery) {
    let pause = PAUSE.min(nodes.node_timeout / 5);
    // Since when the database has been there all the time: silence of others means nothing while nobody could speak.
    let mut since: Option<Instant> = None;
    let mut healthy = true;
    loop {
        let serves = gallery.held();
        match store.beat(nodes.said(&serves)).await {
            Ok(others) => {
                nodes.learn(others);
                healthy = true;
                let begun = *since.get_or_insert_with(Instant::now);
                let me = Me {
                    address: &nodes.address,
                    hold: &nodes.hold,
                    serves: &serves,
                    settled: begun.elapsed() >= nodes.take_over_after,
                    take_over_after: nodes.take_over_after,
                };
                gallery.hold(nodes.view().target(&me));
            }
            Err(error) => {
                // Once per outage.
                if healthy {
                    tracing::warn!(%error, "the other nodes cannot be told of this one");
                }
                (healthy, since) = (false, None);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

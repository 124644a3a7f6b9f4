//! A fast search: candidates of the graph, rows that it does not know yet, one score for all.

use super::Graph;
use super::options::MAX_EF;
use crate::exact::ExactIndex;
use crate::quantise::Probe;
use crate::top::BestGroups;
use crate::{Hit, Search};

/// What a fast search found.
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// Whether an exact search could add anything but what the graph missed: false when the candidates of the graph were too few groups, and
    /// the last of them still within `min_cosine`.
    pub(crate) complete: bool,
}

/// Candidates to keep in view for `limit` groups when some points are dead; `None` when that is too many for a graph.
pub(crate) fn view(ef: usize, limit: usize, points: usize, dead: usize) -> Option<usize> {
    // A group has several rows: look for more of them than groups are wanted.
    let wanted = ef.max(limit.checked_mul(3)?);
    let live = points.saturating_sub(dead).max(1);
    let view = wanted.checked_mul(points.max(1))?.div_ceil(live);
    (view <= MAX_EF).then_some(view)
}

/// Searches graph, unreachable and fresh rows with `ef` candidates in view.
pub(crate) fn search(
    exact: &ExactIndex,
    graph: &Graph,
    probe: &Probe,
    search: Search,
    ef: usize,
) -> Found {
    // In this order: rows linked or replaced meanwhile are then met at least once.
    let linked = graph.linked();
    let candidates = graph.nearest(&graph.plane(probe.components()), ef);
    let chunks = exact.rows.chunks();
    let mut best = BestGroups::new(search.limit, search.min_cosine);
    let members = candidates.iter().map(|candidate| candidate.member);
    for member in members.chain(graph.unreachable()) {
        if let Some(hit) = exact.rows.hit(&chunks, member.slot, member.stamp, probe) {
            best.offer(hit);
        }
    }
    let mut best = [best];
    exact.rows.scan(&chunks, [probe], linked, None, &mut best);
    let [best] = best;
    let all = candidates.len() >= graph.points();
    let reached = candidates
        .last()
        .is_none_or(|last| last.rough < search.min_cosine - 0.02);
    Found {
        complete: all || reached || best.len() >= search.limit,
        hits: best.into_hits(),
    }
}

#[cfg(test)]
mod tests {
    use super::view;

    #[test]
    fn the_view_grows_with_the_limit_and_the_dead() {
        assert_eq!(view(64, 10, 1000, 0), Some(64));
        assert_eq!(view(64, 100, 1000, 0), Some(300));
        assert_eq!(view(64, 1, 1000, 200), Some(80));
        assert_eq!(view(64, 1000, 10_000, 0), None);
        assert_eq!(view(64, usize::MAX, 10, 0), None);
        assert_eq!(view(64, 1, 0, 0), Some(64));
        assert_eq!(view(64, 1, 10, 10), Some(640));
    }
}

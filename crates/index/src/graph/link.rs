//! Linking a point: Malkov and Yashunin (2016), algorithms 1 and 4.
//!
//! Several threads may link points of one graph: a thread holds the turn of one list at a time, so none waits for another in a
//! circle. What such threads may cost is a link that one of them did not see, which `Graph::ensure_reachable` makes good.

use super::Graph;
use super::points::{Id, Points};
use super::walk::{Near, Walk};

impl Graph {
    /// Links the point `id`, which has been added but not linked.
    pub(super) fn link(&self, points: &Points, walk: &mut Walk, id: Id) {
        let plane = points.plane(id);
        let level = points.level(id);
        let Some(entry) = self.entry_or(id) else {
            return; // the first point: nothing to link to
        };
        let top = points.level(entry);
        let Some(start) = walk.approach(points, plane, entry, level) else {
            return;
        };
        let mut starts = vec![start];
        for layer in (0..=level.min(top)).rev() {
            let mut near =
                walk.explore(points, plane, &starts, layer, self.options.ef_construction);
            near.retain(|near| near.id != id);
            let chosen = selected(points, &near, self.options.connections);
            self.link_to(points, id, layer, &chosen);
            for neighbour in &chosen {
                self.link_back(points, neighbour.id, id, neighbour.similarity, layer);
            }
            starts = near;
        }
        self.raise_entry(points, id, level);
    }

    /// Links out of a point. Another thread may have linked back from it already: its links stay.
    fn link_to(&self, points: &Points, id: Id, layer: usize, chosen: &[Near]) {
        let Some(list) = points.links(id, layer) else {
            return;
        };
        let _turn = self.turn(id);
        let mut known = Vec::new();
        list.read(&mut known);
        let new = chosen.iter().map(|near| near.id);
        let new: Vec<Id> = new.filter(|id| !known.contains(id)).collect();
        list.write(known.into_iter().chain(new));
    }

    /// Adds `id` to the links of `from`; `choice` says which links a full list has from then on.
    fn add_link(
        &self,
        points: &Points,
        (from, layer): (Id, usize),
        id: Id,
        choice: impl FnOnce(Vec<Id>) -> Vec<Id>,
    ) {
        let Some(list) = points.links(from, layer) else {
            return;
        };
        let _turn = self.turn(from);
        let mut links = Vec::new();
        list.read(&mut links);
        if !links.contains(&id) && !list.push(id) {
            list.write(choice(links));
        }
    }

    /// Links back to `id` from a point that it links to.
    fn link_back(&self, points: &Points, from: Id, id: Id, similarity: i32, layer: usize) {
        self.add_link(points, (from, layer), id, |links| {
            // A choice costs the similarities of all pairs: leave room, so that the next links cost nothing.
            let keep = links.len() * 4 / 5;
            let plane = points.plane(from);
            let near = links.into_iter().filter_map(|id| {
                let similarity = points.similarity(plane, id)?;
                Some(Near { similarity, id })
            });
            let mut near: Vec<Near> = near.collect();
            near.push(Near { similarity, id });
            near.sort_unstable_by(|a, b| b.cmp(a));
            let chosen = selected(points, &near, keep.max(1));
            chosen.into_iter().map(|near| near.id).collect()
        });
    }

    /// Links a point that searches miss from its nearest points again, in place of their farthest link.
    pub(super) fn link_harder(&self, points: &Points, walk: &mut Walk, id: Id) {
        let view = self.options.ef_construction;
        let near = walk.search(points, points.plane(id), self.entry(), view);
        let near = near.iter().filter(|near| near.id != id);
        let near: Vec<Near> = near.take(self.options.connections).copied().collect();
        self.link_to(points, id, 0, &near);
        for Near { id: from, .. } in near {
            self.add_link(points, (from, 0), id, |mut links| {
                let plane = points.plane(from);
                links.sort_by_cached_key(|id| points.similarity(plane, *id));
                if let Some(farthest) = links.first_mut() {
                    *farthest = id;
                }
                links
            });
        }
    }
}

/// Up to `count` of some points, nearest first: those that are nearer to the centre than to any chosen before, so that links
/// lead in all directions, then the nearest of the others.
fn selected(points: &Points, near: &[Near], count: usize) -> Vec<Near> {
    let mut chosen: Vec<Near> = Vec::with_capacity(count);
    let mut others = Vec::new();
    for candidate in near {
        if chosen.len() == count {
            break;
        }
        let plane = points.plane(candidate.id);
        let apart = chosen.iter().all(|known| {
            let similarity = points.similarity(plane, known.id);
            similarity.is_none_or(|similarity| similarity < candidate.similarity)
        });
        if apart {
            chosen.push(*candidate);
        } else {
            others.push(*candidate);
        }
    }
    let free = count.saturating_sub(chosen.len());
    chosen.extend(others.into_iter().take(free));
    chosen
}

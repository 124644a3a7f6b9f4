//! One HNSW graph over the rows of an index (`hnsw_rs`), and what keeps its faults from searches.
//!
//! * It cannot forget: a point remembers the stamp of the row it was linked for, and a candidate whose row has another stamp by
//!   now is dropped. The rebuild at 20 % dead points is `build`'s.
//! * It only proposes rows; scores come from the rows themselves.
//! * Its filtered search turns off early termination, and may return nothing when the entry point is filtered out:
//!   searches are unfiltered.
//! * Insertion from several threads can lose points, and two such insertions can wait for each other for ever (each
//!   holds its own neighbour list for reading while it writes the other's): one thread links. Searches
//!   take one list at a time and cannot be part of such a circle.
//! * Old links are dropped by distance alone, so that even with one thread a point can become unreachable: every linked point
//!   is probed, linked again when missed, and kept in a list for the scan when missed again.
//! * It panics on NaN and on negative distances: distances are whole numbers from 0 up, and every call is under
//!   `catch_unwind`. A graph that panicked is not used again.
//! * Its dumps are never read or written, and no option that would end the process gets through `GraphOptions::check`.

pub(crate) mod build;
pub(crate) mod options;
pub(crate) mod recall;
pub(crate) mod search;
mod turns;

use crate::kernels::{Kernel, Line};
use crate::rows::Slot;
use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use options::GraphOptions;
use parking_lot::RwLock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Layers at most: what `hnsw_rs` allows.
const LAYERS: usize = 16;
/// Candidates in view when a fresh point is probed.
const PROBE_EF: usize = 48;

/// A panic was caught inside the graph.
#[derive(Debug)]
pub(crate) struct Broken;

/// The row that a point was linked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) slot: Slot,
    pub(crate) stamp: u64,
}

/// A constant minus the dot product: sorts like the angle, and is a whole number from 0 up.
struct Dissimilarity {
    kernel: Kernel,
    /// Above the dot product of any row with itself.
    offset: i32,
}

impl Distance<Line> for Dissimilarity {
    fn eval(&self, a: &[Line], b: &[Line]) -> f32 {
        (self.offset - self.kernel.dot(a, b)).max(0) as f32
    }
}

/// A candidate of a search.
pub(crate) struct Candidate {
    pub(crate) member: Member,
    /// Cosine as the graph sees it, within some 0.01.
    pub(crate) rough: f32,
}

/// A graph that knows every row with a stamp below [`Graph::linked`].
pub(crate) struct Graph {
    hnsw: Hnsw<'static, Line, Dissimilarity>,
    /// Steps in 1.0 of the plane that points are stored in.
    steps: f32,
    members: RwLock<Vec<Member>>,
    unreachable: RwLock<Vec<Member>>,
    linked: AtomicU64,
    relinked: AtomicU64,
    ef: AtomicUsize,
    broken: AtomicBool,
}

impl Graph {
    /// An empty graph for about `rows` rows whose components stay, nearly all, within `peak`.
    pub(crate) fn new(options: &GraphOptions, rows: usize, peak: f32) -> Self {
        let steps = 127.0 / peak.clamp(1e-3, 1.0);
        let distance = Dissimilarity {
            kernel: Kernel::detect(),
            // Rounding makes a row at most a few per cent longer than `steps`.
            offset: (steps * steps * 1.1) as i32 + 1,
        };
        Self {
            hnsw: Hnsw::new(
                options.connections,
                rows,
                LAYERS,
                options.ef_construction,
                distance,
            ),
            steps,
            members: RwLock::new(Vec::with_capacity(rows)),
            unreachable: RwLock::new(Vec::new()),
            linked: AtomicU64::new(0),
            relinked: AtomicU64::new(0),
            ef: AtomicUsize::new(options.ef.unwrap_or(PROBE_EF)),
            broken: AtomicBool::new(false),
        }
    }

    /// Components as this graph stores them.
    pub(crate) fn plane(&self, components: impl Iterator<Item = f32>) -> Vec<Line> {
        crate::quantise::single_plane(components, self.steps)
    }

    /// Rows with a stamp below this one are in the graph, or in [`Graph::unreachable`].
    pub(crate) fn linked(&self) -> u64 {
        self.linked.load(Ordering::Acquire)
    }

    pub(crate) fn set_linked(&self, stamp: u64) {
        self.linked.store(stamp, Ordering::Release);
    }

    /// Points, those of removed rows among them.
    pub(crate) fn points(&self) -> usize {
        self.members.read().len()
    }

    pub(crate) fn unreachable(&self) -> Vec<Member> {
        self.unreachable.read().clone()
    }

    pub(crate) fn unreachable_count(&self) -> usize {
        self.unreachable.read().len()
    }

    pub(crate) fn relinked(&self) -> u64 {
        self.relinked.load(Ordering::Relaxed)
    }

    pub(crate) fn ef(&self) -> usize {
        self.ef.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ef(&self, ef: usize) {
        self.ef.store(ef, Ordering::Relaxed);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Takes the graph out of use; the next build replaces it.
    pub(crate) fn give_up(&self) {
        self.broken.store(true, Ordering::Release);
    }

    fn guarded<T>(&self, call: impl FnOnce() -> T) -> Result<T, Broken> {
        if self.is_broken() {
            return Err(Broken);
        }
        // Nothing of ours is left half-done by a panic in the library, and the graph is not used again.
        catch_unwind(AssertUnwindSafe(call)).map_err(|_| {
            self.give_up();
            Broken
        })
    }

    /// Adds a point. One thread at a time (see above).
    fn link(&self, member: Member, plane: &[Line]) -> Result<(), Broken> {
        let id = {
            let mut members = self.members.write();
            members.push(member);
            members.len() - 1
        };
        self.guarded(|| self.hnsw.insert((plane, id)))
    }

    /// Up to `ef` points near a plane, nearest first. Rows may come twice, and removed ones come too.
    pub(crate) fn nearest(&self, plane: &[Line], ef: usize) -> Result<Vec<Candidate>, Broken> {
        let found = self.guarded(|| self.hnsw.search(plane, ef, ef))?;
        let offset = self.hnsw.get_distance().offset as f32;
        let members = self.members.read();
        Ok(found
            .iter()
            .filter_map(|neighbour| {
                members.get(neighbour.d_id).map(|member| Candidate {
                    member: *member,
                    rough: (offset - neighbour.distance) / (self.steps * self.steps),
                })
            })
            .collect())
    }

    /// Whether a search for a row's own plane meets the row.
    fn reaches(&self, member: Member, plane: &[Line]) -> Result<bool, Broken> {
        let found = self.nearest(plane, PROBE_EF)?;
        let own =
            self.hnsw.get_distance().kernel.dot(plane, plane) as f32 / (self.steps * self.steps);
        // Among more copies of one vector than fit the view, each is as good as the other.
        let crowded = found.len() >= PROBE_EF && found.iter().all(|near| near.rough >= own - 1e-4);
        Ok(crowded || found.iter().any(|near| near.member == member))
    }

    /// Probes a linked row; links it again when it is missed, and leaves it to the scan when that does not help.
    fn ensure_reachable(&self, member: Member, plane: &[Line]) -> Result<(), Broken> {
        if self.reaches(member, plane)? {
            return Ok(());
        }
        self.relinked.fetch_add(1, Ordering::Relaxed);
        self.link(member, plane)?;
        if !self.reaches(member, plane)? {
            self.unreachable.write().push(member);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let graph = Graph::new(&GraphOptions::default(), 10, 0.5);
        for slot in 0..10 {
            let plane = graph.plane((0..64).map(|i| if i == slot { 1.0 } else { 0.0 }));
            let member = Member {
                slot: slot as Slot,
                stamp: 1,
            };
            graph.link(member, &plane).unwrap();
        }
        graph
    }

    #[test]
    fn a_panic_inside_takes_the_graph_out_of_use() {
        let graph = graph();
        let plane = graph.plane((0..64).map(|i| if i == 3 { 1.0 } else { 0.0 }));
        assert_eq!(graph.nearest(&plane, 5).unwrap()[0].member.slot, 3);
        assert!(graph.guarded(|| panic!("as hnsw_rs does")).is_err() && graph.is_broken());
        assert!(graph.nearest(&plane, 5).is_err());
        assert!(graph.link(Member { slot: 11, stamp: 1 }, &plane).is_err());
    }

    #[test]
    fn a_row_that_is_not_met_is_linked_again_and_then_left_to_the_scan() {
        let graph = graph();
        let plane = graph.plane((0..64).map(|i| if i == 3 { 1.0 } else { 0.0 }));
        // Never linked: the probe misses it, and linking it helps.
        let lost = Member { slot: 77, stamp: 5 };
        graph.ensure_reachable(lost, &plane).unwrap();
        assert_eq!((graph.relinked(), graph.unreachable_count()), (1, 0));
        assert!(
            graph
                .nearest(&plane, 5)
                .unwrap()
                .iter()
                .any(|near| near.member == lost)
        );
        graph.ensure_reachable(lost, &plane).unwrap();
        assert_eq!(graph.relinked(), 1);
    }
}

//! Fast searches by sketches: all sketches are read, and the rows whose sketches differ least are scored.

use crate::exact::ExactIndex;
use crate::graph::build::{CHECK_PROBES, few_changes};
use crate::graph::recall::{Sample, wanted};
use crate::quantise::Probe;
use crate::stats::Recall;
use crate::top::BestGroups;
use crate::{Hit, Options, Search};
use parking_lot::Mutex;

/// Rows that are scored. Chance puts 1 stranger in 1000 before a picture of the person, among a million.
const VIEW: usize = 1024;
/// Most groups that so many rows are good for.
const LARGEST_LIMIT: usize = 128;

/// What was measured of sketch scans of one index, and when.
struct Measured {
    recall: Recall,
    stamp: u64,
}

/// Whether and how an index is searched by sketches.
pub(crate) struct SketchScan {
    threshold: usize,
    target_recall: f32,
    measured: Mutex<Option<Measured>>,
}

impl SketchScan {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            threshold: options.sketch_threshold,
            target_recall: options.target_recall,
            measured: Mutex::new(None),
        }
    }

    /// The measured recall if sketches should be used.
    pub(crate) fn recall(&self, exact: &ExactIndex) -> Option<Recall> {
        if exact.rows.len() < self.threshold {
            return None;
        }
        let measured = self.measured.lock();
        let recall = measured.as_ref()?.recall;
        (recall.at_1 >= self.target_recall).then_some(recall)
    }

    /// The answer by sketches; `None` when they are not fit for this search.
    pub(crate) fn search(
        &self,
        exact: &ExactIndex,
        probe: &Probe,
        wanted: Search,
    ) -> Option<Vec<Hit>> {
        (wanted.limit <= LARGEST_LIMIT && self.recall(exact).is_some())
            .then(|| scan(exact, probe, wanted))
    }

    /// Measures the recall of sketch scans if there are rows enough and many have changed since the last time.
    pub(crate) fn measure(&self, exact: &ExactIndex) {
        let (rows, stamp) = (exact.rows.len(), exact.rows.next_stamp());
        if rows < self.threshold {
            return;
        }
        let last = self.measured.lock().as_ref().map(|last| last.stamp);
        if last.is_some_and(|last| stamp.saturating_sub(last) < few_changes(rows)) {
            return;
        }
        let sample = Sample::new(exact, CHECK_PROBES, stamp);
        let recall = sample.recall_of(|probe| scan(exact, probe, wanted()));
        let used = recall.at_1 >= self.target_recall;
        tracing::info!(rows, recall_at_1 = recall.at_1, used, "sketches measured");
        *self.measured.lock() = Some(Measured { recall, stamp });
    }
}

fn scan(exact: &ExactIndex, probe: &Probe, wanted: Search) -> Vec<Hit> {
    let mut best = BestGroups::new(wanted.limit, wanted.min_cosine);
    exact.rows.sketch_scan(probe, VIEW, &mut best);
    best.into_hits()
}

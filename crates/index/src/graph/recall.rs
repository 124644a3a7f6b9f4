//! Fast answers against exact ones, with disturbed copies of stored rows as probes.

use super::options::MAX_EF;
use super::{Graph, search};
use crate::exact::ExactIndex;
use crate::quantise::Probe;
use crate::rows::chunk::NO_STAMP;
use crate::stats::Recall;
use crate::{Hit, Mode, Search};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The values of `ef` that calibration tries, in order.
const LADDER: [usize; 10] = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768];
/// Groups compared per probe.
const DEPTH: usize = 10;

/// Probes with their exact answers.
pub(crate) struct Sample {
    probes: Vec<Probe>,
    answers: Vec<Vec<Hit>>,
}

impl Sample {
    /// Up to `count` probes: stored rows mixed with noise to a cosine of 0.45..0.8 with themselves, like
    /// two pictures of one person (genuine pairs have a mean of about 0.6).
    pub(crate) fn new(exact: &ExactIndex, count: usize, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let chunks = exact.rows.chunks();
        let mut probes = Vec::with_capacity(count);
        // Removed rows are drawn too: some draws are lost, never all for ever.
        for _ in 0..count * 4 {
            if probes.len() == count || chunks.is_empty() {
                break;
            }
            let cell = &chunks[random.random_range(0..chunks.len())];
            let row: Option<Vec<f32>> = {
                let chunk = cell.chunk.read();
                let offset = random.random_range(0..chunk.len().max(1));
                (chunk.stamp(offset) != NO_STAMP).then(|| chunk.components(offset).collect())
            };
            let Some(row) = row else { continue };
            let row = &row[..exact.rows.dimension()];
            let disturbed = disturbed(row, random.random_range(0.45..0.8), &mut random);
            probes.extend(exact.rows.probe(&disturbed).ok());
        }
        let answers = exact.scan(&probes, wanted());
        Self { probes, answers }
    }

    /// Compares a graph's answers, with `ef` candidates in view, to the exact ones.
    pub(crate) fn recall(&self, exact: &ExactIndex, graph: &Graph, ef: usize) -> Recall {
        self.recall_of(|probe| search::search(exact, graph, probe, wanted(), ef).hits)
    }

    /// Compares the answers of any search to the exact ones.
    pub(crate) fn recall_of(&self, search: impl Fn(&Probe) -> Vec<Hit>) -> Recall {
        let (mut first, mut found, mut all) = (0, 0, 0);
        for (probe, answer) in self.probes.iter().zip(&self.answers) {
            let fast = search(probe);
            // A tie is no miss, and a better row enrolled meanwhile neither.
            let as_good =
                |hit: &Hit, i: usize| answer.get(i).is_none_or(|best| hit.cosine >= best.cosine);
            first +=
                usize::from(answer.is_empty() || fast.first().is_some_and(|hit| as_good(hit, 0)));
            all += answer.len();
            found += answer
                .iter()
                .filter(|best| fast.iter().any(|hit| hit.group == best.group))
                .count();
        }
        let share = |part: usize, whole: usize| {
            if whole == 0 {
                1.0
            } else {
                part as f32 / whole as f32
            }
        };
        Recall {
            at_1: share(first, self.probes.len()),
            at_10: share(found, all),
            probes: self.probes.len(),
        }
    }

    /// Sets the graph's `ef` to the smallest that reaches `target` for the best group, and answers its recall; the
    /// recall is below the target when none does.
    pub(crate) fn calibrate(
        &self,
        exact: &ExactIndex,
        graph: &Graph,
        fixed: Option<usize>,
        target: f32,
    ) -> Recall {
        if let Some(ef) = fixed {
            graph.set_ef(ef.min(MAX_EF));
            return self.recall(exact, graph, ef.min(MAX_EF));
        }
        let mut last = Recall {
            at_1: 0.0,
            at_10: 0.0,
            probes: 0,
        };
        for ef in LADDER {
            graph.set_ef(ef);
            last = self.recall(exact, graph, ef);
            if last.at_1 >= target {
                break;
            }
        }
        last
    }
}

/// What a sample asks for.
pub(crate) fn wanted() -> Search {
    Search {
        limit: DEPTH,
        min_cosine: -1.0,
        mode: Mode::Exact,
    }
}

/// A unit vector at about `cosine` from the unit vector `row`.
fn disturbed(row: &[f32], cosine: f32, random: &mut StdRng) -> Vec<f32> {
    // Sums of uniforms are near enough to normal for a direction in many dimensions.
    let noise: Vec<f32> = row
        .iter()
        .map(|_| (0..4).map(|_| random.random_range(-1.0_f32..1.0)).sum())
        .collect();
    let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
    let scale = (1.0 - cosine * cosine).sqrt() / length(&noise);
    let mixed: Vec<f32> = row
        .iter()
        .zip(&noise)
        .map(|(x, n)| x * cosine + n * scale)
        .collect();
    let total = length(&mixed);
    mixed.iter().map(|x| x / total).collect()
}

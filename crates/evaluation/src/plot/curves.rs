//! What the plots show, small enough for the JSON report.

use inference::MatchScale;
use serde::Serialize;

use super::probit::probit;
use crate::{
    report::Threshold,
    stats::{Distribution, edge},
};

/// Bars of the score histogram.
pub(super) const BARS: usize = 50;
/// Points of the curve are at least so far apart, in standard deviations.
const STEP: f64 = 0.02;
/// Errors below which a rate is uncertain: the curve is dashed there.
const FIRM: f64 = 100.0;

/// Curves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curves {
    /// False match rate and false non-match rate at rising thresholds.
    pub det: Vec<[f64; 2]>,
    /// Below this false match rate fewer than 100 pairs are behind the curve.
    pub firm_from: f64,
    /// The scores of the table with both rates there.
    pub marks: Vec<[f64; 3]>,
    /// Shares of pairs of different people by score, in equal bars from 0 to 1.
    pub impostors: Vec<f64>,
    /// The same of pairs of one person.
    pub genuine: Vec<f64>,
}

impl Curves {
    pub(crate) fn new(
        genuine: &Distribution,
        impostors: &Distribution,
        scale: &MatchScale,
        table: &[Threshold],
    ) -> Self {
        let share = |count: u64, of: &Distribution| count as f64 / of.count().max(1) as f64;
        let mut det: Vec<[f64; 2]> = Vec::new();
        if genuine.count() > 0 && impostors.count() > 0 {
            let above = impostors.reaching().into_iter().zip(genuine.reaching());
            for (matched, accepted) in above {
                let point = [share(matched, impostors), 1.0 - share(accepted, genuine)];
                let far = |last: &[f64; 2]| {
                    last.iter()
                        .zip(&point)
                        .any(|(a, b)| (probit(*a) - probit(*b)).abs() >= STEP)
                };
                if det.last().is_none_or(far) {
                    det.push(point);
                }
            }
        }
        let bars = |of: &Distribution| {
            let mut bars = vec![0_u64; BARS];
            for (bin, count) in of
                .bins()
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
            {
                // A step's middle, so that its edge does not fall to the bar below.
                let score = scale.score((edge(bin) + 0.5e-5) as f32).value();
                let bar = ((f64::from(score) * BARS as f64) as usize).min(BARS - 1);
                if let Some(bar) = bars.get_mut(bar) {
                    *bar += count;
                }
            }
            bars.into_iter().map(|count| share(count, of)).collect()
        };
        Self {
            det,
            firm_from: FIRM / impostors.count().max(1) as f64,
            marks: table
                .iter()
                .filter_map(|at| Some([at.score, at.fmr?.rate, at.fnmr?.rate]))
                .collect(),
            impostors: bars(impostors),
            genuine: bars(genuine),
        }
    }
}

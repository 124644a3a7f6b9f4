//! Which cosine so many strangers exceed: measured where there are pairs enough, extrapolated below.

use serde::Serialize;

use crate::stats::{Distribution, Rate};

/// False match rates of the anchors.
pub(crate) const RATES: [f64; 6] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// An anchor counts as measured when at least so many impostor pairs exceed it. Doddington's rule asks for 30 errors in independent
/// trials; pairs share people, and the few highest of a public data set are often label errors.
const MEASURED: f64 = 100.0;
/// With fewer than two measured anchors, a rate that so many impostor pairs exceed may carry the extrapolation.
const FIT: f64 = 10.0;
/// Points of the extrapolation's line.
const FIT_POINTS: usize = 3;

/// One false match rate and what stands for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anchor {
    /// False match rate of one comparison.
    pub fmr: f64,
    /// The cosine.
    pub cosine: f64,
    /// 95 % interval of the cosine; `None` for an extrapolated one.
    pub interval: Option<[f64; 2]>,
    /// Impostor pairs that reach the cosine.
    pub impostors: u64,
    /// The share of same-person pairs that reach it.
    pub tar: Option<Rate>,
    /// Too few impostor pairs exceed it: it is on a straight line, in log FMR, through the last measured ones.
    pub extrapolated: bool,
}

/// A straight line: cosine by the decimal logarithm of the rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    at_one: f64,
    per_decade: f64,
}

impl Line {
    /// Least squares through points (rate, cosine), two at least.
    fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|(rate, _)| rate.log10()), mean(|(_, cosine)| *cosine));
        let both: f64 = points
            .iter()
            .map(|(rate, cosine)| (rate.log10() - x) * (cosine - y))
            .sum();
        let squares: f64 = points
            .iter()
            .map(|(rate, _)| (rate.log10() - x).powi(2))
            .sum();
        let per_decade = both / squares;
        per_decade.is_finite().then_some(Self {
            at_one: y - per_decade * x,
            per_decade,
        })
    }

    fn at(self, rate: f64) -> f64 {
        self.at_one + self.per_decade * rate.log10()
    }
}

/// What the impostors' cosines say of false match rates.
pub(crate) struct Tail<'a> {
    impostors: &'a Distribution,
    line: Option<Line>,
}

impl<'a> Tail<'a> {
    pub(crate) fn new(impostors: &'a Distribution) -> Self {
        let mut tail = Self {
            impostors,
            line: None,
        };
        let exceeded = |by: f64| -> Vec<(f64, f64)> {
            let enough = RATES.into_iter().filter(|rate| tail.expected(*rate) >= by);
            enough.map(|rate| (rate, tail.observed(rate))).collect()
        };
        let mut points = exceeded(MEASURED);
        if points.len() < 2 {
            points = exceeded(FIT);
        }
        if points.len() < 2 {
            // The median: such a line is far too steep, which errs on the safe side.
            points.insert(0, (0.5, tail.observed(0.5)));
        }
        let last = points.len().saturating_sub(FIT_POINTS);
        tail.line = points.get(last..).and_then(Line::through);
        tail
    }

    fn expected(&self, rate: f64) -> f64 {
        rate * self.impostors.count() as f64
    }

    /// The lowest cosine that at most this share of the impostor pairs reach.
    fn observed(&self, rate: f64) -> f64 {
        // A little more than exact, for rates that a double does not hold.
        self.impostors
            .reached_by((self.expected(rate) + 1e-6) as u64)
    }

    /// The cosines at [`RATES`], and whether each is extrapolated. They rise.
    pub(crate) fn cosines(&self) -> Vec<(f64, f64, bool)> {
        let mut found: Vec<(f64, f64, bool)> = Vec::new();
        for rate in RATES {
            let measured = self.expected(rate) >= MEASURED;
            let cosine = match (measured, self.line) {
                (false, Some(line)) => {
                    // Never below where the last one leads: the line may pass beneath it.
                    let led = found
                        .last()
                        .map(|(last, cosine, _)| cosine + line.per_decade * (rate / last).log10());
                    line.at(rate).max(led.unwrap_or(f64::NEG_INFINITY))
                }
                _ => self.observed(rate),
            };
            found.push((rate, cosine, !measured));
        }
        found
    }

    /// The cosine of any rate, for intervals.
    pub(crate) fn cosine(&self, rate: f64) -> f64 {
        match self.line {
            Some(line) if self.expected(rate) < FIT => line
                .at(rate)
                .max(self.observed(FIT / self.impostors.count().max(1) as f64)),
            _ => self.observed(rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cosines so that the rate r is exceeded from `0.1 - 0.05 log10 r` on: a straight line.
    fn straight(count: u32) -> Distribution {
        let mut all = Distribution::default();
        let cosine =
            |n: u32| (0.1 - 0.05 * ((f64::from(n) + 0.5) / f64::from(count)).log10()) as f32;
        all.add(&(0..count).map(cosine).collect::<Vec<_>>());
        all
    }

    #[test]
    fn a_straight_tail_is_continued_straight() {
        let all = straight(200_000);
        let tail = Tail::new(&all);
        let cosines = tail.cosines();
        for (rate, cosine, extrapolated) in &cosines {
            let truth = 0.1 - 0.05 * rate.log10();
            assert!(
                (cosine - truth).abs() < 2e-3,
                "{rate}: {cosine}, not {truth}"
            );
            assert_eq!(
                *extrapolated,
                *rate < 9e-4,
                "100 of 200,000 exceed 5e-4: {rate}"
            );
        }
        assert!((tail.cosine(1e-9) - 0.55).abs() < 5e-3);
    }

    #[test]
    fn rates_are_exact_where_measured() {
        let all = straight(200_000);
        for (rate, cosine, extrapolated) in Tail::new(&all).cosines() {
            let step = ((cosine + 1.0) * 100_000.0).round() as usize;
            let reached = all.reaching()[step];
            assert!(
                extrapolated || reached as f64 <= rate * 200_000.0 + 1e-6,
                "{rate}: {reached}"
            );
        }
    }

    #[test]
    fn few_pairs_make_a_steep_line() {
        let all = straight(100);
        let cosines = Tail::new(&all).cosines();
        assert!(cosines.iter().all(|(_, _, extrapolated)| *extrapolated));
        assert!(
            cosines.windows(2).all(|pair| pair[0].1 < pair[1].1),
            "{cosines:?}"
        );
        let empty = Distribution::default();
        assert_eq!(Tail::new(&empty).cosines().len(), RATES.len());
    }

    #[test]
    fn the_line_of_the_reference_is_met() {
        // Reference figures of the pack standard: cosines at 1e-3, 1e-4, 1e-5 and the extrapolated 1e-6.
        let line = Line::through(&[(1e-3, 0.2586), (1e-4, 0.325), (1e-5, 0.3884)]).unwrap();
        assert!((line.at(1e-6) - 0.4538).abs() < 2e-4, "{}", line.at(1e-6));
        assert!(Line::through(&[(1e-3, 0.2)]).is_none() && Line::through(&[]).is_none());
    }
}

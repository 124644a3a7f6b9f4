//! Which share of impostor pairs reaches a cosine, and back.

use packs::Calibration;

/// Half of the impostor pairs are above their mean, near enough.
const RATE_AT_MEAN: f64 = 0.5;

/// False match rates by cosine: straight lines through the calibration's anchors in the logarithm of the rate. Beyond the last anchor
/// the last line goes on, so the rate is extrapolated there.
#[derive(Debug, Clone)]
pub(crate) struct Rates(Vec<(f64, f64)>);

impl Rates {
    pub(crate) fn new(calibration: &Calibration) -> Self {
        let mean = (calibration.impostor_mean, RATE_AT_MEAN.ln());
        let anchors = calibration.anchors.iter();
        let anchors = anchors.map(|anchor| (anchor.cosine, anchor.fmr.ln()));
        // Anchors above the rate of the mean are rare, and say more than that guess.
        let mut points: Vec<_> = anchors.collect();
        if points.first().is_some_and(|first| first.1 < mean.1) {
            points.insert(0, mean);
        }
        Self(points)
    }

    /// The false match rate of a comparison in which cosines from this one on match, 0 to 1. Falls with the cosine.
    pub(crate) fn at(&self, cosine: f64) -> f64 {
        if self.0.first().is_none_or(|first| cosine < first.0) {
            return 1.0;
        }
        self.line(|pair| cosine <= pair.1.0)
            .map_or(1.0, |((x0, y0), (x1, y1))| {
                (y0 + (y1 - y0) * (cosine - x0) / (x1 - x0)).exp().min(1.0)
            })
    }

    /// The least cosine with at most this rate; minus infinity for a rate of 1.
    pub(crate) fn inverse(&self, rate: f64) -> f64 {
        if rate >= 1.0 {
            return f64::NEG_INFINITY;
        }
        let rate = rate.ln();
        match self.0.first() {
            Some(first) if rate < first.1 => self
                .line(|pair| rate >= pair.1.1)
                .map_or(f64::INFINITY, |((x0, y0), (x1, y1))| {
                    x0 + (x1 - x0) * (rate - y0) / (y1 - y0)
                }),
            Some(first) => first.0,
            None => f64::INFINITY,
        }
    }

    /// The first pair of neighbours that `holds`, or the last pair.
    fn line(&self, holds: impl Fn(&Line) -> bool) -> Option<Line> {
        let pairs = self.0.iter().copied().zip(self.0.iter().copied().skip(1));
        let mut last = None;
        for pair in pairs {
            if holds(&pair) {
                return Some(pair);
            }
            last = Some(pair);
        }
        last
    }
}

/// Two points, each a cosine and the logarithm of a rate.
type Line = ((f64, f64), (f64, f64));

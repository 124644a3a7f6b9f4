//! A distribution of cosines in steps of 1e-5: 30 million pairs in 1.6 MB, and finer than anything that is read from it.

/// Bins per unit of cosine.
const FINENESS: f64 = 100_000.0;
/// Bins of -1..=1; the last holds cosine 1 alone.
const BINS: usize = 200_001;

/// Steps of a cosine in sums.
const STEPS: f64 = (1_u64 << 40) as f64;

/// The cosine at which bin `bin` begins; `BINS` is above every cosine.
pub(crate) fn edge(bin: usize) -> f64 {
    (bin as f64 - FINENESS) / FINENESS
}

/// Cosines, counted.
#[derive(Clone)]
pub(crate) struct Distribution {
    bins: Vec<u64>,
    count: u64,
    /// In steps of 2^-40 and 2^-80: whole numbers, so that the order in which threads add up changes nothing.
    sum: i128,
    squares: i128,
}

impl Default for Distribution {
    fn default() -> Self {
        Self {
            bins: vec![0; BINS],
            count: 0,
            sum: 0,
            squares: 0,
        }
    }
}

impl Distribution {
    pub(crate) fn add(&mut self, cosines: &[f32]) {
        let (mut sum, mut squares) = (0, 0);
        for cosine in cosines {
            let cosine = f64::from(*cosine);
            // NaN and what is outside saturate into the range: no vector of length 1 gives either.
            let bin = ((cosine * FINENESS + FINENESS) as usize).min(BINS - 1);
            if let Some(count) = self.bins.get_mut(bin) {
                *count += 1;
            }
            let steps = i128::from((cosine * STEPS) as i64);
            sum += steps;
            squares += steps * steps;
        }
        self.count += cosines.len() as u64;
        self.sum += sum;
        self.squares += squares;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.bins
            .iter_mut()
            .zip(&other.bins)
            .for_each(|(to, from)| *to += from);
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// 0 when there is none.
    pub(crate) fn mean(&self) -> f64 {
        self.sum as f64 / STEPS / self.count.max(1) as f64
    }

    /// Standard deviation; 0 when there is none.
    pub(crate) fn deviation(&self) -> f64 {
        let mean = self.mean();
        (self.squares as f64 / (STEPS * STEPS) / self.count.max(1) as f64 - mean * mean)
            .max(0.0)
            .sqrt()
    }

    /// The bins, lowest first.
    pub(crate) fn bins(&self) -> &[u64] {
        &self.bins
    }

    /// For each bin how many cosines lie in it or above; one more entry, 0, at the end.
    pub(crate) fn reaching(&self) -> Vec<u64> {
        let mut counts = vec![0; BINS + 1];
        let mut total = 0;
        for (bin, count) in self.bins.iter().enumerate().rev() {
            total += count;
            if let Some(place) = counts.get_mut(bin) {
                *place = total;
            }
        }
        counts
    }

    /// The lowest step of 1e-5 that at most `most` cosines reach.
    pub(crate) fn reached_by(&self, most: u64) -> f64 {
        let mut total = 0;
        for (bin, count) in self.bins.iter().enumerate().rev() {
            total += count;
            if total > most {
                return edge(bin + 1);
            }
        }
        edge(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mean_and_deviation_are_those_of_the_values() {
        let mut all = Distribution::default();
        all.add(&[0.0, 0.5]);
        let mut more = Distribution::default();
        more.add(&[-0.5, 1.0, 1.0, -1.0]);
        all.merge(&more);
        assert_eq!(all.count(), 6);
        assert!((all.mean() - 1.0 / 6.0).abs() < 1e-12);
        assert!((all.deviation() - (3.5 / 6.0 - 1.0 / 36.0_f64).sqrt()).abs() < 1e-12);
        let empty = Distribution::default();
        assert_eq!(
            (empty.mean(), empty.deviation(), empty.reached_by(0)),
            (0.0, 0.0, -1.0)
        );
    }

    proptest! {
        #[test]
        fn steps_are_reached_by_as_many_as_they_say(values in prop::collection::vec(-1.0_f32..=1.0, 1..200), most in 0_u64..220) {
            let mut all = Distribution::default();
            all.add(&values);
            let reached = |step: f64| values.iter().filter(|value| f64::from(**value) >= step).count() as u64;
            let step = all.reached_by(most);
            prop_assert!(reached(step) <= most);
            if step > -1.0 {
                prop_assert!(reached(step - 1.0 / FINENESS) > most, "the step below would do too");
            }
            let counts = all.reaching();
            for bin in (0..BINS).step_by(997) {
                prop_assert_eq!(counts[bin], reached(edge(bin)));
            }
            prop_assert_eq!((counts[0], counts[BINS]), (values.len() as u64, 0));
        }
    }
}

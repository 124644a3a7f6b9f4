//! Sketches: a few hundred bits per row, whose differences estimate the angle between rows.
//!
//! A bit is the side of a random plane that a vector is on. Two vectors at an angle of `a` are on different sides of a share
//! `a / pi` of them (Charikar, "Similarity estimation techniques from rounding algorithms", 2002), so the rows that differ in
//! the fewest bits are the likeliest neighbours, and reading 64 bytes instead of 512 finds them. For 512 components two
//! pictures of a person (cosine 0.45) differ in 180 bits with a deviation of 11, strangers in 256 with a deviation of 11:
//! the thousand nearest of a million strangers begin at 221.
//!
//! The planes are those of a fast random rotation: signs flipped at random, then a Walsh-Hadamard transform, twice (Ailon and
//! Chazelle, 2009).

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Fewest bits of a sketch: with fewer, chance hides more neighbours than it is worth.
const FEWEST: usize = 256;

/// Makes sketches of vectors of one dimension. All sketchers of a dimension are alike.
pub(crate) struct Sketcher {
    /// The dimension, filled up to a power of two.
    size: usize,
    /// Two rows of signs for each `size` bits.
    rotations: Vec<[Vec<f32>; 2]>,
}

impl Sketcher {
    pub(crate) fn new(dimension: usize) -> Self {
        let size = dimension.next_power_of_two().max(64);
        let mut random = StdRng::seed_from_u64(dimension as u64);
        let mut signs = || -> Vec<f32> {
            (0..size)
                .map(|_| if random.random() { 1.0 } else { -1.0 })
                .collect()
        };
        let rotations = (0..FEWEST.div_ceil(size)).map(|_| [signs(), signs()]);
        Self {
            size,
            rotations: rotations.collect(),
        }
    }

    /// Words per sketch.
    pub(crate) fn words(&self) -> usize {
        self.size * self.rotations.len() / 64
    }

    /// The sketch of a vector, whose length does not matter.
    pub(crate) fn sketch(&self, vector: impl Iterator<Item = f32> + Clone) -> Vec<u64> {
        let mut words = Vec::with_capacity(self.words());
        for signs in &self.rotations {
            let mut values: Vec<f32> = vector.clone().take(self.size).collect();
            values.resize(self.size, 0.0);
            for signs in signs {
                for (value, sign) in values.iter_mut().zip(signs) {
                    *value *= sign;
                }
                transform(&mut values);
            }
            words.extend(values.chunks_exact(64).map(|part| {
                let sides = part.iter().enumerate();
                sides.fold(0, |word, (bit, value)| {
                    word | u64::from(*value > 0.0) << bit
                })
            }));
        }
        words
    }
}

/// The Walsh-Hadamard transform, without its factor.
fn transform(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

/// A row that may be near, and in how many bits it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Near<T> {
    pub(crate) bits: u32,
    pub(crate) row: T,
}

/// Keeps the rows that differ in the fewest bits.
pub(crate) struct Nearest<T> {
    keep: usize,
    cutoff: u32,
    rows: Vec<Near<T>>,
}

impl<T: Copy + Ord> Nearest<T> {
    /// Keeps the `keep` nearest (at least one).
    pub(crate) fn new(keep: usize) -> Self {
        let keep = keep.max(1);
        Self {
            keep,
            cutoff: u32::MAX,
            rows: Vec::with_capacity(2 * keep),
        }
    }

    /// Rows that differ in more bits are not kept.
    pub(crate) fn cutoff(&self) -> u32 {
        self.cutoff
    }

    pub(crate) fn offer(&mut self, bits: u32, row: T) {
        if bits > self.cutoff {
            return;
        }
        self.rows.push(Near { bits, row });
        if self.rows.len() == 2 * self.keep {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        if self.rows.len() > self.keep {
            let (_, last, _) = self.rows.select_nth_unstable(self.keep - 1);
            self.cutoff = last.bits;
            self.rows.truncate(self.keep);
        }
    }

    /// The nearest rows, nearest first.
    pub(crate) fn into_rows(mut self) -> Vec<Near<T>> {
        self.shrink();
        self.rows.sort_unstable();
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn difference(a: &[u64], b: &[u64]) -> u32 {
        a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    #[test]
    fn the_share_of_differing_bits_is_the_angle() {
        let mut random = StdRng::seed_from_u64(1);
        for dimension in [100, 128, 512] {
            let sketcher = Sketcher::new(dimension);
            let bits = 64.0 * sketcher.words() as f64;
            let mut vector = || -> Vec<f32> {
                (0..dimension)
                    .map(|_| (0..4).map(|_| random.random_range(-1.0..1.0)).sum())
                    .collect()
            };
            for weight in [0.0, 0.5, 1.0, 2.0] {
                let mut sums = (0.0, 0.0);
                for _ in 0..200 {
                    let (a, b) = (vector(), vector());
                    let mixed: Vec<f32> = a.iter().zip(&b).map(|(a, b)| weight * a + b).collect();
                    let dot = |x: &[f32], y: &[f32]| -> f64 {
                        x.iter()
                            .zip(y)
                            .map(|(x, y)| f64::from(*x) * f64::from(*y))
                            .sum()
                    };
                    let cosine = dot(&a, &mixed) / (dot(&a, &a) * dot(&mixed, &mixed)).sqrt();
                    let of = |v: &[f32]| sketcher.sketch(v.iter().copied());
                    sums.0 += f64::from(difference(&of(&a), &of(&mixed))) / bits;
                    sums.1 += cosine.acos() / std::f64::consts::PI;
                }
                assert!(
                    (sums.0 - sums.1).abs() / 200.0 < 0.01,
                    "{dimension} {weight} {sums:?}"
                );
            }
        }
    }

    #[test]
    fn length_and_padding_do_not_matter() {
        let sketcher = Sketcher::new(5);
        let vector = [0.3_f32, -0.1, 0.7, 0.0, -0.2];
        let longer = vector.iter().map(|x| x * 8.0).chain([0.0; 59]);
        let sketch = sketcher.sketch(vector.iter().copied());
        assert_eq!(sketch, sketcher.sketch(longer));
        assert_eq!(sketch.len(), sketcher.words());
        assert_eq!(
            (Sketcher::new(512).words(), Sketcher::new(128).words()),
            (8, 4)
        );
        let opposite = sketcher.sketch(vector.iter().map(|x| -x));
        assert!(difference(&sketch, &opposite) >= 256 - 8, "but for zeros");
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_of_sorting_everything(
            bits in prop::collection::vec(0_u32..50, 0..300),
            keep in 1_usize..40,
        ) {
            let mut nearest = Nearest::new(keep);
            for (row, bits) in bits.iter().enumerate() {
                nearest.offer(*bits, row);
            }
            let mut sorted: Vec<u32> = bits.clone();
            sorted.sort_unstable();
            sorted.truncate(keep);
            let kept = nearest.into_rows();
            prop_assert!(kept.iter().all(|near| bits[near.row] == near.bits));
            prop_assert_eq!(kept.iter().map(|near| near.bits).collect::<Vec<_>>(), sorted);
        }
    }
}

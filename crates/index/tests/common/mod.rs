//! Vectors for the tests.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Random directions.
pub(crate) fn unit_vectors(count: usize, dimension: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|_| {
            let vector: Vec<f32> = (0..dimension)
                .map(|_| (0..4).map(|_| random.random_range(-1.0_f32..1.0)).sum())
                .collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / length).collect()
        })
        .collect()
}

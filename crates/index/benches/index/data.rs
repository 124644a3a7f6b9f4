//! Synthetic identities, three faces each, spread like the templates of a real model.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Faces per identity.
const FACES: usize = 3;
/// Cosine of a face with its identity's centre. Two faces then have a mean cosine of 0.62 with a deviation of 0.12.
const CLOSENESS: (f32, f32) = (0.787, 0.108);

/// Enrolled rows, and probes: a further face of some of the same identities.
pub(crate) struct Faces {
    pub(crate) dimension: usize,
    rows: Vec<f32>,
    probes: Vec<f32>,
    /// Mean and deviation of the cosine of a probe with its identity's rows.
    pub(crate) genuine: (f64, f64),
}

/// Nearly normal, mean 0 and deviation 1.
fn normal(random: &mut StdRng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

fn direction(dimension: usize, random: &mut StdRng) -> Vec<f32> {
    let vector: Vec<f32> = (0..dimension).map(|_| normal(random)).collect();
    scaled(vector)
}

fn scaled(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

fn face(centre: &[f32], random: &mut StdRng) -> Vec<f32> {
    let close = (CLOSENESS.0 + CLOSENESS.1 * normal(random)).clamp(0.3, 0.98);
    let away = (1.0 - close * close).sqrt();
    let noise = direction(centre.len(), random);
    scaled(
        centre
            .iter()
            .zip(&noise)
            .map(|(c, n)| c * close + n * away)
            .collect(),
    )
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a16, b16) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a16
        .remainder()
        .iter()
        .zip(b16.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a16.zip(b16) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

impl Faces {
    pub(crate) fn new(count: usize, dimension: usize, probes: usize, seed: u64) -> Self {
        let identities = count.div_ceil(FACES);
        let every = (identities / probes).max(1);
        // A generator per identity: the same rows whatever the number of threads.
        let made: Vec<(Vec<f32>, Option<Vec<f32>>)> = (0..identities)
            .into_par_iter()
            .map(|identity| {
                let mut random = StdRng::seed_from_u64(seed + identity as u64 * 1_000_003);
                let centre = direction(dimension, &mut random);
                let rows = (0..FACES)
                    .flat_map(|_| face(&centre, &mut random))
                    .collect();
                (
                    rows,
                    (identity % every == 0).then(|| face(&centre, &mut random)),
                )
            })
            .collect();
        let genuine: Vec<f64> = made
            .iter()
            .flat_map(|(rows, probe)| {
                let rows = rows.chunks_exact(dimension);
                rows.filter_map(|row| Some(f64::from(dot(row, probe.as_ref()?))))
            })
            .collect();
        let mean = genuine.iter().sum::<f64>() / genuine.len() as f64;
        let variance =
            genuine.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / genuine.len() as f64;
        let mut faces = Self {
            dimension,
            rows: Vec::with_capacity(identities * FACES * dimension),
            probes: Vec::new(),
            genuine: (mean, variance.sqrt()),
        };
        for (rows, probe) in made {
            faces.rows.extend_from_slice(&rows);
            faces.probes.extend(probe.into_iter().flatten());
        }
        faces.rows.truncate(count * dimension);
        faces.probes.truncate(probes * dimension);
        faces
    }

    pub(crate) fn count(&self) -> usize {
        self.rows.len() / self.dimension
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.rows.chunks_exact(self.dimension)
    }

    pub(crate) fn probes(&self) -> impl Iterator<Item = &[f32]> {
        self.probes.chunks_exact(self.dimension)
    }

    /// The nearest rows of a probe, by f32 arithmetic alone.
    pub(crate) fn scan(&self, probe: usize, count: usize) -> Vec<usize> {
        let probe = &self.probes[probe * self.dimension..][..self.dimension];
        let mut best: Vec<(f32, usize)> = Vec::with_capacity(count + 1);
        for (key, row) in self.rows().enumerate() {
            let score = dot(row, probe);
            if best.len() < count || best.last().is_some_and(|worst| score > worst.0) {
                let at = best.partition_point(|known| known.0 >= score);
                best.insert(at, (score, key));
                best.truncate(count);
            }
        }
        best.into_iter().map(|(_, key)| key).collect()
    }

    /// [`Faces::scan`] of all probes, on all threads.
    pub(crate) fn truth(&self, count: usize) -> Vec<Vec<usize>> {
        let probes = self.probes.len() / self.dimension;
        (0..probes)
            .into_par_iter()
            .map(|probe| self.scan(probe, count))
            .collect()
    }

    /// The components as bytes, for another program: rows, or probes.
    pub(crate) fn bytes(&self, probes: bool) -> impl Iterator<Item = [u8; 4]> {
        let values = if probes { &self.probes } else { &self.rows };
        values.iter().map(|x| x.to_le_bytes())
    }
}

/// Share of probes whose first true neighbour was found first, and of the true neighbours that were found.
pub(crate) fn recall(truth: &[Vec<usize>], found: &[Vec<usize>], depth: usize) -> (f64, f64) {
    let first = truth
        .iter()
        .zip(found)
        .filter(|(t, f)| t.first() == f.first())
        .count();
    let common: usize = truth
        .iter()
        .zip(found)
        .map(|(t, f)| t.iter().take(depth).filter(|key| f.contains(key)).count())
        .sum();
    let all: usize = truth.iter().map(|t| t.len().min(depth)).sum();
    (
        first as f64 / truth.len().max(1) as f64,
        common as f64 / all.max(1) as f64,
    )
}

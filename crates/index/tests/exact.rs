//! The exact index against plain f32 arithmetic, and against a model through insertions and removals.

#![allow(clippy::unwrap_used)] // a test's way to fail

mod common;

use common::unit_vectors;
use index::{ExactIndex, Hit, IndexError, Mode, Options, Search, VectorIndex};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// The promise of the crate: stored rows are within this cosine of what was inserted.
const NEAR: f32 = 1e-4;

fn exact(dimension: usize) -> ExactIndex {
    ExactIndex::new(&Options::new(dimension)).unwrap()
}

fn all(limit: usize) -> Search {
    Search {
        limit,
        min_cosine: -1.0,
        mode: Mode::Exact,
    }
}

/// Cosine of two unit vectors, summed in f64.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum::<f64>() as f32
}

/// Best cosine per group, in f32 (f64 sums), best first.
fn naive(rows: &BTreeMap<u128, (u128, Vec<f32>)>, probe: &[f32]) -> Vec<(u128, f32)> {
    let mut best: HashMap<u128, f32> = HashMap::new();
    for (group, vector) in rows.values() {
        let score = cosine(vector, probe);
        let known = best.entry(*group).or_insert(score);
        *known = known.max(score);
    }
    let mut best: Vec<_> = best.into_iter().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1));
    best
}

/// The answer is the naive one, up to the order of scores that are nearer than the promise.
fn assert_same(
    rows: &BTreeMap<u128, (u128, Vec<f32>)>,
    probe: &[f32],
    search: Search,
    hits: &[Hit],
) {
    let wanted: Vec<_> = naive(rows, probe)
        .into_iter()
        .filter(|(_, score)| *score >= search.min_cosine + NEAR)
        .take(search.limit)
        .collect();
    assert!(hits.len() >= wanted.len() && hits.len() <= search.limit);
    for (hit, (_, score)) in hits.iter().zip(&wanted) {
        assert!((hit.cosine - score).abs() <= NEAR, "{} {score}", hit.cosine);
    }
    let mut groups: Vec<_> = hits.iter().map(|hit| hit.group).collect();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(groups.len(), hits.len(), "a group came twice");
    for hit in hits {
        let (group, vector) = &rows[&hit.key];
        assert_eq!(*group, hit.group);
        assert!((cosine(vector, probe) - hit.cosine).abs() <= NEAR);
        assert!(hit.cosine >= search.min_cosine);
    }
    assert!(hits.windows(2).all(|pair| pair[0].cosine >= pair[1].cosine));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn same_answer_as_f32(
        dimension in prop::sample::select(vec![64, 65, 100, 128, 129, 256, 512, 513]),
        rows in 0_usize..400,
        groups in 1_u128..200,
        limit in 0_usize..300,
        min_cosine in prop::sample::select(vec![-1.0_f32, 0.0, 0.1]),
        seed in any::<u64>(),
    ) {
        let index = exact(dimension);
        let mut model = BTreeMap::new();
        for (key, vector) in unit_vectors(rows, dimension, seed).into_iter().enumerate() {
            let (key, group) = (key as u128, key as u128 % groups);
            index.insert(key, group, &vector).unwrap();
            model.insert(key, (group, vector));
        }
        let search = Search { limit, min_cosine, mode: Mode::Exact };
        let probes = unit_vectors(7, dimension, seed ^ 1);
        let slices: Vec<&[f32]> = probes.iter().map(Vec::as_slice).collect();
        let many = index.search_many(&slices, search).unwrap();
        for (probe, together) in probes.iter().zip(&many) {
            let hits = index.search(probe, search).unwrap();
            assert_same(&model, probe, search, &hits);
            prop_assert_eq!(&hits, together);
        }
    }

    /// Without any tolerance: the best few are the first of all rows scored one by one, also where scores are crowded
    /// within the quantisation error and where a few components hold all the weight.
    #[test]
    fn a_short_answer_is_the_beginning_of_the_full_one(
        dimension in prop::sample::select(vec![1, 3, 64, 200, 512]),
        spread in prop::sample::select(vec![0.002_f32, 0.05, 1.0]),
        power in prop::sample::select(vec![1, 7]),
        limit in 1_usize..40,
        seed in any::<u64>(),
    ) {
        let index = exact(dimension);
        let shaped = |vector: &[f32]| -> Vec<f32> {
            let vector: Vec<f32> = vector.iter().map(|x| (x * 4.0).powi(power)).collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-20);
            vector.iter().map(|x| x / length).collect()
        };
        let centre = shaped(&unit_vectors(1, dimension, seed)[0]);
        let rows = unit_vectors(1500, dimension, seed ^ 1);
        let near = |row: &[f32]| -> Vec<f32> {
            let mixed: Vec<f32> = centre.iter().zip(shaped(row)).map(|(c, x)| c + x * spread).collect();
            let length = mixed.iter().map(|x| x * x).sum::<f32>().sqrt();
            mixed.iter().map(|x| x / length).collect()
        };
        for (key, row) in rows.iter().enumerate() {
            // Opposite vectors can cancel out: such a row has no direction, and is refused.
            let _ = index.insert(key as u128, key as u128 / 2, &near(row));
        }
        prop_assert!(index.len() > 600);
        let full = index.search(&centre, all(1500)).unwrap();
        let short = index.search(&centre, all(limit)).unwrap();
        prop_assert_eq!(&full[..limit], &short[..]);
    }

    #[test]
    fn follows_a_model(
        steps in prop::collection::vec((0_u8..10, 0_u128..60, 0_u128..12), 1..300),
        seed in any::<u64>(),
    ) {
        const DIMENSION: usize = 96;
        let index = exact(DIMENSION);
        let mut model: BTreeMap<u128, (u128, Vec<f32>)> = BTreeMap::new();
        let pool = unit_vectors(steps.len(), DIMENSION, seed);
        for ((action, key, group), vector) in steps.into_iter().zip(pool) {
            match action {
                0..6 => {
                    index.insert(key, group, &vector).unwrap();
                    model.insert(key, (group, vector));
                }
                6..9 => prop_assert_eq!(index.remove(key), model.remove(&key).is_some()),
                _ => {
                    let before = model.len();
                    model.retain(|_, (of, _)| *of != group);
                    prop_assert_eq!(index.remove_group(group), before - model.len());
                }
            }
            let stats = index.stats();
            prop_assert_eq!(stats.rows, model.len());
            let mut groups: Vec<_> = model.values().map(|(group, _)| *group).collect();
            groups.sort_unstable();
            groups.dedup();
            prop_assert_eq!(stats.groups, groups.len());
        }
        let probe = &unit_vectors(1, DIMENSION, !seed)[0];
        assert_same(&model, probe, all(20), &index.search(probe, all(20)).unwrap());
    }
}

#[test]
fn several_chunks_threads_and_a_compaction_change_no_answer() {
    const DIMENSION: usize = 64;
    let mut options = Options::new(DIMENSION);
    let one = ExactIndex::new(&options).unwrap();
    options.scan_threads = 3;
    let three = ExactIndex::new(&options).unwrap();
    for (key, vector) in unit_vectors(60_000, DIMENSION, 5).iter().enumerate() {
        let (key, group) = (key as u128, key as u128 / 3);
        one.insert(key, group, vector).unwrap();
        three.insert(key, group, vector).unwrap();
    }
    let probes = unit_vectors(5, DIMENSION, 6);
    let answers = |index: &ExactIndex| -> Vec<_> {
        probes
            .iter()
            .map(|probe| index.search(probe, all(40)).unwrap())
            .collect()
    };
    assert_eq!(answers(&one), answers(&three));

    for key in (0..60_000).filter(|key| key % 5 != 0) {
        assert!(one.remove(key));
    }
    let (before, stats) = (answers(&one), one.stats());
    one.maintain();
    assert_eq!(before, answers(&one));
    assert_eq!((stats.rows, stats.holes), (12_000, 48_000));
    assert_eq!(one.stats().holes, 0);
    assert!(one.stats().row_bytes < stats.row_bytes / 3);
    // Keys and groups are still found after the move.
    assert!(one.remove(5));
    assert!(!one.remove(6));
    let hits = one.search(&probes[0], all(1)).unwrap();
    assert_eq!(one.remove_group(hits[0].group), 1);
    assert_ne!(
        one.search(&probes[0], all(1)).unwrap()[0].group,
        hits[0].group
    );
}

#[test]
fn a_row_finds_itself_and_a_replaced_one_its_new_self() {
    let index = exact(512);
    let vectors = unit_vectors(3, 512, 1);
    index.insert(1, 10, &vectors[0]).unwrap();
    index.insert(2, 20, &vectors[1]).unwrap();
    let hits = index.search(&vectors[0], all(5)).unwrap();
    assert_eq!((hits[0].key, hits.len()), (1, 2));
    assert!(hits[0].cosine > 1.0 - NEAR);
    // The same key in another group: one row, found there alone.
    index.insert(1, 20, &vectors[2]).unwrap();
    let hits = index.search(&vectors[2], all(5)).unwrap();
    assert_eq!((hits[0].key, hits[0].group, hits.len()), (1, 20, 1));
    assert_eq!(
        (index.len(), index.remove_group(10), index.remove_group(20)),
        (2, 0, 2)
    );
    assert!(index.is_empty());
    assert!(index.search(&vectors[2], all(5)).unwrap().is_empty());
}

#[test]
fn memory_per_face_is_within_the_limit() {
    let index = exact(512);
    let vectors = unit_vectors(16_384, 512, 9);
    for (key, vector) in vectors.iter().enumerate() {
        index.insert(key as u128, key as u128 / 3, vector).unwrap();
    }
    let per_face = index.stats().row_bytes / vectors.len();
    assert!(per_face <= 1800, "{per_face} bytes per face");
    assert!(per_face >= 1024, "the planes alone are 1024 bytes");
}

#[test]
fn bad_vectors_and_options_are_refused() {
    let index = exact(4);
    let refused = |vector: &[f32]| {
        let error = index.insert(1, 1, vector).unwrap_err();
        assert!(index.search(vector, all(1)).is_err());
        assert!(index.search_many(&[vector], all(1)).is_err());
        error
    };
    assert!(matches!(
        refused(&[f32::NAN, 0.0, 0.0, 0.0]),
        IndexError::NotFinite
    ));
    assert!(matches!(
        refused(&[f32::NEG_INFINITY, 0.0, 0.0, 0.0]),
        IndexError::NotFinite
    ));
    assert!(matches!(refused(&[f32::MAX; 4]), IndexError::NotUnit));
    assert!(matches!(refused(&[0.0; 4]), IndexError::NotUnit));
    assert!(matches!(
        refused(&[1.0, 0.0, 0.0]),
        IndexError::Dimension {
            expected: 4,
            got: 3
        }
    ));
    assert!(matches!(refused(&[]), IndexError::Dimension { .. }));
    assert!(index.is_empty());
    for dimension in [0, index::MAX_DIMENSION + 1] {
        assert!(matches!(
            ExactIndex::new(&Options::new(dimension)),
            Err(IndexError::Options(_))
        ));
    }
}

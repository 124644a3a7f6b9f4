//! The graph beside the exact rows: built in the background, never the only way to a row.

#![allow(clippy::unwrap_used)] // a test's way to fail

mod common;

use common::unit_vectors;
use index::{
    AdaptiveIndex, FastBy, GraphOptions, GraphState, Mode, Options, Search, Stats, VectorIndex,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const DIMENSION: usize = 128;

fn options(threshold: usize) -> Options {
    Options {
        graph: GraphOptions {
            threshold,
            ..GraphOptions::default()
        },
        ..Options::new(DIMENSION)
    }
}

fn wanted(mode: Mode, limit: usize) -> Search {
    Search {
        limit,
        min_cosine: -1.0,
        mode,
    }
}

/// Waits for the background thread; far longer than it needs, so that only a hang fails.
fn until(index: &AdaptiveIndex, done: impl Fn(&Stats) -> bool) -> Stats {
    let start = Instant::now();
    loop {
        let stats = index.stats();
        if done(&stats) {
            return stats;
        }
        assert!(start.elapsed() < Duration::from_secs(300), "{stats:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn state(stats: &Stats) -> GraphState {
    stats.graph.as_ref().unwrap().state
}

fn filled(rows: usize, threshold: usize) -> (AdaptiveIndex, Vec<Vec<f32>>) {
    let index = AdaptiveIndex::new(&options(threshold)).unwrap();
    let vectors = unit_vectors(rows, DIMENSION, 11);
    for (key, vector) in vectors.iter().enumerate() {
        index.insert(key as u128, key as u128 / 3, vector).unwrap();
    }
    (index, vectors)
}

#[test]
fn below_the_threshold_fast_is_exact() {
    let (index, vectors) = filled(900, 1000);
    assert_eq!(state(&index.stats()), GraphState::NotNeeded);
    for probe in vectors.iter().step_by(100) {
        assert_eq!(
            index.search(probe, wanted(Mode::Fast, 10)).unwrap(),
            index.search(probe, wanted(Mode::Exact, 10)).unwrap()
        );
    }
}

#[test]
fn a_graph_is_built_used_and_worn_out() {
    let (index, mut vectors) = filled(6000, 3000);
    let stats = until(&index, |stats| state(stats) == GraphState::Ready);
    let graph = stats.graph.unwrap();
    assert!(graph.points + graph.pending >= 6000, "{graph:?}");
    let recall = graph.recall_probe.unwrap();
    assert!(recall.at_1 >= 0.99 && recall.probes == 256, "{recall:?}");
    assert!(graph.ef > 0);

    // Every row is found, and scored exactly as the exact search scores it.
    for (key, vector) in vectors.iter().enumerate().step_by(7) {
        let fast = index.search(vector, wanted(Mode::Fast, 1)).unwrap();
        assert_eq!(fast, index.search(vector, wanted(Mode::Exact, 1)).unwrap());
        assert_eq!(fast[0].key, key as u128);
    }

    // A fresh row is found at once, a removed one no more, a replaced one at its new place.
    let fresh = unit_vectors(3, DIMENSION, 12);
    index.insert(100_000, 100_000, &fresh[0]).unwrap();
    assert_eq!(
        index.search(&fresh[0], wanted(Mode::Fast, 1)).unwrap()[0].key,
        100_000
    );
    assert!(index.remove(0));
    assert_ne!(
        index.search(&vectors[0], wanted(Mode::Fast, 1)).unwrap()[0].key,
        0
    );
    index.insert(3, 1, &fresh[1]).unwrap();
    assert_eq!(
        index.search(&fresh[1], wanted(Mode::Fast, 1)).unwrap()[0].key,
        3
    );
    assert_ne!(
        index.search(&vectors[3], wanted(Mode::Fast, 1)).unwrap()[0].key,
        3
    );
    assert_eq!(index.stats().graph.unwrap().fallbacks, 0);

    // More groups than a graph is good for: exact, and told so.
    let many = index.search(&fresh[2], wanted(Mode::Fast, 1500)).unwrap();
    assert_eq!(
        many,
        index.search(&fresh[2], wanted(Mode::Exact, 1500)).unwrap()
    );
    assert_eq!(index.stats().graph.unwrap().fallbacks, 1);

    // Enough fresh rows are linked, without a new build.
    for (key, vector) in unit_vectors(600, DIMENSION, 13).iter().enumerate() {
        index
            .insert(200_000 + key as u128, 200_000 + key as u128, vector)
            .unwrap();
    }
    let stats = until(&index, |stats| stats.graph.as_ref().unwrap().pending < 512);
    assert_eq!(stats.graph.unwrap().builds, 1);

    // A third of the rows removed: a new graph without them.
    for group in 0..700 {
        index.remove_group(group);
    }
    let stats = until(&index, |stats| {
        let graph = stats.graph.as_ref().unwrap();
        graph.builds >= 2 && graph.state == GraphState::Ready
    });
    assert!(stats.graph.unwrap().dead * 5 <= stats.rows);
    for (key, vector) in vectors.iter().enumerate().skip(2200).step_by(31) {
        assert_eq!(
            index.search(vector, wanted(Mode::Fast, 1)).unwrap()[0].key,
            key as u128
        );
    }
    assert!(index.search(&vectors[30], wanted(Mode::Fast, 1)).unwrap()[0].cosine < 0.9);

    // Nearly all removed: no graph any more, and compaction gives the room back.
    for group in 700..1900 {
        index.remove_group(group);
    }
    until(&index, |stats| state(stats) == GraphState::NotNeeded);
    let before = index.stats();
    index.maintain();
    assert!(
        before.holes >= 4096 && index.stats().holes == 0,
        "{before:?}"
    );
    let last = vectors.pop().unwrap();
    assert_eq!(
        index.search(&last, wanted(Mode::Fast, 1)).unwrap()[0].key,
        5999
    );
}

#[test]
fn sketches_find_what_exact_searches_find() {
    let mut options = options(usize::MAX);
    options.sketch_threshold = 5000;
    let index = AdaptiveIndex::new(&options).unwrap();
    let vectors = unit_vectors(6000, DIMENSION, 17);
    for (key, vector) in vectors.iter().enumerate() {
        if key == 4000 {
            index.maintain();
            assert_eq!(index.stats().fast, FastBy::Exact, "too few rows");
        }
        index.insert(key as u128, key as u128 / 3, vector).unwrap();
    }
    assert_eq!(index.stats().fast, FastBy::Exact, "not measured yet");
    index.maintain();
    let stats = index.stats();
    assert_eq!(stats.fast, FastBy::Sketches);
    let recall = stats.recall.unwrap();
    assert!(recall.at_1 >= 0.99 && recall.probes == 64, "{recall:?}");
    // Rows themselves are always among the nearest: found, scored as the exact search does, gone when removed.
    for (key, vector) in vectors.iter().enumerate().step_by(41) {
        let fast = index.search(vector, wanted(Mode::Fast, 1)).unwrap();
        assert_eq!(fast, index.search(vector, wanted(Mode::Exact, 1)).unwrap());
        assert_eq!(fast[0].key, key as u128);
    }
    assert!(index.remove(41));
    let fast = index.search(&vectors[41], wanted(Mode::Fast, 1)).unwrap();
    assert_ne!(fast[0].key, 41);
    let other = unit_vectors(1, DIMENSION, 18).remove(0);
    index.insert(82, 82, &other).unwrap();
    let fast = index.search(&other, wanted(Mode::Fast, 1)).unwrap();
    assert_eq!((fast[0].key, fast[0].group), (82, 82));
    // More groups than sketches are good for: all rows.
    assert_eq!(
        index.search(&other, wanted(Mode::Fast, 500)).unwrap(),
        index.search(&other, wanted(Mode::Exact, 500)).unwrap()
    );
}

#[test]
fn an_index_that_is_being_filled_waits_with_its_graph() {
    let mut options = options(1000);
    options.graph.wait = true;
    let index = AdaptiveIndex::new(&options).unwrap();
    let vectors = unit_vectors(2000, DIMENSION, 15);
    for (key, vector) in vectors.iter().enumerate() {
        index.insert(key as u128, key as u128, vector).unwrap();
    }
    // Without the wait, the first of these searches would already have met a build.
    for vector in vectors.iter().step_by(100) {
        index.search(vector, wanted(Mode::Fast, 1)).unwrap();
        assert_eq!(index.stats().graph.unwrap().builds, 0);
    }
    index.maintain();
    let stats = until(&index, |stats| state(stats) == GraphState::Ready);
    assert_eq!(stats.graph.unwrap().builds, 1);
}

#[test]
fn a_health_check_measures_recall() {
    let (index, _) = filled(2500, 2000);
    until(&index, |stats| state(stats) == GraphState::Ready);
    index.maintain();
    let recall = index.stats().graph.unwrap().recall_probe.unwrap();
    assert!(
        recall.probes == 64 && recall.at_1 >= 0.9 && recall.at_10 > 0.5,
        "{recall:?}"
    );
}

#[test]
fn a_graph_that_cannot_reach_the_target_is_not_used() {
    // Two links per point and a view of one candidate: no such graph finds disturbed rows.
    let mut options = options(2000);
    options.graph.connections = 2;
    options.graph.ef_construction = 8;
    options.target_recall = 1.0;
    let index = AdaptiveIndex::new(&options).unwrap();
    let vectors = unit_vectors(4000, DIMENSION, 21);
    for (key, vector) in vectors.iter().enumerate() {
        index.insert(key as u128, key as u128, vector).unwrap();
    }
    let stats = until(&index, |stats| state(stats) == GraphState::Unfit);
    assert_eq!(stats.graph.unwrap().builds, 1);
    for (key, vector) in vectors.iter().enumerate().step_by(97) {
        assert_eq!(
            index.search(vector, wanted(Mode::Fast, 1)).unwrap()[0].key,
            key as u128
        );
    }
}

#[test]
fn searches_writes_and_builds_at_the_same_time() {
    let index = AdaptiveIndex::new(&options(1000)).unwrap();
    // Rows that stay: every search must find them all the time.
    let stable = unit_vectors(1500, DIMENSION, 31);
    for (key, vector) in stable.iter().enumerate() {
        index.insert(key as u128, key as u128, vector).unwrap();
    }
    let churn = unit_vectors(3000, DIMENSION, 32);
    let writing = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (index, churn, stable) = (&index, &churn, &stable);
            scope.spawn(move || {
                for (i, vector) in churn.iter().enumerate().skip(part).step_by(2) {
                    let key = 10_000 + i as u128;
                    index.insert(key, key, vector).unwrap();
                    let hits = index.search(vector, wanted(Mode::Fast, 1)).unwrap();
                    assert_eq!(hits[0].key, key, "an acknowledged row is found");
                    // A row written again over itself is never missing, not even for a moment.
                    let same = i % stable.len();
                    index
                        .insert(same as u128, same as u128, &stable[same])
                        .unwrap();
                    if i % 2 == part {
                        assert!(index.remove(key));
                        let hits = index.search(vector, wanted(Mode::Exact, 1)).unwrap();
                        assert_ne!(hits[0].key, key, "a removed row is not found");
                    }
                }
            });
        }
        let searcher = |mode| {
            let (index, stable, writing) = (&index, &stable, &writing);
            move || {
                let mut i = 0;
                while writing.load(Ordering::Relaxed) || i < 200 {
                    let key = i * 7 % stable.len();
                    let hits = index.search(&stable[key], wanted(mode, 3)).unwrap();
                    assert_eq!(hits[0].key, key as u128, "{mode:?}");
                    i += 1;
                }
            }
        };
        let fast = scope.spawn(searcher(Mode::Fast));
        let exact = scope.spawn(searcher(Mode::Exact));
        until(&index, |stats| stats.graph.as_ref().unwrap().builds > 0);
        writing.store(false, Ordering::Relaxed);
        fast.join().unwrap();
        exact.join().unwrap();
    });
    until(&index, |stats| state(stats) == GraphState::Ready);
}

#[test]
fn copies_of_one_vector_do_not_harm() {
    // One picture imported over and over, and a few others.
    let index = AdaptiveIndex::new(&options(1000)).unwrap();
    let vectors = unit_vectors(1500, DIMENSION, 41);
    for (key, vector) in vectors.iter().enumerate() {
        index.insert(key as u128, key as u128, vector).unwrap();
        if key % 3 == 0 {
            let key = 10_000 + key as u128;
            index.insert(key, key, &vectors[0]).unwrap();
        }
    }
    until(&index, |stats| state(stats) != GraphState::Building);
    let hits = index.search(&vectors[0], wanted(Mode::Fast, 5)).unwrap();
    assert!(hits.iter().all(|hit| hit.cosine > 0.9999), "{hits:?}");
    assert_eq!(
        index.search(&vectors[1], wanted(Mode::Fast, 1)).unwrap()[0].key,
        1
    );
}

#[test]
fn dropping_an_index_ends_its_build() {
    let (index, _) = filled(20_000, 1000);
    drop(index); // the test process would otherwise wait for nothing, but the core would be busy
}

#[test]
fn bad_graph_options_are_refused() {
    let refused = |change: fn(&mut GraphOptions)| {
        let mut options = options(1000);
        change(&mut options.graph);
        assert!(AdaptiveIndex::new(&options).is_err());
    };
    refused(|graph| graph.connections = 257);
    refused(|graph| graph.connections = 1);
    refused(|graph| graph.ef_construction = 0);
    refused(|graph| graph.ef = Some(0));
    let mut options = options(1000);
    options.target_recall = f32::NAN;
    assert!(AdaptiveIndex::new(&options).is_err());
}

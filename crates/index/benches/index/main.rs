//! `cargo bench -p index --features peers -- [--rows N] [--dimension N] [--probes N] [--ef LIST] [--skip LIST]`, where LIST is of
//! `f32`, `sketches`, `graph`, `hnsw_rs`, `usearch`, `usearch-f16`, `usearch-i8`, `faiss`, `faiss-graph`.
//!
//! Exact int8, sketches, the graph, and beside them hnsw_rs, usearch and faiss, on the same synthetic identities: one thread, recall
//! against f32. Faiss needs a Python with `faiss-cpu` and `numpy`: `--python PATH` or `target/faiss-venv/bin/python`.
//! Times of one machine are comparable within one run only.

#![allow(clippy::print_stdout)] // a report is what this is for

mod data;
mod measure;
mod peers;

use data::Faces;
use index::{AdaptiveIndex, ExactIndex, GraphState, Mode, Options, Search, VectorIndex};
use measure::{Arguments, Line, Outcome, median, resident, timed};
use std::time::Duration;

/// Neighbours asked for.
const NEIGHBOURS: usize = 10;

fn main() -> Outcome<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let (rows, dimension) = (arguments.rows, arguments.dimension);
    println!(
        "# {rows} rows x {dimension}, {} probes, {:?}",
        arguments.probes,
        index::simd()
    );
    let faces = Faces::new(rows, dimension, arguments.probes, 7);
    println!(
        "genuine cosine: mean {:.3}, sd {:.3}",
        faces.genuine.0, faces.genuine.1
    );
    let truth = faces.truth(NEIGHBOURS);
    Line::header();

    let read = measure::read_once(rows * dimension);
    Line::new("read the int8 bytes once").time(read).print();
    if !arguments.skips("f32") {
        let few = arguments.probes.min(20);
        let (_, time) = timed(|| {
            (0..few)
                .map(|n| faces.scan(n, NEIGHBOURS).len())
                .sum::<usize>()
        });
        Line::new("exact f32, plain loop")
            .time(time / few as u32)
            .recall(1.0, 1.0)
            .print();
    }
    exact(&faces, &truth, read)?;
    if !arguments.skips("sketches") {
        sketches(&faces, &truth)?;
    }
    if !arguments.skips("graph") {
        graph(&faces, &truth, &arguments)?;
    }
    if !arguments.skips("hnsw_rs") {
        peers::hnsw_rs(&faces, &truth, &arguments)?;
    }
    if !arguments.skips("usearch") {
        peers::usearch(&faces, &truth, &arguments)?;
    }
    if !arguments.skips("faiss") {
        peers::faiss(&faces, &truth, &arguments)?;
    }
    Ok(())
}

fn wanted(mode: Mode) -> Search {
    Search {
        limit: NEIGHBOURS,
        min_cosine: -1.0,
        mode,
    }
}

/// Every row is a group of its own, so that recall is by rows, as the peers count.
fn fill(index: &impl VectorIndex, faces: &Faces) -> Outcome<Duration> {
    let (filled, time) = timed(|| {
        faces
            .rows()
            .enumerate()
            .try_for_each(|(key, row)| index.insert(key as u128, key as u128, row))
    });
    filled?;
    Ok(time)
}

/// Time per search and the keys found.
fn searches(
    index: &impl VectorIndex,
    faces: &Faces,
    mode: Mode,
) -> Outcome<(Duration, Vec<Vec<usize>>)> {
    let (mut found, mut times) = (Vec::new(), Vec::new());
    for probe in faces.probes() {
        let (hits, time) = timed(|| index.search(probe, wanted(mode)));
        found.push(hits?.iter().map(|hit| hit.key as usize).collect());
        times.push(time);
    }
    Ok((median(times), found))
}

fn exact(faces: &Faces, truth: &[Vec<usize>], read: Duration) -> Outcome<()> {
    let before = resident();
    let index = ExactIndex::new(&Options::new(faces.dimension))?;
    let build = fill(&index, faces)?;
    let bytes = index.stats().row_bytes / faces.count();
    println!(
        "exact: {bytes} B per face by its own count, {} B by the process",
        (resident().saturating_sub(before)) / faces.count()
    );
    searches(&index, faces, Mode::Exact)?; // warm
    let (time, found) = searches(&index, faces, Mode::Exact)?;
    let (one, ten) = data::recall(truth, &found, NEIGHBOURS);
    Line::new("exact int8")
        .build(build)
        .bytes(bytes)
        .time(time)
        .recall(one, ten)
        .print();
    let probes: Vec<&[f32]> = faces.probes().collect();
    let (answers, together) = timed(|| index.search_many(&probes, wanted(Mode::Exact)));
    answers?;
    Line::new("exact int8, four probes per pass")
        .time(together / probes.len() as u32)
        .print();
    println!(
        "exact / read once: {:.2}",
        time.as_secs_f64() / read.as_secs_f64()
    );
    Ok(())
}

fn sketches(faces: &Faces, truth: &[Vec<usize>]) -> Outcome<()> {
    let mut options = Options::new(faces.dimension);
    options.graph.threshold = usize::MAX;
    options.sketch_threshold = 0;
    options.target_recall = 0.0;
    let index = AdaptiveIndex::new(&options)?;
    let build = fill(&index, faces)?;
    index.maintain();
    let stats = index.stats();
    println!("sketches, by the index's own probes: {:?}", stats.recall);
    searches(&index, faces, Mode::Fast)?; // warm
    let (time, found) = searches(&index, faces, Mode::Fast)?;
    let (one, ten) = data::recall(truth, &found, NEIGHBOURS);
    Line::new("sketches")
        .build(build)
        .bytes(stats.row_bytes / faces.count())
        .time(time)
        .recall(one, ten)
        .print();
    Ok(())
}

fn graph(faces: &Faces, truth: &[Vec<usize>], arguments: &Arguments) -> Outcome<()> {
    let mut options = Options::new(faces.dimension);
    options.graph.threshold = faces.count();
    options.graph.connections = arguments.connections;
    options.graph.ef_construction = arguments.ef_construction;
    let index = AdaptiveIndex::new(&options)?;
    fill(&index, faces)?;
    let before = resident();
    let (stats, build) = timed(|| {
        loop {
            let stats = index.stats();
            let built = stats
                .graph
                .as_ref()
                .is_none_or(|graph| graph.state != GraphState::Building);
            if built {
                return stats;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    println!("graph: {:?}", stats.graph);
    let graph_bytes = stats.graph.as_ref().map_or(0, |graph| graph.bytes);
    println!(
        "graph: {} B per face by its own count, {} B by the process",
        graph_bytes / faces.count(),
        resident().saturating_sub(before) / faces.count()
    );
    let bytes = (graph_bytes + stats.row_bytes) / faces.count();
    for ef in &arguments.ef {
        index.set_ef(*ef);
        searches(&index, faces, Mode::Fast)?; // warm
        let (time, found) = searches(&index, faces, Mode::Fast)?;
        let (one, ten) = data::recall(truth, &found, NEIGHBOURS);
        let name = format!(
            "graph M{} ef_c{} ef {ef}",
            arguments.connections, arguments.ef_construction
        );
        Line::new(&name)
            .build(build)
            .bytes(bytes)
            .time(time)
            .recall(one, ten)
            .print();
    }
    let fallbacks = index.stats().graph.map(|graph| graph.fallbacks);
    println!("searches that fell back to exact: {fallbacks:?}");
    Ok(())
}

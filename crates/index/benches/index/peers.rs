//! The others, on the same rows and probes, one thread.

use crate::NEIGHBOURS;
use crate::data::Faces;
use crate::measure::{Arguments, Outcome};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(not(feature = "peers"))]
pub(crate) fn usearch(_: &Faces, _: &[Vec<usize>], _: &Arguments) -> Outcome<()> {
    println!("usearch: left out, built without `--features peers`");
    Ok(())
}

#[cfg(feature = "peers")]
pub(crate) fn usearch(faces: &Faces, truth: &[Vec<usize>], arguments: &Arguments) -> Outcome<()> {
    use crate::data::recall;
    use crate::measure::{Line, median, timed};
    use usearch::{Index, IndexOptions, MetricKind, ScalarKind};
    for (kind, name) in [(ScalarKind::F16, "f16"), (ScalarKind::I8, "i8")] {
        if arguments.skips(&format!("usearch-{name}")) {
            continue;
        }
        let index = Index::new(&IndexOptions {
            dimensions: faces.dimension,
            metric: MetricKind::Cos,
            quantization: kind,
            connectivity: arguments.connections,
            expansion_add: arguments.ef_construction,
            ..IndexOptions::default()
        })?;
        index.reserve(faces.count())?;
        let (added, build) = timed(|| {
            faces
                .rows()
                .enumerate()
                .try_for_each(|(key, row)| index.add(key as u64, row))
        });
        added?;
        let bytes = index.memory_usage() / faces.count();
        for ef in &arguments.ef {
            index.change_expansion_search(*ef);
            let (mut found, mut times) = (Vec::new(), Vec::new());
            for probe in faces.probes() {
                let (matches, time) = timed(|| index.search(probe, NEIGHBOURS));
                found.push(
                    matches?
                        .keys
                        .iter()
                        .map(|key| *key as usize)
                        .collect::<Vec<_>>(),
                );
                times.push(time);
            }
            let (one, ten) = recall(truth, &found, NEIGHBOURS);
            let name = format!(
                "usearch {name} M{} ef_c{} ef {ef}",
                arguments.connections, arguments.ef_construction
            );
            Line::new(&name)
                .build(build)
                .bytes(bytes)
                .time(median(times))
                .recall(one, ten)
                .print();
        }
    }
    Ok(())
}

#[cfg(not(feature = "peers"))]
pub(crate) fn hnsw_rs(_: &Faces, _: &[Vec<usize>], _: &Arguments) -> Outcome<()> {
    println!("hnsw_rs: left out, built without `--features peers`");
    Ok(())
}

#[cfg(feature = "peers")]
pub(crate) fn hnsw_rs(faces: &Faces, truth: &[Vec<usize>], arguments: &Arguments) -> Outcome<()> {
    use crate::data::recall;
    use crate::measure::{Line, median, resident, timed};
    use hnsw_rs::prelude::{DistDot, Hnsw};
    let (connections, ef_construction) = (arguments.connections, arguments.ef_construction);
    let before = resident();
    let index: Hnsw<'_, f32, DistDot> =
        Hnsw::new(connections, faces.count(), 16, ef_construction, DistDot {});
    let ((), build) = timed(|| {
        for (key, row) in faces.rows().enumerate() {
            index.insert((row, key));
        }
    });
    let bytes = resident().saturating_sub(before) / faces.count();
    for ef in &arguments.ef {
        let (mut found, mut times) = (Vec::new(), Vec::new());
        for probe in faces.probes() {
            let (matches, time) = timed(|| index.search(probe, NEIGHBOURS, *ef));
            found.push(matches.iter().map(|near| near.d_id).collect());
            times.push(time);
        }
        let (one, ten) = recall(truth, &found, NEIGHBOURS);
        Line::new(&format!(
            "hnsw_rs f32 M{connections} ef_c{ef_construction} ef {ef}"
        ))
        .build(build)
        .bytes(bytes)
        .time(median(times))
        .recall(one, ten)
        .print();
    }
    Ok(())
}

fn written(path: &Path, values: impl Iterator<Item = [u8; 4]>) -> Outcome<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for value in values {
        file.write_all(&value)?;
    }
    Ok(file.flush()?)
}

/// Runs `faiss_compare.py`, which prints lines of our report.
pub(crate) fn faiss(faces: &Faces, truth: &[Vec<usize>], arguments: &Arguments) -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("../../target");
    let python = match &arguments.python {
        Some(python) => PathBuf::from(python),
        None => target.join("faiss-venv/bin/python"),
    };
    if !python.exists() {
        println!("faiss: left out, no Python at {}", python.display());
        return Ok(());
    }
    let folder = target.join("index-bench");
    std::fs::create_dir_all(&folder)?;
    written(&folder.join("rows.f32"), faces.bytes(false))?;
    written(&folder.join("probes.f32"), faces.bytes(true))?;
    let keys = truth
        .iter()
        .flatten()
        .map(|key| (*key as u32).to_le_bytes());
    written(&folder.join("truth.u32"), keys)?;
    // Its graph takes half an hour for a million rows.
    let ef: Vec<String> = if arguments.skips("faiss-graph") {
        Vec::new()
    } else {
        arguments.ef.iter().map(usize::to_string).collect()
    };
    let done = Command::new(python)
        .arg(root.join("benches/index/faiss_compare.py"))
        .arg(&folder)
        .args(
            [
                faces.dimension,
                NEIGHBOURS,
                arguments.connections,
                arguments.ef_construction,
            ]
            .map(|n| n.to_string()),
        )
        .arg(ef.join(","))
        .env("OMP_NUM_THREADS", "1")
        .status()?;
    std::fs::remove_dir_all(&folder)?;
    if done.success() {
        Ok(())
    } else {
        Err("faiss_compare.py failed".into())
    }
}

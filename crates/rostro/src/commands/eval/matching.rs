//! How well people are told apart.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use evaluation::{Cache, DataSet, Groups, Looking, PairList, Report, Setting};
use indicatif::ProgressBar;
use packs::InstalledPack;

use super::{Eval, open_pack, tell_files, tell_written, today};
use crate::{
    commands::{bar, print},
    server::start_engine,
};
use service::Config;

/// Everything about the data is checked before the models are loaded.
pub(super) async fn run(settings: &Config, eval: &Eval) -> Result<()> {
    let folder = eval.folder.as_deref().context("a folder is needed")?;
    let data = DataSet::open(folder)?;
    let file = eval.pairs.as_ref().or(data.pairs.as_ref());
    let pairs = file
        .map(|file| PairList::read(file, &data).map(|list| (file.display().to_string(), list)))
        .transpose()?;
    let groups = match (&eval.by, &eval.people) {
        (Some(field), Some(file)) => Some(Groups::read(file, field, &data.people)?),
        _ => None,
    };
    let pack = open_pack(settings).await?;
    let engine = start_engine(settings).await?;
    let looking = Looking {
        effort: eval.effort.into(),
        rules: settings.faces.rules(),
        limits: settings.images.limits(),
    };
    let cache = eval.cache.clone().unwrap_or_else(|| eval.out.join("cache"));
    let mut cache = Cache::open(&cache, &engine, &pack.manifest, &looking)?;
    let shown = bar(data.pictures.len() as u64, "pictures");
    let outcomes = evaluation::embed(&engine, &data.pictures, looking, &mut cache, &|| {
        shown.inc(1)
    })
    .await;
    shown.finish_and_clear();
    let outcomes = outcomes?;

    let setting = Setting {
        pack: pack.manifest.name.clone(),
        embedder: engine.info().embedder.clone(),
        scale: Arc::clone(engine.match_scale()),
        effort: looking.effort,
        date: today()?,
    };
    let report = tokio::task::spawn_blocking(move || {
        let count = outcomes.len() as u64;
        let shown: ProgressBar = bar(count * count.saturating_sub(1), "pairs, twice");
        let pairs = pairs.as_ref().map(|(name, list)| (name.as_str(), list));
        let report = evaluation::evaluate(
            &setting,
            &data,
            &outcomes,
            pairs,
            groups.as_ref(),
            &|pairs| shown.inc(pairs),
        );
        shown.finish_and_clear();
        report
    });
    let report = report.await??;
    print(&report.to_string());
    tell_files(&evaluation::save(&report, &eval.out)?);
    if eval.write {
        write(&pack, &report)?;
    }
    Ok(())
}

fn write(pack: &InstalledPack, report: &Report) -> Result<()> {
    let detector = &pack.manifest.detector.file;
    match evaluation::calibration(report, &report.embedder, detector) {
        Ok(calibration) => {
            pack.rewrite(|text| packs::with_calibration(text, &calibration))?;
            tell_written(&pack.dir);
            if calibration.provisional {
                print(
                    "it is marked provisional: 1,000,000 pairs of 100 different people would make it firm",
                );
            }
            Ok(())
        }
        Err(reason) => bail!("the calibration was not written: {reason}"),
    }
}

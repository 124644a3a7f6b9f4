//! How well live faces are told from attacks.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use evaluation::pad::{Presentations, judge, liveness_calibration, measure, save};

use super::{Eval, open_pack, tell_files, tell_written, today};
use crate::{
    commands::{bar, print},
    server::start_engine,
};
use service::Config;

pub(super) async fn run(settings: &Config, eval: &Eval, folder: &Path) -> Result<()> {
    let data = Presentations::open(folder)?;
    let pack = open_pack(settings).await?;
    let name = &pack.manifest.name;
    ensure!(
        pack.manifest.liveness.is_some(),
        "the model pack {name} has no liveness models"
    );
    let engine = start_engine(settings).await?;
    let shown = bar(data.pictures.len() as u64, "pictures");
    let (rules, limits) = (settings.faces.rules(), settings.images.limits());
    let judged = judge(&engine, &data, rules, limits, &|| shown.inc(1)).await;
    shown.finish_and_clear();
    let report = measure(name, &today()?, &data, &judged?)?;
    print(&report.to_string());
    tell_files(&save(&report, &eval.out)?);
    if !eval.write {
        return Ok(());
    }
    match liveness_calibration(&report) {
        Ok(calibration) => {
            pack.rewrite(|text| packs::with_liveness_calibration(text, &calibration))?;
            tell_written(&pack.dir);
            Ok(())
        }
        Err(reason) => bail!("the calibration was not written: {reason}"),
    }
}

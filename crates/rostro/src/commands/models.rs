//! `rostro models`.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{print, table::table};
use service::{
    AnchorReport, Config, MatchingReport, ModelReport, PackFolder, PackReport, installed_packs,
};

/// How to list.
#[derive(Debug, clap::Args)]
pub(super) struct Models {
    /// As JSON: a list of packs, the one in use first, with their models
    #[arg(long)]
    json: bool,
}

/// Lists the installed packs, the one in use first. Needs no ONNX Runtime.
pub(super) fn run(settings: &Config, models: &Models) -> Result<()> {
    if settings.models.dir.as_os_str().is_empty() {
        settings.demand_pack()?;
    }
    let dir = &settings.models.dir;
    let found = installed_packs(&settings.models).with_context(|| {
        format!(
            "the models folder {} (models.dir) cannot be read: run `rostro setup`",
            dir.display()
        )
    })?;
    anyhow::ensure!(
        !found.is_empty(),
        "there is no model pack in {} (models.dir): run `rostro setup`",
        dir.display()
    );
    if models.json {
        let packs: Vec<Value> = found.iter().map(|folder| in_json(folder, dir)).collect();
        print(&serde_json::to_string_pretty(&packs)?);
        return Ok(());
    }
    let parts: Vec<String> = found
        .iter()
        .map(|folder| describe(folder, dir, &settings.models.pack))
        .collect();
    print(&parts.join("\n"));
    Ok(())
}

fn describe(PackFolder { name, pack }: &PackFolder, dir: &Path, in_use: &str) -> String {
    let mark = if name == in_use { " (in use)" } else { "" };
    let heading = format!("{name}{mark}, {}\n", dir.join(name).display());
    match pack {
        Ok(pack) => heading + &facts(pack) + &anchors(&pack.matching) + &files(&pack.models),
        Err(error) => format!("{heading}  NOT USABLE: {error}\n"),
    }
}

fn in_json(PackFolder { name, pack }: &PackFolder, dir: &Path) -> Value {
    let folder = dir.join(name);
    let pack = match pack {
        Ok(pack) => pack,
        Err(error) => return json!({ "name": name, "folder": folder, "error": error.to_string() }),
    };
    let model = |model: &ModelReport| {
        json!({
            "role": model.role, "file": model.file, "licence": model.licence,
            "commercial": model.commercial, "origin": model.origin, "sha256": model.sha256,
        })
    };
    json!({
        "name": name,
        "folder": folder,
        "in_use": pack.in_use,
        "summary": pack.summary,
        "warning": pack.warning,
        "models": pack.models.iter().map(model).collect::<Vec<_>>(),
    })
}

fn facts(pack: &PackReport) -> String {
    let state = match pack.matching.provisional {
        false => "measured",
        true => "PROVISIONAL",
    };
    let mut lines = vec![pack.summary.clone()];
    lines.extend(pack.warning.iter().map(|text| format!("WARNING: {text}")));
    lines.push(format!("similarity {state}: {}", pack.matching.measured));
    let liveness = pack.liveness.iter();
    lines.extend(liveness.map(|measured| format!("liveness measured: {measured}")));
    lines
        .iter()
        .map(|line| {
            format!(
                "  {}\n",
                line.split_whitespace().collect::<Vec<_>>().join(" ")
            )
        })
        .collect()
}

/// What the scores mean.
fn anchors(matching: &MatchingReport) -> String {
    let head = ["score", "strangers who reach it", "same persons who do", ""];
    let row = |anchor: &AnchorReport| {
        [
            format!("{:.4}", anchor.score),
            format!("{:.0e}", anchor.fmr),
            anchor
                .tar
                .map_or_else(|| "-".to_owned(), |tar| format!("{:.2} %", 100.0 * tar)),
            match anchor.extrapolated {
                true => "extrapolated".to_owned(),
                false => String::new(),
            },
        ]
    };
    let rows: Vec<_> = [head.map(str::to_owned)]
        .into_iter()
        .chain(matching.anchors.iter().map(row))
        .collect();
    let lines = table(&rows);
    let lines = lines.lines().map(|line| format!("    {line}\n"));
    format!("\n{}", lines.collect::<String>())
}

/// One model after the other: licences and origins are sentences, too long for columns.
fn files(models: &[ModelReport]) -> String {
    let mut text = String::new();
    for model in models {
        let terms = match model.commercial {
            true => "",
            false => "NON-COMMERCIAL: ",
        };
        let _ = write!(
            text,
            "\n  {:<9} {}\n    licence {terms}{}\n    origin  {}\n    sha256  {}\n",
            model.role, model.file, model.licence, model.origin, model.sha256
        );
    }
    text
}

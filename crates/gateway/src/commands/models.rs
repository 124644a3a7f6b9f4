//! `rostro models`.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context as _, Result};
use packs::{InstalledPack, MANIFEST_FILE, Manifest};

use super::print;
use crate::Config;

/// Lists the installed packs, the one in use first. Needs no ONNX Runtime.
pub(super) fn run(settings: &Config) -> Result<()> {
    let dir = &settings.models.dir;
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .with_context(|| {
            format!(
                "the models folder {} (models.dir) cannot be read: run `cargo xtask setup`",
                dir.display()
            )
        })?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| dir.join(name).join(MANIFEST_FILE).is_file())
        .collect();
    names.sort_by_key(|name| (*name != settings.models.pack, name.clone()));
    anyhow::ensure!(
        !names.is_empty(),
        "there is no model pack in {} (models.dir): run `cargo xtask setup`",
        dir.display()
    );
    let parts: Vec<String> = names
        .iter()
        .map(|name| describe(&dir.join(name), name, *name == settings.models.pack))
        .collect();
    print(&parts.join("\n"));
    Ok(())
}

fn describe(dir: &Path, name: &str, in_use: bool) -> String {
    let mark = if in_use { " (in use)" } else { "" };
    let heading = format!("{name}{mark}, {}\n", dir.display());
    match InstalledPack::open(dir) {
        Ok(pack) => heading + &facts(&pack) + &files(&pack),
        Err(error) => format!("{heading}  NOT USABLE: {error}\n"),
    }
}

fn facts(pack: &InstalledPack) -> String {
    let Manifest {
        summary,
        warning,
        embedder,
        liveness,
        ..
    } = &pack.manifest;
    let state = if pack.calibration_is_measured() {
        "measured"
    } else {
        "PROVISIONAL"
    };
    let mut lines = vec![summary.clone()];
    lines.extend(warning.iter().map(|warning| format!("WARNING: {warning}")));
    lines.push(format!(
        "similarity {state}: {}",
        embedder.calibration.measured
    ));
    lines.extend(
        liveness
            .iter()
            .map(|role| format!("liveness measured: {}", role.calibration.measured)),
    );
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

/// One model after the other: licences and origins are sentences, too long for columns.
fn files(pack: &InstalledPack) -> String {
    let mut text = String::new();
    for (role, key) in pack.manifest.roles() {
        let (Some(entry), Some(file)) = (pack.manifest.files.get(key), pack.files.get(key)) else {
            continue;
        };
        let terms = if entry.commercial {
            ""
        } else {
            "NON-COMMERCIAL: "
        };
        let _ = write!(
            text,
            "\n  {role:<9} {}\n    licence {terms}{}\n    origin  {}\n    sha256  {}\n",
            entry.name, entry.license, entry.origin, file.sha256
        );
    }
    text
}

//! `rostro models`.

use std::path::Path;

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

fn files(pack: &InstalledPack) -> String {
    let mut rows = vec![["ROLE", "MODEL", "LICENCE", "ORIGIN", "SHA-256"].map(str::to_owned)];
    for (role, key) in pack.manifest.roles() {
        let (Some(entry), Some(file)) = (pack.manifest.files.get(key), pack.files.get(key)) else {
            continue;
        };
        let licence = if entry.commercial {
            entry.license.clone()
        } else {
            format!("{} (NON-COMMERCIAL)", entry.license)
        };
        rows.push([
            role.to_owned(),
            entry.name.clone(),
            licence,
            entry.origin.clone(),
            file.sha256.clone(),
        ]);
    }
    table(&rows)
}

/// Rows in columns as wide as their widest cell; the last is not padded.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            format!("  {}\n", cells.join("  ").trim_end())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [
            ["A", "LONG"].map(str::to_owned),
            ["wide", "x"].map(str::to_owned),
        ];
        assert_eq!(table(&rows), "  A     LONG\n  wide  x\n");
    }
}

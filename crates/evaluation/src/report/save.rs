//! Files of a report.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use super::Report;
use crate::{EvalError, plot};

/// Writes `report.json`, `det.svg` and `scores.svg` into `folder`; answers where they are.
///
/// # Errors
/// [`EvalError::Write`].
pub fn save(report: &Report, folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let title = format!("{} on {}", report.pack, report.data.name);
    let files = [
        ("report.json", json(report, folder)?),
        ("det.svg", plot::det(&report.curves, &title)),
        ("scores.svg", plot::scores(&report.curves, &title)),
    ];
    files
        .into_iter()
        .map(|(name, text)| place(folder, name, &text))
        .collect()
}

/// A report as JSON.
pub(crate) fn json(report: &impl serde::Serialize, folder: &Path) -> Result<String, EvalError> {
    serde_json::to_string_pretty(report).map_err(|error| EvalError::Write {
        path: folder.to_owned(),
        source: error.into(),
    })
}

/// Writes a file whole or not at all.
pub(crate) fn place(folder: &Path, name: &str, text: &str) -> Result<PathBuf, EvalError> {
    let target = folder.join(name);
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".part-")
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(EvalError::write(&target))?;
    Ok(target)
}

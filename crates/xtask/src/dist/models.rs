//! The pack that is passed on, as the program that uses it describes it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xtask::setup::Fetched;

/// A model and its terms.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) file: String,
    pub(super) licence: String,
    pub(super) commercial: bool,
    pub(super) origin: String,
    pub(super) sha256: String,
}

/// The pack in use.
#[derive(Debug)]
pub(super) struct Pack {
    name: String,
    warning: Option<String>,
    /// By file, each once.
    pub(super) models: Vec<Model>,
    /// Models, manifest, licences.
    pub(super) files: Vec<PathBuf>,
}

impl Pack {
    /// What `rostro models --json` says of the pack that set-up installed.
    ///
    /// # Errors
    /// When it says that the pack is not usable, or nothing.
    pub(super) fn read(program: &Path, fetched: &Fetched) -> Result<Self> {
        let output = Command::new(program)
            .args(["models", "--json"])
            .env("ROSTRO_MODELS__DIR", &fetched.models)
            .env("ROSTRO_MODELS__PACK", &fetched.pack)
            .stderr(Stdio::inherit())
            .output()
            .context("rostro cannot be run")?;
        ensure!(output.status.success(), "rostro models failed: see above");
        let packs: Value = serde_json::from_slice(&output.stdout)?;
        let found = &packs[0];
        ensure!(
            found["name"] == fetched.pack.as_str() && found["error"].is_null(),
            "the pack {} is not usable: {}",
            fetched.pack,
            found["error"]
        );
        let mut pack = Self {
            name: fetched.pack.clone(),
            warning: found["warning"].as_str().map(str::to_owned),
            models: models(found)?,
            files: Vec::new(),
        };
        pack.files = pack.in_folder(&fetched.models.join(&fetched.pack))?;
        Ok(pack)
    }

    /// Only what belongs to it: files of an older manifest may lie there too.
    fn in_folder(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in folder.read_dir()? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.unwrap_or_default();
            let model = self.models.iter().any(|model| model.file == name);
            if model || name == "pack.toml" || name.starts_with("LICENSE.") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Licence and origin of each model.
    pub(super) fn text(&self) -> String {
        let mut text = format!("Models of the pack {}\n", self.name);
        if let Some(warning) = &self.warning {
            let _ = writeln!(text, "WARNING: {warning}");
        }
        for model in &self.models {
            let terms = if model.commercial {
                ""
            } else {
                "NON-COMMERCIAL: "
            };
            let _ = write!(
                text,
                "\n{}\n  licence {terms}{}\n  origin  {}\n  sha256  {}\n",
                model.file, model.licence, model.origin, model.sha256
            );
        }
        text
    }
}

fn models(pack: &Value) -> Result<Vec<Model>> {
    let list = pack["models"].as_array().context("a pack without models")?;
    let mut models: Vec<Model> = Vec::new();
    for one in list {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        // One file may have two tasks.
        if models
            .iter()
            .any(|model| one["file"] == model.file.as_str())
        {
            continue;
        }
        models.push(Model {
            file: text("file"),
            licence: text("licence"),
            commercial: one["commercial"] == true,
            origin: text("origin"),
            sha256: text("sha256"),
        });
    }
    models.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(models)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_with_two_tasks_is_listed_once() {
        let one = |role: &str, file: &str| json!({ "role": role, "file": file, "licence": "MIT", "commercial": role != "eyes", "origin": "o", "sha256": "s" });
        let found = json!({ "models": [one("liveness", "b.onnx"), one("detector", "a.onnx"), one("confirm", "a.onnx"), one("eyes", "c.onnx")] });
        let pack = Pack {
            name: "p".to_owned(),
            warning: None,
            models: models(&found).unwrap(),
            files: Vec::new(),
        };
        assert_eq!(
            pack.text(),
            "Models of the pack p\n\na.onnx\n  licence MIT\n  origin  o\n  sha256  s\n\nb.onnx\n  licence MIT\n  origin  o\n  sha256  s\n\nc.onnx\n  licence NON-COMMERCIAL: MIT\n  origin  o\n  sha256  s\n"
        );
    }
}

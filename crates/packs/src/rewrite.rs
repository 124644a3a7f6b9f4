//! Puts a measured calibration into a manifest and leaves the rest of it, comments included, as it is.

use std::{fs::File, io::Write as _, path::Path};

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value, value};

use crate::{Calibration, InstalledPack, LivenessCalibration, MANIFEST_FILE, Manifest, PackError};

/// The manifest's text with this calibration in `[embedder.calibration]`.
///
/// # Errors
/// What is wrong with the text, or would be, in words.
pub fn with_calibration(text: &str, calibration: &Calibration) -> Result<String, String> {
    edited(text, &["embedder", "calibration"], |table| {
        let Calibration {
            measured,
            model_sha256,
            provisional,
            own_data,
            impostor_mean,
            anchors,
        } = calibration;
        set(table, "measured", measured.as_str().into());
        set(table, "model_sha256", model_sha256.as_str().into());
        flag(table, "provisional", *provisional);
        flag(table, "own_data", *own_data);
        set(table, "impostor_mean", (*impostor_mean).into());
        let mut list = Array::new();
        for anchor in anchors {
            let mut one = InlineTable::new();
            one.insert("fmr", scientific(anchor.fmr));
            one.insert("cosine", anchor.cosine.into());
            if let Some(tar) = anchor.tar {
                one.insert("tar", tar.into());
            }
            if anchor.extrapolated {
                one.insert("extrapolated", true.into());
            }
            let mut one = Value::from(one);
            one.decor_mut().set_prefix("\n    ");
            list.push_formatted(one);
        }
        list.set_trailing("\n");
        list.set_trailing_comma(true);
        set(table, "anchors", list.into());
    })
}

/// The manifest's text with this calibration in `[liveness.calibration]`.
///
/// # Errors
/// What is wrong with the text, or would be, in words.
pub fn with_liveness_calibration(
    text: &str,
    calibration: &LivenessCalibration,
) -> Result<String, String> {
    edited(text, &["liveness", "calibration"], |table| {
        let LivenessCalibration {
            measured,
            equal_error,
            own_data,
        } = calibration;
        set(table, "measured", measured.as_str().into());
        set(table, "equal_error", (*equal_error).into());
        flag(table, "own_data", *own_data);
    })
}

/// `text`, a manifest that is to be installed, with the calibrations of `installed` that were measured on the operator's own data, as far
/// as they are of the models that `text` names too.
///
/// # Errors
/// What is wrong with the text, or would be, in words.
pub fn with_own_calibrations(text: &str, installed: &Manifest) -> Result<String, String> {
    let new = Manifest::parse(text)?;
    let mut text = text.to_owned();
    let own = &installed.embedder.calibration;
    let same_model = new.files.get(&new.embedder.file).is_some_and(|file| {
        let mut artefacts = file.artefacts.iter();
        artefacts.any(|artefact| artefact.sha256 == own.model_sha256)
    });
    if own.own_data && same_model {
        text = with_calibration(&text, own)?;
    }
    if let (Some(own), Some(role)) = (&installed.liveness, &new.liveness)
        && own.calibration.own_data
        && own.models == role.models
        && own.crops == role.crops
    {
        text = with_liveness_calibration(&text, &own.calibration)?;
    }
    Ok(text)
}

impl InstalledPack {
    /// Replaces the manifest on disk by what `change` makes of its text: whole or not at all. A server reads it at its next start.
    ///
    /// # Errors
    /// [`PackError::Io`]; [`PackError::Manifest`] when `change` fails or what it makes is no manifest.
    pub fn rewrite(
        &self,
        change: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<(), PackError> {
        let path = self.dir.join(MANIFEST_FILE);
        let io = |source| PackError::Io {
            path: path.clone(),
            source,
        };
        let text = std::fs::read_to_string(&path).map_err(io)?;
        let text = change(&text).map_err(|reason| PackError::Manifest {
            path: path.clone(),
            reason,
        })?;
        replace(&path, &self.dir, &text).map_err(io)
    }
}

fn replace(path: &Path, folder: &Path, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".part-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // The server may run as another user, who could read the old one.
    file.as_file()
        .set_permissions(path.metadata()?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself must survive a power cut too.
    File::open(folder)?.sync_all()
}

/// `text` with a table of it changed; what comes out is a valid manifest.
fn edited(
    text: &str,
    path: &[&str],
    change: impl FnOnce(&mut dyn TableLike),
) -> Result<String, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for key in path {
        table = table
            .get_mut(key)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| format!("there is no table [{}]", path.join(".")))?;
    }
    change(table);
    let text = document.to_string();
    Manifest::parse(&text)?;
    Ok(text)
}

/// Sets a value; its old spacing and comments stay.
fn set(table: &mut dyn TableLike, key: &str, new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(key, value(new))),
    }
}

/// A flag that is absent when false.
fn flag(table: &mut dyn TableLike, key: &str, on: bool) {
    if on {
        set(table, key, true.into());
    } else {
        table.remove(key);
    }
}

/// A rate as 1e-4, not as 0.0001.
fn scientific(rate: f64) -> Value {
    let text = format!("{rate:e}");
    text.parse().unwrap_or_else(|_| rate.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Anchor;

    fn shipped(name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        std::fs::read_to_string(path.join(format!("{name}.toml"))).unwrap()
    }

    fn own(text: &str) -> Calibration {
        let model_sha256 = Manifest::parse(text)
            .unwrap()
            .embedder
            .calibration
            .model_sha256;
        let cosines = [
            (1e-1, 0.05),
            (1e-2, 0.11),
            (1e-3, 0.22),
            (1e-4, 0.33),
            (1e-5, 0.44),
            (1e-6, 0.55),
        ];
        Calibration {
            measured: "my \"own\" pictures\nand more".to_owned(),
            model_sha256,
            provisional: true,
            own_data: true,
            impostor_mean: 0.01,
            anchors: cosines
                .map(|(fmr, cosine)| Anchor {
                    fmr,
                    cosine,
                    tar: (fmr > 1e-3).then_some(0.99),
                    extrapolated: fmr <= 1e-3,
                })
                .to_vec(),
        }
    }

    #[test]
    fn a_calibration_is_read_back_and_nothing_else_changes() {
        for name in [
            "standard",
            "compact",
            "opencv",
            "insightface",
            "mobilefacenet",
        ] {
            let text = shipped(name);
            let mut own = own(&text);
            if name == "compact" {
                own.impostor_mean = 0.0;
            }
            let new = with_calibration(&text, &own).unwrap();
            let (mut before, after) = (
                Manifest::parse(&text).unwrap(),
                Manifest::parse(&new).unwrap(),
            );
            assert_eq!(after.embedder.calibration, own, "{name}");
            before.embedder.calibration = own;
            assert_eq!(before, after, "{name}");
            let comments = |text: &str| text.matches('#').count();
            assert_eq!(comments(&text), comments(&new), "{name}: comments are kept");
            assert!(
                new.contains("\n    { fmr = 1e-4, cosine = 0.33, extrapolated = true },\n"),
                "{new}"
            );
        }
    }

    #[test]
    fn what_gives_no_manifest_is_refused() {
        let text = shipped("standard");
        let mut own = own(&text);
        own.anchors.pop();
        assert!(
            with_calibration(&text, &own)
                .unwrap_err()
                .contains("no anchor for fmr 1e-6")
        );
        // A manifest made by hand may have it in one line.
        let start = text.find("[embedder.calibration]").unwrap();
        let end = text.find("[liveness]").unwrap();
        let own = super::tests::own(&text);
        let inline = "calibration = { measured = \"x\", model_sha256 = \"\", impostor_mean = 0.0, anchors = [] }\n";
        let by_hand = format!("{}{inline}{}", &text[..start], &text[end..]);
        let new = with_calibration(&by_hand, &own).unwrap();
        assert_eq!(Manifest::parse(&new).unwrap().embedder.calibration, own);
        assert!(with_calibration("name = ", &own).is_err());
        assert!(
            with_calibration("name = 1", &own)
                .unwrap_err()
                .contains("[embedder.calibration]")
        );
    }

    #[test]
    fn own_measurements_outlive_a_new_manifest() {
        let text = shipped("standard");
        let mine = with_calibration(&text, &own(&text)).unwrap();
        let liveness = LivenessCalibration {
            measured: "mine".to_owned(),
            equal_error: 0.66,
            own_data: true,
        };
        let mine = with_liveness_calibration(&mine, &liveness).unwrap();
        let installed = Manifest::parse(&mine).unwrap();
        assert_eq!(with_own_calibrations(&text, &installed).unwrap(), mine);
        // Another model: what was measured says nothing of it.
        let other = text.replace(
            &installed.embedder.calibration.model_sha256,
            &"ab".repeat(32),
        );
        let kept = Manifest::parse(&with_own_calibrations(&other, &installed).unwrap()).unwrap();
        assert!(!kept.embedder.calibration.own_data);
        assert_eq!(kept.liveness.unwrap().calibration, liveness);
        // What shipped is replaced by what ships now.
        let untouched = Manifest::parse(&text).unwrap();
        assert_eq!(with_own_calibrations(&text, &untouched).unwrap(), text);
    }

    #[test]
    fn a_manifest_on_disk_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MANIFEST_FILE);
        std::fs::write(&path, shipped("standard")).unwrap();
        let pack = InstalledPack {
            dir: folder.path().to_owned(),
            manifest: Manifest::load(&path).unwrap(),
            files: std::collections::BTreeMap::new(),
        };
        assert!(pack.rewrite(|_| Err("no".to_owned())).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), shipped("standard"));
        let own = own(&shipped("standard"));
        pack.rewrite(|text| with_calibration(text, &own)).unwrap();
        assert_eq!(Manifest::load(&path).unwrap().embedder.calibration, own);
        assert_eq!(
            folder.path().read_dir().unwrap().count(),
            1,
            "nothing is left over"
        );
    }
}

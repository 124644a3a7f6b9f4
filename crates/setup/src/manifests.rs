//! The manifests that ship, in the program: set-up needs no file of the repository.

use anyhow::{Result, bail};

/// By the name of the pack, sorted.
const MANIFESTS: [(&str, &str); 5] = [
    ("compact", include_str!("../../../models/compact.toml")),
    (
        "insightface",
        include_str!("../../../models/insightface.toml"),
    ),
    (
        "mobilefacenet",
        include_str!("../../../models/mobilefacenet.toml"),
    ),
    ("opencv", include_str!("../../../models/opencv.toml")),
    ("standard", include_str!("../../../models/standard.toml")),
];

/// The manifest of the pack `name`.
///
/// # Errors
/// When there is none, naming those there are.
pub(crate) fn of(name: &str) -> Result<&'static str> {
    if let Some((_, text)) = MANIFESTS.iter().find(|(pack, _)| *pack == name) {
        return Ok(text);
    }
    let names: Vec<&str> = MANIFESTS.iter().map(|(pack, _)| *pack).collect();
    bail!(
        "there is no model pack {name:?}; choose one of: {}",
        names.join(", ")
    );
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use packs::Manifest;

    use super::*;

    #[test]
    fn every_manifest_of_the_repository_is_here_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let mut names: Vec<String> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, MANIFESTS.map(|(name, _)| name));
        for (name, text) in MANIFESTS {
            assert_eq!(Manifest::parse(text).unwrap().name, name);
        }
    }

    #[test]
    fn an_unknown_pack_is_refused_with_the_names_of_the_others() {
        let refused = of("../standard").unwrap_err().to_string();
        assert!(refused.contains("compact, insightface"), "{refused}");
    }
}

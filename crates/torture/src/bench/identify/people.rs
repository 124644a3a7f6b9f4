//! Who is in LFW's pairs set.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

/// Somebody with two pictures or more.
#[derive(Debug)]
pub(super) struct Person {
    /// As LFW writes it.
    pub(super) name: String,
    /// The picture that is enrolled.
    pub(super) first: PathBuf,
    /// The picture that is looked for.
    pub(super) second: PathBuf,
}

/// Everybody, by the number of pictures.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) known: Vec<Person>,
    /// The pictures of those who have one only.
    pub(super) strangers: Vec<PathBuf>,
}

impl People {
    /// Those in the folder `lfw`, whose pictures are those of the pairs set.
    ///
    /// # Errors
    /// When it cannot be read, or nobody is there.
    pub(super) fn of(lfw: &Path) -> Result<Self> {
        let mut people = Self::default();
        for (name, pictures) in everybody(lfw)? {
            let mut pictures = pictures.into_iter();
            match (pictures.next(), pictures.next()) {
                (Some(first), Some(second)) => people.known.push(Person {
                    name,
                    first,
                    second,
                }),
                (Some(only), None) => people.strangers.push(only),
                (None, _) => {}
            }
        }
        Ok(people)
    }
}

/// Everybody in the folder `lfw` by name, with all pictures.
///
/// # Errors
/// When it cannot be read, or nobody is there.
pub(super) fn everybody(lfw: &Path) -> Result<Vec<(String, Vec<PathBuf>)>> {
    let images = lfw.join("images");
    let mut people = Vec::new();
    for folder in sorted(&images)? {
        if let Some(name) = folder.file_name() {
            let name = name.to_string_lossy().replace('_', " ");
            people.push((name, sorted(&folder)?));
        }
    }
    ensure!(!people.is_empty(), "nobody is in {}", images.display());
    Ok(people)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("{} cannot be read", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        paths.push(entry.with_context(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

//! A folder with one sub-folder per person.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use inference::PICTURE_ENDINGS;

use crate::EvalError;

/// LFW's list of pairs, found by its name.
const PAIRS: &str = "pairs.txt";
/// LFW's folder of people, beside its lists.
const IMAGES: &str = "images";

/// One picture of a labelled person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it lies.
    pub path: PathBuf,
    /// `PERSON/FILE`, as reports name it.
    pub name: String,
    /// Whose it is: a place in [`DataSet::people`].
    pub person: usize,
}

/// Pictures of labelled people.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The folder that was given.
    pub folder: PathBuf,
    /// The names of the sub-folders, sorted.
    pub people: Vec<String>,
    /// By person, then by name.
    pub pictures: Vec<Picture>,
    /// A list of pairs that lies in the folder.
    pub pairs: Option<PathBuf>,
}

impl DataSet {
    /// Looks through `folder`: a sub-folder per person with pictures in it, or LFW's layout (`images/PERSON/...` and `pairs.txt`).
    /// Hidden files and files that are no pictures by their ending are passed over, and so are folders without a picture.
    ///
    /// # Errors
    /// [`EvalError::Read`], [`EvalError::NoPeople`], [`EvalError::OnePerson`].
    pub fn open(folder: &Path) -> Result<Self, EvalError> {
        let images = folder.join(IMAGES);
        let root = if images.is_dir() && !sub_folders(&images)?.is_empty() {
            images
        } else {
            folder.to_owned()
        };
        let mut data = Self {
            folder: folder.to_owned(),
            people: Vec::new(),
            pictures: Vec::new(),
            pairs: Some(folder.join(PAIRS)).filter(|path| path.is_file()),
        };
        for person in sub_folders(&root)? {
            let pictures = pictures_in(&person)?;
            if pictures.is_empty() {
                continue;
            }
            let name = file_name(&person);
            let number = data.people.len();
            data.pictures
                .extend(pictures.into_iter().map(|path| Picture {
                    name: format!("{name}/{}", file_name(&path)),
                    path,
                    person: number,
                }));
            data.people.push(name);
        }
        match data.people.len() {
            0 => Err(EvalError::NoPeople(folder.to_owned())),
            1 => Err(EvalError::OnePerson(folder.to_owned())),
            _ => Ok(data),
        }
    }

    /// The places of the pictures by their names.
    pub(crate) fn by_name(&self) -> BTreeMap<&str, usize> {
        let places = self.pictures.iter().enumerate();
        places
            .map(|(place, picture)| (picture.name.as_str(), place))
            .collect()
    }
}

/// The name of a file or folder, for people to read.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The folders in `folder`, by name.
pub(crate) fn sub_folders(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    entries(folder, |path| path.is_dir())
}

/// The pictures in `folder`, by name.
pub(crate) fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    entries(folder, |path| {
        let end = path.extension().unwrap_or_default().to_ascii_lowercase();
        path.is_file() && PICTURE_ENDINGS.iter().any(|known| end == *known)
    })
}

/// What `keep` keeps of a folder, by name, without what is hidden.
fn entries(folder: &Path, keep: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, EvalError> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    let mut paths = read().map_err(EvalError::read(folder))?;
    paths.retain(|path| !file_name(path).starts_with('.') && keep(path));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    #[test]
    fn a_sub_folder_is_a_person() {
        let folder = folder(&[
            "Bo/b.JPG",
            "Bo/a.png",
            "Bo/notes.txt",
            "Ana/1.webp",
            "empty/x.txt",
            ".git/x.jpg",
            "loose.jpg",
        ]);
        let data = DataSet::open(folder.path()).unwrap();
        assert_eq!(data.people, ["Ana", "Bo"]);
        let names: Vec<_> = data
            .pictures
            .iter()
            .map(|picture| (picture.name.as_str(), picture.person))
            .collect();
        assert_eq!(names, [("Ana/1.webp", 0), ("Bo/a.png", 1), ("Bo/b.JPG", 1)]);
        assert!(data.pairs.is_none());
        assert_eq!(data.by_name()["Bo/a.png"], 1);
    }

    #[test]
    fn the_layout_of_lfw_is_known() {
        let folder = folder(&[
            "images/Ana/1.jpg",
            "images/Bo/1.jpg",
            "pairs.txt",
            "other/1.jpg",
        ]);
        let data = DataSet::open(folder.path()).unwrap();
        assert_eq!(data.people, ["Ana", "Bo"]);
        assert_eq!(data.pairs, Some(folder.path().join("pairs.txt")));
    }

    #[test]
    fn a_person_may_be_called_images() {
        let folder = folder(&["images/1.jpg", "Bo/1.jpg"]);
        assert_eq!(
            DataSet::open(folder.path()).unwrap().people,
            ["Bo", "images"]
        );
    }

    #[test]
    fn too_little_is_refused_in_a_sentence() {
        let fault = |files: &[&str]| DataSet::open(folder(files).path()).unwrap_err().to_string();
        assert!(fault(&[]).ends_with("has no sub-folder with pictures: one per person is needed"));
        assert!(fault(&["loose.jpg", "Ana/readme.txt"]).contains("no sub-folder with pictures"));
        assert!(fault(&["Ana/1.jpg", "Ana/2.jpg"]).contains("one person only"));
        let missing = DataSet::open(Path::new("/nowhere"))
            .unwrap_err()
            .to_string();
        assert!(missing.starts_with("/nowhere cannot be read"), "{missing}");
    }
}

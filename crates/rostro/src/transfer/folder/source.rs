//! Who is to be enrolled with which pictures: from a folder, or from a list.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use inference::PICTURE_ENDINGS;
use time::Date;

use super::{RefusedPicture, distinct};
use crate::transfer::archive::date;

/// A person to enrol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePerson {
    /// As in the folder's name or in the list.
    pub name: String,
    /// If given.
    pub date_of_birth: Option<Date>,
    /// In order of preference.
    pub pictures: Vec<PathBuf>,
}

/// Everybody to enrol.
#[derive(Debug, Default)]
pub struct Source {
    /// One entry per name and date of birth.
    pub people: Vec<SourcePerson>,
    /// What is no person.
    pub refused: Vec<RefusedPicture>,
}

impl Source {
    /// One sub-folder per person. `_` in its name stands for a space. Hidden files, and files that are no pictures by their
    /// ending, are passed over.
    ///
    /// # Errors
    /// A folder cannot be read, or there is no sub-folder.
    pub fn folder(folder: &Path) -> Result<Self> {
        let mut people = People::default();
        for path in sorted(folder)?.into_iter().filter(|path| path.is_dir()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.replace('_', " ");
            let is_picture = |path: &PathBuf| {
                let end = path.extension().unwrap_or_default().to_ascii_lowercase();
                path.is_file() && PICTURE_ENDINGS.iter().any(|known| end == *known)
            };
            let pictures = sorted(&path)?.into_iter().filter(is_picture).collect();
            people.add(name.trim(), None, pictures);
        }
        ensure!(
            !people.0.is_empty(),
            "{} has no sub-folders: one per person is needed",
            folder.display()
        );
        Ok(people.into_source(Vec::new()))
    }

    /// A list: name, date of birth, pictures relative to the list. Lines of one name and date of birth are one person.
    ///
    /// # Errors
    /// The file cannot be read, or is no CSV.
    pub fn csv(file: &Path) -> Result<Self> {
        let unreadable = || format!("{} cannot be read", file.display());
        let mut lines = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_path(file)
            .with_context(unreadable)?;
        let header = lines.headers().with_context(unreadable)?;
        ensure!(
            header.get(0) == Some("name") && header.get(1) == Some("date_of_birth"),
            "{} must begin with the header name,date_of_birth,picture",
            file.display()
        );
        let folder = file.parent().unwrap_or(Path::new(""));
        let (mut people, mut refused) = (People::default(), Vec::new());
        for line in lines.records() {
            let line = line.with_context(unreadable)?;
            let (name, born) = (
                line.get(0).unwrap_or_default(),
                line.get(1).unwrap_or_default(),
            );
            let born = match born {
                "" => Ok(None),
                text => date(text).map(Some),
            };
            let pictures = line.iter().skip(2).filter(|path| !path.is_empty());
            let pictures = pictures.map(|path| folder.join(path)).collect();
            match born {
                Ok(born) if !name.is_empty() => people.add(name, born, pictures),
                fault => refused.push(RefusedPicture {
                    person: format!("line {}", line.position().map_or(0, csv::Position::line)),
                    picture: None,
                    reason: if fault.is_err() {
                        "date_of_birth is not YYYY-MM-DD"
                    } else {
                        "there is no name"
                    }
                    .to_owned(),
                }),
            }
        }
        Ok(people.into_source(refused))
    }
}

#[derive(Default)]
struct People(BTreeMap<(String, Option<Date>), Vec<PathBuf>>);

impl People {
    fn add(&mut self, name: &str, born: Option<Date>, pictures: Vec<PathBuf>) {
        self.0
            .entry((name.to_owned(), born))
            .or_default()
            .extend(pictures);
    }

    fn into_source(self, refused: Vec<RefusedPicture>) -> Source {
        let people = self
            .0
            .into_iter()
            .map(|((name, date_of_birth), pictures)| SourcePerson {
                name,
                date_of_birth,
                pictures: distinct(pictures),
            });
        Source {
            people: people.collect(),
            refused,
        }
    }
}

/// What is in a folder, by name, without what is hidden.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    let mut paths =
        read().with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default();
        !name.to_string_lossy().starts_with('.')
    });
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &Source) -> Vec<(&str, usize)> {
        source
            .people
            .iter()
            .map(|one| (one.name.as_str(), one.pictures.len()))
            .collect()
    }

    #[test]
    fn a_folder_has_a_sub_folder_per_person() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "Ana_Pérez/2.JPG",
            "Ana_Pérez/1.png",
            "Ana_Pérez/notes.txt",
            "Ana_Pérez/.hidden.jpg",
            "Bo/a.webp",
            ".git/x.jpg",
            "loose.jpg",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let source = Source::folder(folder.path()).unwrap();
        assert_eq!(names(&source), [("Ana Pérez", 2), ("Bo", 1)]);
        assert!(source.people[0].pictures[0].ends_with("1.png"));
        assert!(Source::folder(&folder.path().join("Bo")).is_err());
    }

    #[test]
    fn a_list_has_a_line_per_person() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people.csv");
        let text = "name,date_of_birth,picture\n\
                    \"Pérez, Ana\",1990-01-15,a.jpg,b/c.jpg\n\
                    Bo,,d.jpg\n\
                    \"Pérez, Ana\",1990-01-15,a.jpg,e.jpg\n\
                    Bad,15.1.1990,f.jpg\n\
                    ,,g.jpg\n";
        std::fs::write(&file, text).unwrap();
        let source = Source::csv(&file).unwrap();
        assert_eq!(names(&source), [("Bo", 1), ("Pérez, Ana", 3)]);
        assert_eq!(source.people[1].pictures[1], folder.path().join("b/c.jpg"));
        let reasons: Vec<(&str, &str)> = source
            .refused
            .iter()
            .map(|one| (one.person.as_str(), one.reason.as_str()))
            .collect();
        assert_eq!(
            reasons,
            [
                ("line 5", "date_of_birth is not YYYY-MM-DD"),
                ("line 6", "there is no name")
            ]
        );
        std::fs::write(&file, "Bo,,d.jpg\n").unwrap();
        assert!(Source::csv(&file).is_err(), "the header is missing");
    }
}

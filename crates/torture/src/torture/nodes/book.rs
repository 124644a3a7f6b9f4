//! What was acknowledged with which revision, and whether searches answered by it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::torture::{judge::SAME, ledger::Enrolment};

/// A person, by name, which is used once only.
#[derive(Debug)]
struct Entry {
    enrolment: Enrolment,
    /// The enrolment's revision, once it is acknowledged.
    since: Option<i64>,
    /// When somebody first asked to delete the person.
    deleting: Option<Instant>,
    /// The deletion's revision, once it is acknowledged.
    until: Option<i64>,
}

/// What all clients were told.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: Mutex<BTreeMap<String, Entry>>,
}

/// An answered search.
#[derive(Debug)]
pub(super) struct Sighting {
    /// Which gateway.
    pub(super) node: usize,
    /// Which collection, which picture.
    pub(super) probe: (usize, usize),
    /// What it saw, as it said.
    pub(super) revision: i64,
    /// When the answer was there.
    pub(super) at: Instant,
    /// Whom it found, with the score, by name.
    pub(super) found: BTreeMap<String, f64>,
    /// Whether it has as many as were asked for: others may be left out.
    pub(super) full: bool,
}

impl Book {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody is enrolled already, up to this revision.
    pub(super) fn known(&self, enrolment: &Enrolment, revision: i64) {
        self.enrolling(enrolment);
        self.enrolled(&enrolment.name, revision);
    }

    /// An enrolment is about to be asked for.
    pub(super) fn enrolling(&self, enrolment: &Enrolment) {
        let entry = Entry {
            enrolment: enrolment.clone(),
            since: None,
            deleting: None,
            until: None,
        };
        self.entries().insert(enrolment.name.clone(), entry);
    }

    /// It was acknowledged.
    pub(super) fn enrolled(&self, name: &str, revision: i64) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.since = Some(revision);
        }
    }

    /// A deletion is about to be asked for.
    pub(super) fn deleting(&self, name: &str) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.deleting.get_or_insert_with(Instant::now);
        }
    }

    /// It was acknowledged.
    pub(super) fn deleted(&self, name: &str, revision: i64) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.until = Some(revision);
        }
    }

    /// How much the searches are tested by: persons that one had to find, and deleted ones of its collection that it must not.
    pub(super) fn owed(&self, sightings: &[Sighting]) -> (usize, usize) {
        let entries = self.entries();
        let count = |test: &dyn Fn(&Entry, &Sighting) -> bool| {
            let of_one = |sighting| entries.values().filter(|one| test(one, sighting)).count();
            sightings.iter().map(of_one).sum()
        };
        let barred = |entry: &Entry, sighting: &Sighting| {
            entry.enrolment.collections.contains(&sighting.probe.0)
                && entry.until.is_some_and(|end| end <= sighting.revision)
        };
        (count(&Entry::must_be_in), count(&barred))
    }

    /// What is wrong with what searches answered.
    pub(super) fn wrong(&self, sightings: &[Sighting]) -> Vec<String> {
        let entries = self.entries();
        sightings
            .iter()
            .flat_map(|sighting| {
                let (collection, picture) = sighting.probe;
                let place = format!(
                    "gateway {}, collection {collection}, picture {picture}, revision {}",
                    sighting.node + 1,
                    sighting.revision
                );
                let too_many = sighting.found.keys().filter_map(|name| {
                    let why = match entries.get(name) {
                        None => "whom nobody enrolled",
                        Some(entry) if !entry.enrolment.collections.contains(&collection) => {
                            "who is in another collection"
                        }
                        Some(entry) if entry.until.is_some_and(|end| end <= sighting.revision) => {
                            "who was deleted before"
                        }
                        Some(_) => return None,
                    };
                    Some(format!("found {name:?}, {why}"))
                });
                let too_few = entries
                    .iter()
                    .filter(|(_, entry)| entry.must_be_in(sighting))
                    .filter(|(name, _)| {
                        let score = sighting.found.get(name.as_str());
                        score.is_none_or(|score| *score < SAME)
                    })
                    .map(|(name, _)| format!("did not find {name:?}, who was enrolled before"));
                let wrong: Vec<String> = too_many
                    .chain(too_few)
                    .map(|what| format!("{place}: {what}"))
                    .collect();
                wrong
            })
            .collect()
    }
}

impl Entry {
    /// Whether the search must have found the person: the probe is a picture of it, enrolled up to what the search saw, and nobody had
    /// asked to delete it when the answer was there. A search may see more than it says, so a deletion under way excuses it.
    fn must_be_in(&self, sighting: &Sighting) -> bool {
        let (collection, picture) = sighting.probe;
        !sighting.full
            && self.enrolment.collections.contains(&collection)
            && self.enrolment.pictures.contains(&picture)
            && self.since.is_some_and(|since| since <= sighting.revision)
            && self.deleting.is_none_or(|asked| asked > sighting.at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn anna() -> Enrolment {
        Enrolment {
            name: "Anna".to_owned(),
            pictures: BTreeSet::from([2]),
            collections: BTreeSet::from([0]),
        }
    }

    fn sighting(revision: i64, found: &[&str]) -> Sighting {
        Sighting {
            node: 0,
            probe: (0, 2),
            revision,
            at: Instant::now(),
            found: found
                .iter()
                .map(|name| ((*name).to_owned(), 0.99))
                .collect(),
            full: false,
        }
    }

    /// Whether the answer is wrong by what the book says in the end.
    fn is_wrong(book: &Book, sighting: Sighting) -> bool {
        !book.wrong(&[sighting]).is_empty()
    }

    #[test]
    fn who_is_enrolled_is_found_from_that_revision_on() {
        let book = Book::default();
        book.known(&anna(), 7);
        assert!(!is_wrong(&book, sighting(7, &["Anna"])));
        assert!(is_wrong(&book, sighting(7, &[])));
        assert!(!is_wrong(&book, sighting(6, &[])));
        assert_eq!(book.owed(&[sighting(7, &[]), sighting(6, &[])]), (1, 0));
        // A search may see more than it says.
        assert!(!is_wrong(&book, sighting(6, &["Anna"])));
        let elsewhere = |probe| Sighting {
            probe,
            ..sighting(7, &[])
        };
        assert!(!is_wrong(&book, elsewhere((0, 1))));
        assert!(!is_wrong(&book, elsewhere((1, 2))));
        let full = Sighting {
            full: true,
            ..sighting(7, &[])
        };
        assert!(!is_wrong(&book, full));
        let mut unlike = sighting(7, &["Anna"]);
        unlike.found.insert("Anna".to_owned(), 0.5);
        assert!(is_wrong(&book, unlike));
    }

    #[test]
    fn who_is_deleted_is_not_found_from_that_revision_on() {
        let book = Book::default();
        book.known(&anna(), 7);
        let before = sighting(7, &[]);
        book.deleting("Anna");
        assert!(is_wrong(&book, before), "nobody had asked to delete her");
        let during = || sighting(7, &[]);
        assert!(!is_wrong(&book, during()));
        book.deleted("Anna", 9);
        assert!(!is_wrong(&book, sighting(8, &["Anna"])));
        assert!(is_wrong(&book, sighting(9, &["Anna"])));
        assert_eq!(book.owed(&[sighting(8, &[]), sighting(9, &[])]), (0, 1));
        assert!(!is_wrong(&book, sighting(9, &[])));
    }

    #[test]
    fn nobody_is_found_whom_nobody_put_there() {
        let book = Book::default();
        assert!(is_wrong(&book, sighting(1, &["Anna"])));
        book.enrolling(&anna());
        // In doubt.
        assert!(!is_wrong(&book, sighting(1, &["Anna"])));
        assert!(!is_wrong(&book, sighting(1, &[])));
        let elsewhere = Sighting {
            probe: (1, 2),
            ..sighting(1, &["Anna"])
        };
        assert!(is_wrong(&book, elsewhere));
    }
}

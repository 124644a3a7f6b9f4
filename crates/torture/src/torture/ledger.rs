//! What one client asked for, and what it was told.

use std::collections::{BTreeMap, BTreeSet};

/// A person to enrol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Enrolment {
    /// Used once only.
    pub(super) name: String,
    /// Which of the pictures, one face each.
    pub(super) pictures: BTreeSet<usize>,
    /// Which of the collections.
    pub(super) collections: BTreeSet<usize>,
}

/// What a client knows of its persons. Ids are the server's.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Enrolled, as the server said.
    pub(super) living: BTreeMap<String, Enrolment>,
    /// Enrolled in this round under an id of the caller's, as the server said; by name.
    pub(super) named: BTreeMap<String, Enrolment>,
    /// Deleted in this round, as the server said.
    pub(super) deleted: BTreeSet<String>,
    /// Asked to be enrolled in this round; no answer came.
    pub(super) maybe_enrolled: Vec<Enrolment>,
    /// Asked to be deleted in this round; no answer came.
    pub(super) maybe_deleted: BTreeMap<String, Enrolment>,
    /// Answers of this round that no client should get.
    pub(super) refusals: Vec<String>,
    /// How often this round was told to try again later, where that may be.
    pub(super) put_off: usize,
    /// How many enrolments this round acknowledged.
    pub(super) enrolled: usize,
    /// How many deletions this round acknowledged.
    pub(super) removed: usize,
}

impl Ledger {
    /// How many requests of this round the server acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        self.enrolled + self.removed
    }

    /// How many requests of this round are in doubt.
    pub(super) fn in_doubt(&self) -> usize {
        self.maybe_enrolled.len() + self.maybe_deleted.len()
    }

    /// Ends the round: `here` are the persons in doubt, and those of whom only the name was known, who turned out to be there.
    pub(super) fn settle(&mut self, here: &BTreeMap<String, Enrolment>) {
        for (id, enrolment) in here {
            let own = self.maybe_deleted.contains_key(id)
                || self.named.get(&enrolment.name) == Some(enrolment)
                || self.maybe_enrolled.iter().any(|one| one == enrolment);
            if own {
                self.living.insert(id.clone(), enrolment.clone());
            }
        }
        *self = Self {
            living: std::mem::take(&mut self.living),
            ..Self::default()
        };
    }
}

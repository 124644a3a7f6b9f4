//! What the server shows against what the clients were told.

use std::collections::BTreeMap;

use super::{
    ledger::{Enrolment, Ledger},
    seen::{Record, Seen},
};

/// Least score of a person whose enrolled picture itself is the probe.
pub(super) const SAME: f64 = 0.95;

/// What is wrong with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Enrolled, as a client was told, and not there, or not whole.
    Lost,
    /// There, and should not be.
    Ghost,
    /// In doubt, and neither whole nor absent.
    Half,
}

/// The judgement of a round.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// What is wrong with whom, by id, and how it shows first.
    pub(super) faults: BTreeMap<(Fault, String), String>,
    /// The persons in doubt who are there, and those of whom only the name was known.
    pub(super) here: BTreeMap<String, Enrolment>,
    /// How many of them were in doubt.
    pub(super) doubtful: usize,
}

impl Judgement {
    /// How many persons have this fault.
    pub(super) fn count(&self, fault: Fault) -> usize {
        self.faults.keys().filter(|(one, _)| *one == fault).count()
    }

    fn blame(&mut self, fault: Fault, id: &str, how: impl Into<String>) {
        self.faults
            .entry((fault, id.to_owned()))
            .or_insert_with(|| how.into());
    }
}

/// Judges.
pub(super) fn judge(ledgers: &[Ledger], seen: &Seen) -> Judgement {
    let mut judgement = Judgement::default();
    let living: BTreeMap<&String, &Enrolment> =
        ledgers.iter().flat_map(|one| &one.living).collect();
    let maybe_deleted: BTreeMap<&String, &Enrolment> =
        ledgers.iter().flat_map(|one| &one.maybe_deleted).collect();
    let mut maybe_enrolled: BTreeMap<&str, &Enrolment> = ledgers
        .iter()
        .flat_map(|one| &one.maybe_enrolled)
        .map(|one| (one.name.as_str(), one))
        .collect();

    let mut named: BTreeMap<&str, &Enrolment> = ledgers
        .iter()
        .flat_map(|one| &one.named)
        .map(|(name, one)| (name.as_str(), one))
        .collect();
    let mut told = BTreeMap::new();

    for (id, name) in &seen.listed {
        if living.contains_key(id) {
            continue;
        }
        if let Some(enrolment) = named.remove(name.as_str()) {
            told.insert(id.clone(), enrolment.clone());
            continue;
        }
        let doubtful = match maybe_deleted.get(id) {
            Some(enrolment) => Some(*enrolment),
            // Taken out: an enrolment makes one person.
            None => maybe_enrolled.remove(name.as_str()),
        };
        match doubtful {
            Some(enrolment) => {
                judgement.here.insert(id.clone(), enrolment.clone());
            }
            None => judgement.blame(Fault::Ghost, id, "in the list of persons"),
        }
    }
    for id in living.keys().filter(|id| !seen.listed.contains_key(**id)) {
        judgement.blame(Fault::Lost, id, "not in the list of persons");
    }

    for name in named.keys() {
        judgement.blame(
            Fault::Lost,
            name,
            "nobody of this name in the list of persons",
        );
    }

    let doubtful = judgement.here.clone();
    let present: BTreeMap<&String, (&Enrolment, Fault)> = living
        .into_iter()
        .chain(&told)
        .map(|(id, enrolment)| (id, (enrolment, Fault::Lost)))
        .chain(
            doubtful
                .iter()
                .map(|(id, enrolment)| (id, (enrolment, Fault::Half))),
        )
        .collect();
    for (id, (enrolment, fault)) in &present {
        if let Some(how) = unlike(enrolment, id, seen) {
            judgement.blame(*fault, id, how);
        }
    }
    for (id, record) in &seen.fetched {
        if record.is_some() && !present.contains_key(id) {
            judgement.blame(Fault::Ghost, id, "known by id");
        }
    }
    for ((collection, picture), found) in &seen.found {
        for id in found.keys() {
            let member = present
                .get(id)
                .is_some_and(|(enrolment, _)| enrolment.collections.contains(collection));
            if !member {
                judgement.blame(
                    Fault::Ghost,
                    id,
                    format!("found in collection {collection} by picture {picture}"),
                );
            }
        }
    }
    judgement.doubtful = judgement.here.len();
    judgement.here.extend(told.clone());
    judgement
}

/// How the server shows a person that is there otherwise than as it was enrolled.
fn unlike(enrolment: &Enrolment, id: &String, seen: &Seen) -> Option<String> {
    let record = seen.fetched.get(id).cloned().flatten();
    let Some(record) = record else {
        return Some("not known by id".to_owned());
    };
    let wanted = Record {
        name: enrolment.name.clone(),
        thumbnails: enrolment.pictures.len(),
        collections: enrolment.collections.iter().copied().map(Some).collect(),
    };
    if record != wanted {
        return Some(format!("{record:?} instead of {wanted:?}"));
    }
    for &collection in &enrolment.collections {
        for &picture in &enrolment.pictures {
            let score = seen
                .found
                .get(&(collection, picture))
                .and_then(|found| found.get(id));
            if score.is_none_or(|score| *score < SAME) {
                return Some(format!(
                    "score {score:?} in collection {collection} for its picture {picture}"
                ));
            }
        }
    }
    None
}

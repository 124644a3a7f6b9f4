//! A client that enrols and deletes until the server is gone.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use rand::{RngExt as _, rngs::StdRng};

use super::{
    api::{Answer, Api, Dialect, text},
    ledger::{Enrolment, Ledger},
};

/// Most persons of one client: those of all clients in one collection must fit into one answer to a search.
const MOST: usize = 20;

/// Where a client works.
#[derive(Debug)]
pub(super) struct Scene {
    /// Pictures in base64.
    pub(super) pictures: Vec<String>,
    /// The collections.
    pub(super) collections: Vec<Collection>,
}

/// A collection.
#[derive(Debug)]
pub(super) struct Collection {
    /// By which some dialects name it.
    pub(super) code: String,
    /// By which one does.
    pub(super) name: String,
}

/// One client of one round.
pub(super) struct Client<'a> {
    /// A connection of its own.
    pub(super) api: Api,
    /// Its words.
    pub(super) dialect: Dialect,
    /// Common to all clients.
    pub(super) scene: &'a Scene,
    /// Its own.
    pub(super) ledger: &'a mut Ledger,
    /// Seeded for this client and round.
    pub(super) random: StdRng,
    /// The database may be away: 503 is what a client is told then.
    pub(super) tolerant: bool,
    /// Starts the names of its persons; of letters, as digits are taken out of names.
    pub(super) prefix: String,
}

impl Client<'_> {
    /// Works until the server no longer answers, or `stop` is set.
    pub(super) fn work(mut self, stop: &AtomicBool) {
        for turn in 0.. {
            let many = self.ledger.living.len() + self.ledger.named.len();
            let delete = many >= MOST || (many > 0 && self.random.random_bool(0.45));
            let gone = if delete {
                self.delete()
            } else {
                self.enrol(turn)
            };
            if gone || stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Whether the server is gone.
    fn enrol(&mut self, turn: u32) -> bool {
        let enrolment = Enrolment {
            name: format!("{} {}", self.prefix, letters(turn)),
            pictures: self.some(self.scene.pictures.len(), self.most(3)),
            collections: self.some(self.scene.collections.len(), self.most(2)),
        };
        match self.api.enrol(self.dialect, &enrolment, self.scene) {
            Answer::Done(_) if self.dialect != Dialect::Verifik => {
                self.ledger.named.insert(enrolment.name.clone(), enrolment);
                self.ledger.enrolled += 1;
                false
            }
            Answer::Done(person) => {
                match text(&person, "_id") {
                    Ok(id) => {
                        self.ledger.living.insert(id, enrolment);
                        self.ledger.enrolled += 1;
                    }
                    Err(error) => self.ledger.refusals.push(format!("enrolment: {error}")),
                }
                false
            }
            Answer::Refused(status, message) => {
                self.refused("enrolment", status, &message);
                self.ledger.maybe_enrolled.push(enrolment);
                false
            }
            Answer::Cut => {
                self.ledger.maybe_enrolled.push(enrolment);
                true
            }
            Answer::Unsent => true,
        }
    }

    /// Whether the server is gone.
    fn delete(&mut self) -> bool {
        let known = self.ledger.living.len();
        let nth = self.random.random_range(0..known + self.ledger.named.len());
        // Whose id is not known yet is known by name.
        let mut all = self.ledger.living.iter().chain(&self.ledger.named);
        let Some((id, enrolment)) = all.nth(nth) else {
            return false;
        };
        let (id, enrolment) = (id.clone(), enrolment.clone());
        let answer = self.api.delete(self.dialect, &id, &enrolment, self.scene);
        if matches!(answer, Answer::Unsent) {
            return true;
        }
        let named = nth >= known;
        if named {
            self.ledger.named.remove(&id);
        } else {
            self.ledger.living.remove(&id);
        }
        if matches!(answer, Answer::Done(_)) {
            self.ledger.removed += 1;
            if !named {
                self.ledger.deleted.insert(id);
            }
            return false;
        }
        if let Answer::Refused(status, message) = &answer {
            self.refused(&format!("deletion of {id}"), *status, message);
        }
        // In doubt; of a name alone: there as it was enrolled, or not.
        if named {
            self.ledger.maybe_enrolled.push(enrolment);
        } else {
            self.ledger.maybe_deleted.insert(id, enrolment);
        }
        matches!(answer, Answer::Cut)
    }

    fn refused(&mut self, what: &str, status: u16, message: &str) {
        if self.tolerant && status == 503 {
            self.ledger.put_off += 1;
        } else {
            self.ledger
                .refusals
                .push(format!("{what}: {status} {message}"));
        }
    }

    /// `most`, but for the dialect whose requests have one picture and one collection.
    fn most(&self, most: usize) -> usize {
        match self.dialect {
            Dialect::OnPremise => 1,
            _ => most,
        }
    }

    /// 1 to `most` of the numbers below `count`; one is likeliest.
    fn some(&mut self, count: usize, most: usize) -> BTreeSet<usize> {
        let draws = if self.random.random_bool(0.6) {
            1
        } else {
            most
        };
        (0..draws)
            .map(|_| self.random.random_range(0..count))
            .collect()
    }
}

/// `number` in letters: no two are alike.
pub(super) fn letters(number: u32) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}

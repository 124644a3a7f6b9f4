//! A client that enrols and deletes until the server is gone.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use rand::{RngExt as _, rngs::StdRng};

use super::{
    api::{Answer, Api, text},
    ledger::{Enrolment, Ledger},
};

/// Most persons of one client: those of all clients in one collection must fit into one answer to a search.
const MOST: usize = 20;

/// Where a client works.
#[derive(Debug)]
pub(super) struct Scene {
    /// Pictures in base64.
    pub(super) pictures: Vec<String>,
    /// Codes of the collections.
    pub(super) collections: Vec<String>,
}

/// One client of one round.
pub(super) struct Client<'a> {
    /// A connection of its own.
    pub(super) api: Api,
    /// Common to all clients.
    pub(super) scene: &'a Scene,
    /// Its own.
    pub(super) ledger: &'a mut Ledger,
    /// Seeded for this client and round.
    pub(super) random: StdRng,
    /// Starts the names of its persons; of letters, as digits are taken out of names.
    pub(super) prefix: String,
}

impl Client<'_> {
    /// Works until the server no longer answers, or `stop` is set.
    pub(super) fn work(mut self, stop: &AtomicBool) {
        for turn in 0.. {
            let many = self.ledger.living.len();
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
            pictures: self.some(self.scene.pictures.len(), 3),
            collections: self.some(self.scene.collections.len(), 2),
        };
        let scene = self.scene;
        match self
            .api
            .enrol(&enrolment, &scene.pictures, &scene.collections)
        {
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
                self.ledger
                    .refusals
                    .push(format!("enrolment: {status} {message}"));
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
        let nth = self.random.random_range(0..self.ledger.living.len());
        let Some(id) = self.ledger.living.keys().nth(nth).cloned() else {
            return false;
        };
        let answer = self.api.delete(&id);
        if matches!(answer, Answer::Unsent) {
            return true;
        }
        let Some(enrolment) = self.ledger.living.remove(&id) else {
            return false;
        };
        match answer {
            Answer::Done(_) => {
                self.ledger.deleted.insert(id);
                false
            }
            Answer::Refused(status, message) => {
                self.ledger
                    .refusals
                    .push(format!("deletion of {id}: {status} {message}"));
                self.ledger.maybe_deleted.insert(id, enrolment);
                false
            }
            Answer::Cut | Answer::Unsent => {
                self.ledger.maybe_deleted.insert(id, enrolment);
                true
            }
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

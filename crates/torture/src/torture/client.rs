//! A client that enrols and deletes until the server is gone.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use rand::{RngExt as _, rngs::StdRng};

use super::{
    api::{Answer, Api, Dialect, Refusal, text},
    ledger::{Enrolment, Ledger},
};

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
    /// Most persons of it: those of all clients in one collection must fit into one answer to a search.
    pub(super) most: usize,
}

/// What a client asks for.
#[derive(Debug)]
pub(super) enum Wish {
    /// A new person.
    Enrol(Enrolment),
    /// The end of one.
    Delete {
        /// The server's id; the name, as long as no id is known.
        key: String,
        /// Whether it is the name.
        named: bool,
        /// As enrolled.
        enrolment: Enrolment,
    },
}

impl Wish {
    /// Whom it is about.
    pub(super) fn enrolment(&self) -> &Enrolment {
        match self {
            Self::Enrol(enrolment) | Self::Delete { enrolment, .. } => enrolment,
        }
    }
}

impl Client<'_> {
    /// Works until the server no longer answers, or `stop` is set.
    pub(super) fn work(mut self, stop: &AtomicBool) {
        for turn in 0.. {
            let wish = self.wish(turn);
            let answer = self.send(&wish);
            let gone = matches!(answer, Answer::Cut | Answer::Unsent);
            self.note(wish, &answer);
            if gone || stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// What to ask for next.
    pub(super) fn wish(&mut self, turn: u32) -> Wish {
        let known = self.ledger.living.len();
        let many = known + self.ledger.named.len();
        if many >= self.most || (many > 0 && self.random.random_bool(0.45)) {
            let nth = self.random.random_range(0..many);
            // Whose id is not known yet is known by name.
            let mut all = self.ledger.living.iter().chain(&self.ledger.named);
            if let Some((key, enrolment)) = all.nth(nth) {
                return Wish::Delete {
                    key: key.clone(),
                    named: nth >= known,
                    enrolment: enrolment.clone(),
                };
            }
        }
        Wish::Enrol(Enrolment {
            name: format!("{} {}", self.prefix, letters(turn)),
            pictures: self.some(self.scene.pictures.len(), self.at_once(3)),
            collections: self.some(self.scene.collections.len(), self.at_once(2)),
        })
    }

    /// Asks for it.
    pub(super) fn send(&self, wish: &Wish) -> Answer {
        match wish {
            Wish::Enrol(enrolment) => self.api.enrol(self.dialect, enrolment, self.scene),
            Wish::Delete { key, enrolment, .. } => {
                self.api.delete(self.dialect, key, enrolment, self.scene)
            }
        }
    }

    /// Notes what became of it.
    pub(super) fn note(&mut self, wish: Wish, answer: &Answer) {
        if matches!(answer, Answer::Unsent) {
            return;
        }
        match wish {
            Wish::Enrol(enrolment) => self.note_enrolment(enrolment, answer),
            Wish::Delete {
                key,
                named,
                enrolment,
            } => self.note_deletion(key, named, enrolment, answer),
        }
    }

    fn note_enrolment(&mut self, enrolment: Enrolment, answer: &Answer) {
        match answer {
            Answer::Done(..) if self.dialect != Dialect::Verifik => {
                self.ledger.named.insert(enrolment.name.clone(), enrolment);
                self.ledger.enrolled += 1;
            }
            Answer::Done(person, _) => match text(person, "_id") {
                Ok(id) => {
                    self.ledger.living.insert(id, enrolment);
                    self.ledger.enrolled += 1;
                }
                Err(error) => self.ledger.refusals.push(format!("enrolment: {error}")),
            },
            Answer::Refused(refusal) => {
                self.refused("enrolment", refusal);
                self.ledger.maybe_enrolled.push(enrolment);
            }
            Answer::Cut | Answer::Unsent => self.ledger.maybe_enrolled.push(enrolment),
        }
    }

    fn note_deletion(&mut self, key: String, named: bool, enrolment: Enrolment, answer: &Answer) {
        if named {
            self.ledger.named.remove(&key);
        } else {
            self.ledger.living.remove(&key);
        }
        if matches!(answer, Answer::Done(..)) {
            self.ledger.removed += 1;
            if !named {
                self.ledger.deleted.insert(key);
            }
            return;
        }
        if let Answer::Refused(refusal) = answer {
            self.refused(&format!("deletion of {key}"), refusal);
        }
        // In doubt; of a name alone: there as it was enrolled, or not.
        if named {
            self.ledger.maybe_enrolled.push(enrolment);
        } else {
            self.ledger.maybe_deleted.insert(key, enrolment);
        }
    }

    fn refused(&mut self, what: &str, refusal: &Refusal) {
        let Refusal {
            status, message, ..
        } = refusal;
        if self.tolerant && *status == 503 {
            self.ledger.put_off += 1;
        } else {
            self.ledger
                .refusals
                .push(format!("{what}: {status} {message}"));
        }
    }

    /// `most`, but for the dialect whose requests have one picture and one collection.
    fn at_once(&self, most: usize) -> usize {
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

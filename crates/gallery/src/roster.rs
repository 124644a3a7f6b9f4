//! Who is on which shelf: what the follower needs to know to undo what a change ended.

use std::collections::{HashMap, HashSet};

use store::{ClientId, CollectionId, FaceId, PersonId};

use crate::Scope;

/// Where a person's faces are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) client: ClientId,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) faces: Vec<FaceId>,
}

/// Every person with a searchable face. Only the follower has it.
#[derive(Default)]
pub(crate) struct Roster {
    places: HashMap<PersonId, Place>,
}

impl Roster {
    pub(crate) fn place(&self, person: PersonId) -> Option<&Place> {
        self.places.get(&person)
    }

    /// Notes where a person is now; `None` when nowhere.
    pub(crate) fn set(&mut self, person: PersonId, place: Option<Place>) {
        match place {
            Some(place) => drop(self.places.insert(person, place)),
            None => drop(self.places.remove(&person)),
        }
    }

    /// The persons of a collection.
    pub(crate) fn members(&self, collection: CollectionId) -> HashSet<(ClientId, PersonId)> {
        let scope = Scope::Collection(collection);
        self.places
            .iter()
            .filter(|(_, place)| place.scopes.contains(&scope))
            .map(|(person, place)| (place.client, *person))
            .collect()
    }
}

//! Who is on which shelf: what the follower needs to know to undo what a change ended.

use std::collections::{HashMap, HashSet};

use store::{ClientId, CollectionId, FaceId, PersonId};

use crate::{Held, Scope};

/// Where a person's faces are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) client: ClientId,
    /// Those that are held here.
    pub(crate) scopes: Vec<Scope>,
    pub(crate) faces: Vec<FaceId>,
    /// The first of all its scopes: under that one its faces are counted.
    pub(crate) first: Scope,
    /// Whether they are here, where that scope is held.
    pub(crate) counted: bool,
}

/// Every person with a searchable face in a scope that is held here. Only the follower has it.
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

    /// The persons of a collection, as far as they are known: also whose faces are counted under it elsewhere.
    pub(crate) fn members(&self, collection: CollectionId) -> HashSet<(ClientId, PersonId)> {
        let scope = Scope::Collection(collection);
        self.places
            .iter()
            .filter(|(_, place)| place.first == scope || place.scopes.contains(&scope))
            .map(|(person, place)| (place.client, *person))
            .collect()
    }

    /// Forgets what is not in `held`.
    pub(crate) fn narrow(&mut self, held: &Held) {
        self.places.retain(|_, place| {
            place.scopes.retain(|scope| held.covers(*scope));
            place.counted &= held.covers(place.first);
            !place.scopes.is_empty()
        });
        self.places.shrink_to_fit();
    }
}

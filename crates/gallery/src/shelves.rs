//! The indexes by scope, and which of them an account may search.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use index::{AdaptiveIndex, FastBy, GraphState, GraphStats, IndexError, VectorIndex};
use parking_lot::RwLock;
use store::{ClientId, FaceId, PersonId};
use uuid::Uuid;

use crate::{Scope, Status};

#[derive(Default)]
struct Inside {
    by_scope: HashMap<Scope, Arc<dyn VectorIndex>>,
    by_client: HashMap<ClientId, HashSet<Scope>>,
    /// Faces of an account, each once, however many collections its person is in.
    faces: HashMap<ClientId, usize>,
}

impl Inside {
    fn shelf(&self, client: ClientId, scope: Scope) -> Option<&Arc<dyn VectorIndex>> {
        let own = self.by_client.get(&client)?.contains(&scope);
        own.then(|| self.by_scope.get(&scope)).flatten()
    }
}

/// All indexes. Searches take a clone of the ones they need and hold no lock while they run.
pub(crate) struct Shelves {
    options: index::Options,
    inside: RwLock<Inside>,
}

impl Shelves {
    /// No shelves yet; says at once when the options could never make one.
    pub(crate) fn new(options: index::Options) -> Result<Self, IndexError> {
        AdaptiveIndex::new(&options)?;
        Ok(Self {
            options,
            inside: RwLock::default(),
        })
    }

    /// No shelves, of the same kind, to be filled: they wait with their graphs until [`Shelves::maintain`].
    pub(crate) fn empty_copy(&self) -> Self {
        let mut options = self.options.clone();
        options.graph.wait = true;
        Self {
            options,
            inside: RwLock::default(),
        }
    }

    /// The shelves of an account: all of them, or the one of a collection. An empty scope has none. A scope of another
    /// account has none either, whatever the caller asks for.
    pub(crate) fn of(&self, client: ClientId, scope: Option<Scope>) -> Vec<Arc<dyn VectorIndex>> {
        let inside = self.inside.read();
        match scope {
            Some(scope) => inside.shelf(client, scope).cloned().into_iter().collect(),
            None => {
                let scopes = inside.by_client.get(&client).into_iter().flatten();
                let shelves = scopes.filter_map(|own| inside.by_scope.get(own));
                shelves.cloned().collect()
            }
        }
    }

    /// How many faces are on the shelves of [`Shelves::of`], each once.
    pub(crate) fn faces(&self, client: ClientId, scope: Option<Scope>) -> usize {
        let inside = self.inside.read();
        match scope {
            None => inside.faces.get(&client).copied().unwrap_or(0),
            Some(scope) => inside.shelf(client, scope).map_or(0, |shelf| shelf.len()),
        }
    }

    /// Notes that somebody of an account who had `before` faces has `after` now.
    pub(crate) fn count(&self, client: ClientId, before: usize, after: usize) {
        if before == after {
            return;
        }
        let mut inside = self.inside.write();
        let faces = inside.faces.entry(client).or_default();
        *faces = (*faces + after).saturating_sub(before);
        if *faces == 0 {
            inside.faces.remove(&client);
        }
    }

    /// Puts a face on a shelf; says it again without harm. A template that cannot be searched is left out, with a word in the log.
    pub(crate) fn insert(
        &self,
        client: ClientId,
        scope: Scope,
        person: PersonId,
        face: FaceId,
        template: &[f32],
    ) {
        let inserted = self
            .shelf(client, scope)
            .and_then(|shelf| shelf.insert(face_key(face), person_key(person), template));
        if let Err(error) = inserted {
            tracing::error!(%face, %error, "a stored template cannot be searched");
        }
    }

    /// Takes a face off a shelf, and the shelf away with its last face.
    pub(crate) fn remove(&self, client: ClientId, scope: Scope, face: FaceId) {
        let Some(shelf) = self.inside.read().by_scope.get(&scope).cloned() else {
            return;
        };
        shelf.remove(face_key(face));
        if shelf.is_empty() {
            let mut inside = self.inside.write();
            inside.by_scope.remove(&scope);
            if let Some(scopes) = inside.by_client.get_mut(&client) {
                scopes.remove(&scope);
                if scopes.is_empty() {
                    inside.by_client.remove(&client);
                }
            }
        }
    }

    /// Takes the place of everything that was there, at once.
    pub(crate) fn replace_with(&self, other: Self) {
        *self.inside.write() = other.inside.into_inner();
    }

    /// Adds the figures about the indexes.
    pub(crate) fn describe(&self, status: &mut Status) {
        for shelf in self.inside.read().by_scope.values() {
            let stats = shelf.stats();
            status.rows += stats.rows;
            status.shelves += 1;
            status.sketches += usize::from(stats.fast == FastBy::Sketches);
            status.graphs += usize::from(stats.fast == FastBy::Graph);
            let building = |graph: &GraphStats| graph.state == GraphState::Building;
            status.building += usize::from(stats.graph.as_ref().is_some_and(building));
            let recall = stats.recall.map(|probe| probe.at_1);
            status.recall = match (status.recall, recall) {
                (Some(a), Some(b)) => Some(f32::min(a, b)),
                (a, b) => a.or(b),
            };
        }
    }

    /// Lets every index do its chores; takes as long as they take.
    pub(crate) fn maintain(&self) {
        let all: Vec<_> = self.inside.read().by_scope.values().cloned().collect();
        for shelf in all {
            shelf.maintain();
        }
    }

    fn shelf(&self, client: ClientId, scope: Scope) -> Result<Arc<dyn VectorIndex>, IndexError> {
        if let Some(shelf) = self.inside.read().by_scope.get(&scope) {
            return Ok(Arc::clone(shelf));
        }
        let shelf: Arc<dyn VectorIndex> = Arc::new(AdaptiveIndex::new(&self.options)?);
        let mut inside = self.inside.write();
        inside.by_client.entry(client).or_default().insert(scope);
        inside.by_scope.insert(scope, Arc::clone(&shelf));
        Ok(shelf)
    }
}

/// A face's key in an index.
pub(crate) fn face_key(face: FaceId) -> u128 {
    face.uuid().as_u128()
}

/// The face of a key.
pub(crate) fn face_of(key: u128) -> FaceId {
    FaceId::from(Uuid::from_u128(key))
}

/// A person's key in an index.
pub(crate) fn person_key(person: PersonId) -> u128 {
    let mut key = [0; 16];
    key[4..].copy_from_slice(person.bytes());
    u128::from_be_bytes(key)
}

/// The person of a key.
pub(crate) fn person_of(key: u128) -> PersonId {
    let mut bytes = [0; 12];
    bytes.copy_from_slice(&key.to_be_bytes()[4..]);
    PersonId::from(bytes)
}

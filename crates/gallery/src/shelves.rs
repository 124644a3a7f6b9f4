//! The indexes by scope, and which of them an account may search.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use index::{AdaptiveIndex, FastBy, GraphState, GraphStats, IndexError, VectorIndex};
use parking_lot::RwLock;
use store::{ClientId, FaceId, PersonId};
use uuid::Uuid;

use crate::{GalleryError, Held, Scope, Status};

struct Inside {
    by_scope: HashMap<Scope, Arc<dyn VectorIndex>>,
    by_client: HashMap<ClientId, HashSet<Scope>>,
    /// Faces of an account, each once, however many collections its person is in: under the first scope of its person.
    faces: HashMap<ClientId, HashMap<Scope, usize>>,
    /// Of these scopes the shelves are whole; what is there of others is not to be searched.
    held: Held,
}

impl Inside {
    fn new(held: Held) -> Self {
        Self {
            by_scope: HashMap::new(),
            by_client: HashMap::new(),
            faces: HashMap::new(),
            held,
        }
    }

    /// Fails unless all of these are held; `None` stands for all there are.
    fn check(&self, scope: Option<Scope>) -> Result<(), GalleryError> {
        match scope.map_or(self.held.is_all(), |scope| self.held.covers(scope)) {
            true => Ok(()),
            false => Err(GalleryError::NotHeld),
        }
    }

    fn shelf(&self, client: ClientId, scope: Scope) -> Option<Arc<dyn VectorIndex>> {
        let own = self.by_client.get(&client)?.contains(&scope);
        own.then(|| self.by_scope.get(&scope).cloned()).flatten()
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
            inside: RwLock::new(Inside::new(Held::nothing())),
        })
    }

    /// No shelves, of the same kind, to be filled with what is in `held`: they wait with their graphs until [`Shelves::maintain`].
    pub(crate) fn empty_copy(&self, held: Held) -> Self {
        let mut options = self.options.clone();
        options.graph.wait = true;
        Self {
            options,
            inside: RwLock::new(Inside::new(held)),
        }
    }

    /// The shelves of an account: all of them, or the one of a collection. An empty scope has none. A scope of another
    /// account has none either, whatever the caller asks for.
    pub(crate) fn of(
        &self,
        client: ClientId,
        scope: Option<Scope>,
    ) -> Result<Vec<Arc<dyn VectorIndex>>, GalleryError> {
        let inside = self.inside.read();
        inside.check(scope)?;
        let Some(scopes) = inside.by_client.get(&client) else {
            return Ok(Vec::new());
        };
        let shelves = scopes
            .iter()
            .filter(|own| scope.is_none_or(|asked| asked == **own))
            .filter_map(|own| inside.by_scope.get(own).cloned());
        Ok(shelves.collect())
    }

    /// The shelves of these scopes, as far as the account has them.
    pub(crate) fn of_scopes(
        &self,
        client: ClientId,
        scopes: &[Scope],
    ) -> Result<Vec<Arc<dyn VectorIndex>>, GalleryError> {
        // One look at everything: a scope that is let go of meanwhile was whole, or is refused.
        let inside = self.inside.read();
        let mut shelves = Vec::new();
        for scope in scopes {
            inside.check(Some(*scope))?;
            shelves.extend(inside.shelf(client, *scope));
        }
        Ok(shelves)
    }

    /// How many faces are counted under these scopes.
    pub(crate) fn faces_of(
        &self,
        client: ClientId,
        scopes: &[Scope],
    ) -> Result<usize, GalleryError> {
        let inside = self.inside.read();
        let counts = inside.faces.get(&client);
        let mut faces = 0;
        for scope in scopes {
            inside.check(Some(*scope))?;
            faces += counts.and_then(|all| all.get(scope)).copied().unwrap_or(0);
        }
        Ok(faces)
    }

    /// How many faces are on the shelves of [`Shelves::of`], each once.
    pub(crate) fn faces(
        &self,
        client: ClientId,
        scope: Option<Scope>,
    ) -> Result<usize, GalleryError> {
        let inside = self.inside.read();
        inside.check(scope)?;
        Ok(match scope {
            None => inside
                .faces
                .get(&client)
                .map_or(0, |all| all.values().sum()),
            Some(scope) => inside.shelf(client, scope).map_or(0, |shelf| shelf.len()),
        })
    }

    /// Notes that somebody of an account who had `before` faces under the one scope has `after` under the other now.
    pub(crate) fn count(
        &self,
        client: ClientId,
        before: Option<(Scope, usize)>,
        after: Option<(Scope, usize)>,
    ) {
        if before == after {
            return;
        }
        let mut inside = self.inside.write();
        let all = inside.faces.entry(client).or_default();
        if let Some((scope, faces)) = after {
            *all.entry(scope).or_default() += faces;
        }
        if let Some((scope, faces)) = before
            && let Some(count) = all.get_mut(&scope)
        {
            *count = count.saturating_sub(faces);
            if *count == 0 {
                all.remove(&scope);
            }
        }
        if all.is_empty() {
            inside.faces.remove(&client);
        }
    }

    /// Of which scopes the shelves are whole.
    pub(crate) fn held(&self) -> Held {
        self.inside.read().held.clone()
    }

    /// From now on these are whole.
    pub(crate) fn serve(&self, held: Held) {
        self.inside.write().held = held;
    }

    /// Lets go of everything that is not in `held`. Searches under way keep the whole shelves that they took.
    pub(crate) fn narrow(&self, held: Held) {
        let mut inside = self.inside.write();
        inside.by_scope.retain(|scope, _| held.covers(*scope));
        inside.by_client.retain(|_, scopes| {
            scopes.retain(|scope| held.covers(*scope));
            !scopes.is_empty()
        });
        inside.faces.retain(|_, counts| {
            counts.retain(|scope, _| held.covers(*scope));
            !counts.is_empty()
        });
        inside.held = held;
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

//! Templates that the database itself compares: Postgres with the extension pgvector.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::change::Revision;
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionId, FaceId, ModelId, PersonId};

/// From how many faces are compared (those of the account, or of the collection) to the cosine from which one counts.
pub type LeastCosine = Arc<dyn Fn(u64) -> f32 + Send + Sync>;

/// Who is like these probes?
#[derive(Clone)]
pub struct VectorQuery {
    /// Whose persons.
    pub client: ClientId,
    /// In which collection; `None` means all persons of the account.
    pub collection: Option<CollectionId>,
    /// The model of the probes and of the faces that are compared with them.
    pub model: ModelId,
    /// Templates of unit length, each searched for by itself.
    pub probes: Vec<Vec<f32>>,
    /// At most so many persons for each.
    pub limit: usize,
    /// By the index where there is one; otherwise every face is compared.
    pub fast: bool,
    /// From which cosine on.
    pub least: LeastCosine,
}

// Templates are biometric data: none in a log.
impl fmt::Debug for VectorQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VectorQuery")
            .field("client", &self.client)
            .field("collection", &self.collection)
            .field("fast", &self.fast)
            .finish_non_exhaustive()
    }
}

/// A person, by the likest of its faces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorHit {
    /// Who.
    pub person: PersonId,
    /// Which face.
    pub face: FaceId,
    /// The cosine of face and probe, of 32-bit floats.
    pub cosine: f32,
}

/// What a search found, all of one state of the database.
#[derive(Debug, Clone)]
pub struct VectorAnswer {
    /// That state.
    pub revision: Revision,
    /// Faces that were compared with each probe, each counted once.
    pub faces: u64,
    /// For each probe: best first, equal cosines by person.
    pub hits: Vec<Vec<VectorHit>>,
}

/// How far the vectors of what was there before them are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VectorFill {
    /// All are.
    pub complete: bool,
    /// Faces with a vector, each counted once.
    pub faces: u64,
}

/// How many vectors there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VectorStats {
    /// A face counts once for each collection of its person.
    pub rows: u64,
    /// Collections with vectors, and accounts with persons in none.
    pub scopes: u64,
    /// Those of them with a partition, and an index, of their own.
    pub partitions: u64,
}

/// Searching in Postgres with pgvector. Vectors are written with what they belong to, in one transaction, by every process that writes to
/// the database, once a table of them is there; and they are in the clear, also where persons are sealed.
#[async_trait]
pub trait Vectors {
    /// Makes the table of a model's templates, whose length is `dimension`, unless it is there.
    ///
    /// # Errors
    /// `Vectors`: this is not Postgres, or has no pgvector of a version that will do, or this user may not create it.
    async fn prepare_vectors(&self, model: ModelId, dimension: usize) -> Result<(), StoreError>;

    /// Makes the vectors of some more persons who were there before the table; `limit` of them. Goes on where whoever did it last ended,
    /// also on another node.
    async fn fill_vectors(&self, model: ModelId, limit: u32) -> Result<VectorFill, StoreError>;

    /// Searches. `Vectors` where there is no table of the model.
    async fn search_vectors(&self, query: VectorQuery) -> Result<VectorAnswer, StoreError>;

    /// Counts them.
    async fn vector_stats(&self, model: ModelId) -> Result<VectorStats, StoreError>;

    /// Sums the counts up, and gives one collection with `threshold` vectors or more a partition and an index of its own; whether there
    /// was one. Takes as long as building the index takes: about a second for a thousand vectors of 512 components.
    async fn tend_vectors(&self, model: ModelId, threshold: u64) -> Result<bool, StoreError>;
}

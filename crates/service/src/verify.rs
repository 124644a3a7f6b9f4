//! Is this the enrolled person that it is said to be?

use inference::{Effort, Embedding, Pipeline, Score};
use store::{ClientId, CollectionRef, Person, PersonId, StoreError};

use super::{
    Call, Found, Part, PictureSource, Recorded, ServiceError, audit::Audited, compare::template,
    pictures, search::collection,
};
use crate::{App, revisions};

/// Who somebody is said to be, and pictures of that somebody.
#[derive(Debug)]
pub struct Claim {
    /// Whose persons.
    pub client: ClientId,
    /// Who it is said to be.
    pub person: PersonId,
    /// The collection that the person must be in.
    pub collection: Option<CollectionRef>,
    /// Pictures of one person.
    pub pictures: Vec<PictureSource>,
    /// A score passes from this on, 0 to 1.
    pub min_score: f64,
    /// How hard to look.
    pub effort: Effort,
}

impl Audited for Option<Found> {
    fn details(&self) -> serde_json::Value {
        let score = self.as_ref().map(|found| found.score.rounded());
        serde_json::json!({ "score": score })
    }

    fn persons(&self) -> Vec<PersonId> {
        self.iter().map(|found| found.person.id).collect()
    }
}

/// Compares the pictures with every enrolled face of the person; the likest counts. `None` when it does not reach the limit, when the
/// person has no face of the model in use, and when the person is not in the collection.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, the person or the collection, the database, the engine.
pub async fn verify(
    app: &App,
    call: &Call,
    claim: Claim,
) -> Result<Recorded<Option<Found>>, ServiceError> {
    let sources = pictures::all(app, claim.pictures, Part::Image).await?;
    let scope = match claim.collection {
        Some(asked) => Some(collection(app, claim.client, asked).await?),
        None => None,
    };
    // Read from the database itself, which has at least what this node has heard of.
    revisions::tell(*app.store.watch().borrow());
    let person = app.store.person(claim.client, claim.person).await?;
    let person = person.ok_or(StoreError::PersonNotFound)?;
    let inside = scope.is_none_or(|id| person.collections.iter().any(|one| one.id == id));
    let enrolled = if inside {
        enrolled(app, &person).await?
    } else {
        Vec::new()
    };
    let (limits, rules) = (app.config.images.limits(), app.config.faces.rules());
    let (effort, min_score) = (claim.effort, claim.min_score);
    let job = move |pipeline: &mut Pipeline| {
        let probe = template(pipeline, sources, Part::Image, effort, &limits, &rules)?;
        let scores = enrolled
            .iter()
            .map(|face| pipeline.similarity(&probe, face));
        let best = scores.max_by(|a, b| a.value().total_cmp(&b.value()));
        Ok::<Option<Score>, ServiceError>(best.filter(|score| score.rounded() >= min_score))
    };
    let score = app.infer(job).await??;
    let found = score.map(|score| Found { person, score });
    Ok(app.audit.record(call, "verify", found))
}

/// The person's templates of the model in use.
pub(super) async fn enrolled(app: &App, person: &Person) -> Result<Vec<Embedding>, ServiceError> {
    let model = app.gallery.model();
    let templates = app
        .store
        .templates_of_person(person.client, person.id, model)
        .await?;
    // The store keeps what `Embedding` gave it, so none is left out.
    Ok(templates
        .iter()
        .filter_map(|one| Embedding::normalised(&one.embedding))
        .collect())
}

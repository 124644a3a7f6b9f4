//! Enrolling many at once: each for itself, the failures told one by one.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use inference::EngineError;
use store::{ClientId, Collection, Person, StoreError};

use super::{
    Enrolment, collection_of_name,
    put::{Studio, Taken, person_if_any, store},
};
use crate::{App, Call, Part, ServiceError, look_alikes::LookAlikes, pictures};

/// How long to wait when others fill the engine's queue.
const PATIENCE: Duration = Duration::from_millis(20);

/// Somebody who was not enrolled.
pub struct BulkEntry {
    /// Where in the list, from 0.
    pub index: usize,
    /// The id that the caller chose.
    pub key: String,
    /// Why not.
    pub error: ServiceError,
}

/// Enrols or updates each of `people` as [`super::put_person`] does, in their order; a key that comes twice is an update. Returns
/// whoever was not enrolled.
///
/// # Errors
/// [`ServiceError`]: the collection; a database or an engine that is away. Whoever was enrolled until then stays so.
pub async fn put_persons(
    app: &App,
    call: &Call,
    client: ClientId,
    collection: &str,
    people: Vec<Enrolment>,
) -> Result<Vec<BulkEntry>, ServiceError> {
    let collection = collection_of_name(app, client, collection).await?;
    // As many pictures at a time as there are workers: others get their turn in between.
    let at_a_time = app.engine.info().workers.max(1);
    let mut work = Vec::with_capacity(people.len());
    for new in &people {
        work.push(take(app, client, &collection, new).boxed());
    }
    let mut taken = stream::iter(work).buffered(at_a_time);
    let mut failed = Vec::new();
    for (index, new) in people.iter().enumerate() {
        let Some(outcome) = taken.next().await else {
            break;
        };
        let enrolled = match outcome {
            Ok((taken, there)) => enrol(app, call, client, &collection, new, taken, there).await,
            Err(error) => Err(error),
        };
        if let Err(error) = enrolled {
            if is_fatal(&error) {
                return Err(error);
            }
            let key = new.key.clone();
            failed.push(BulkEntry { index, key, error });
        }
    }
    Ok(failed)
}

async fn take(
    app: &App,
    client: ClientId,
    collection: &Collection,
    new: &Enrolment,
) -> Result<(Taken, Option<Person>), ServiceError> {
    let picture = pictures::one(app, new.picture.clone(), Part::Image).await?;
    let there = person_if_any(app, client, &new.key).await?;
    // Of many at once, look-alikes are not told.
    let near = LookAlikes::default();
    let studio = Studio::new(app, client, collection, new, there.as_ref(), near).await?;
    let studio = Arc::new(studio);
    loop {
        match Arc::clone(&studio).work(app, picture.clone()).await {
            Err(ServiceError::Engine(EngineError::Busy)) => tokio::time::sleep(PATIENCE).await,
            taken => return Ok((taken?, there)),
        }
    }
}

async fn enrol(
    app: &App,
    call: &Call,
    client: ClientId,
    collection: &Collection,
    new: &Enrolment,
    mut taken: Taken,
    there: Option<Person>,
) -> Result<Person, ServiceError> {
    taken.check(app, call, there.as_ref()).await?;
    store(app, client, collection, new, taken, there).await
}

/// Whether the rest would fail in the same way.
fn is_fatal(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::Store(
            StoreError::Unavailable(_)
                | StoreError::Contended(_)
                | StoreError::ClientNotFound
                | StoreError::CollectionNotFound
        ) | ServiceError::Engine(EngineError::Stopped)
            | ServiceError::Gallery(_)
    )
}

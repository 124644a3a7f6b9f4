//! Whom the faces of a picture show, among the persons of a collection.

use std::collections::HashMap;

use gallery::Match;
use inference::Pipeline;
use store::PersonId;

use super::collection_for;
use crate::{
    App,
    service::{
        Call, Found, LivenessGate, Part, PictureSource, Recorded, SearchTerms, ServiceError,
        compare::{Seen, decode},
        liveness, pictures,
        search::{Searcher, persons},
    },
};

/// One face of a group.
#[derive(Debug)]
pub struct GroupFace {
    /// Whom it is likest.
    pub best: Option<Found>,
    /// Its aligned crop as a 112 x 112 JPEG.
    pub thumbnail: Vec<u8>,
}

/// Searches every face of a picture in the collection `name`, with a `gate` only when the one face passes it. Best first, each
/// person once with the best score; nobody found is an empty list.
///
/// # Errors
/// [`ServiceError`]: the picture, the collection, no face, `LivenessFailed` and `LivenessQuality` of the gate, in this order; the
/// indexes, the database, the engine.
pub async fn search_every_face(
    app: &App,
    call: &Call,
    picture: PictureSource,
    name: &str,
    terms: SearchTerms,
    gate: Option<LivenessGate>,
) -> Result<Recorded<Vec<Found>>, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let collection = collection_for(app, terms.client, name, &picture).await?;
    let terms = SearchTerms {
        collection: Some(collection.id.into()),
        ..terms
    };
    let searcher = Searcher::new(app, &terms).await?;
    let limits = app.config.images.limits();
    let job = move |pipeline: &mut Pipeline| {
        let of = ServiceError::of::<inference::FaceError>;
        let image = decode(pipeline, picture, &limits).map_err(ServiceError::of(Part::Image))?;
        let seen = Seen::of(pipeline, &image).map_err(of(Part::Image))?;
        let verdict = gate.map(|gate| gate.pass(pipeline, &image, &seen.all));
        let verdict = verdict.transpose()?;
        let probes = pipeline
            .embed(&image, &seen.all, terms.effort)
            .map_err(of(Part::Image))?;
        let matches: Result<Vec<_>, _> = probes
            .into_iter()
            .map(|probe| searcher.find(probe))
            .collect();
        Ok::<_, ServiceError>((merged(matches?, terms.limit), verdict))
    };
    let (matches, verdict) = app.engine.run(job).await??;
    if let Some(verdict) = verdict {
        app.audit.record(call, liveness::KIND, verdict);
    }
    let found = persons(app, terms.client, vec![matches]).await?;
    let found = found.into_iter().next().unwrap_or_default();
    Ok(app.audit.record(call, "search", found))
}

/// Each person once, best first.
fn merged(searches: Vec<Vec<Match>>, limit: usize) -> Vec<Match> {
    let mut best: HashMap<PersonId, Match> = HashMap::new();
    for one in searches.into_iter().flatten() {
        let known = best.entry(one.person).or_insert(one);
        if one.score > known.score {
            *known = one;
        }
    }
    let mut matches: Vec<Match> = best.into_values().collect();
    matches.sort_by(|a, b| {
        let by_score = b.score.value().total_cmp(&a.score.value());
        by_score.then_with(|| a.person.cmp(&b.person))
    });
    matches.truncate(limit);
    matches
}

/// Each face of a picture, largest first, with the person of the collection `name` that it is likest.
///
/// # Errors
/// [`ServiceError`]: the picture, the collection, no face, in this order; the indexes, the database, the engine.
pub async fn search_group(
    app: &App,
    call: &Call,
    picture: PictureSource,
    name: &str,
    terms: SearchTerms,
) -> Result<Vec<GroupFace>, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let collection = collection_for(app, terms.client, name, &picture).await?;
    let terms = SearchTerms {
        collection: Some(collection.id.into()),
        limit: 1,
        ..terms
    };
    let searcher = Searcher::new(app, &terms).await?;
    let limits = app.config.images.limits();
    let job = move |pipeline: &mut Pipeline| {
        let of = ServiceError::of::<inference::FaceError>;
        let image = decode(pipeline, picture, &limits).map_err(ServiceError::of(Part::Image))?;
        let seen = Seen::of(pipeline, &image).map_err(of(Part::Image))?;
        let probes = pipeline
            .embed(&image, &seen.all, terms.effort)
            .map_err(of(Part::Image))?;
        let mut faces = Vec::with_capacity(probes.len());
        for (face, probe) in seen.all.iter().zip(probes) {
            let thumbnail = pipeline.thumbnail(&image, face).map_err(of(Part::Image))?;
            faces.push((thumbnail, searcher.find(probe)?));
        }
        Ok::<_, ServiceError>(faces)
    };
    let (thumbnails, matches): (Vec<_>, Vec<_>) = app.engine.run(job).await??.into_iter().unzip();
    let found = persons(app, terms.client, matches).await?;
    for best in &found {
        app.audit.record(call, "search", best.clone());
    }
    let faces = thumbnails.into_iter().zip(found);
    let faces = faces.map(|(thumbnail, found)| GroupFace {
        best: found.into_iter().next(),
        thumbnail,
    });
    Ok(faces.collect())
}

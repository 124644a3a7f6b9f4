//! Whom the faces of a picture show, among the persons of a collection.

use std::sync::Arc;

use gallery::{Aim, Gallery};
use inference::Pipeline;

use super::collection_for;
use crate::{
    App, Call, Found, LivenessGate, Part, PictureSource, Recorded, Search, SearchTerms,
    ServiceError,
    compare::{Seen, decode, decode_for},
    liveness, pictures,
    search::{Searcher, merged, persons, persons_of_one},
    warnings,
};

/// One face of a group.
#[derive(Debug)]
pub struct GroupFace {
    /// Whom it is likest.
    pub best: Option<Found>,
    /// Its aligned crop as a 112 x 112 JPEG.
    pub thumbnail: Vec<u8>,
}

/// The faces of a picture.
#[derive(Debug)]
pub struct Group {
    /// Largest first.
    pub faces: Vec<GroupFace>,
    /// What counted as found of each, and what that means.
    pub aim: Aim,
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
) -> Result<Recorded<Search>, ServiceError> {
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
        let image = decode_for(pipeline, picture, gate.is_some(), &limits)
            .map_err(ServiceError::of(Part::Image))?;
        let seen = Seen::of(pipeline, &image).map_err(of(Part::Image))?;
        let verdict = gate.map(|gate| gate.pass(pipeline, &image, &seen.all));
        let verdict = verdict.transpose()?;
        let probes = pipeline
            .embed(&image, &seen.all, terms.effort)
            .map_err(of(Part::Image))?;
        Ok((probes, verdict))
    };
    let find = move |gallery: Arc<Gallery>, (probes, verdict)| async move {
        Ok((searcher.find(&gallery, probes).await?, verdict))
    };
    let (searched, verdict) = app.infer_then(job, find).await?;
    let (matches, aim) = searched.told();
    let matches = merged(matches, terms.limit);
    if let Some(verdict) = verdict {
        warnings::tell(&verdict.findings);
        app.audit.record(call, liveness::KIND, verdict);
    }
    let found = persons_of_one(app, terms.client, matches).await?;
    Ok(app.audit.record(call, "search", Search { found, aim }))
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
) -> Result<Group, ServiceError> {
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
        let faces = seen.all.iter();
        let thumbnails = faces.map(|face| pipeline.thumbnail(&image, face));
        let thumbnails = thumbnails.collect::<Result<Vec<_>, _>>();
        Ok((thumbnails.map_err(of(Part::Image))?, probes))
    };
    let find = move |gallery: Arc<Gallery>, (thumbnails, probes)| async move {
        Ok((thumbnails, searcher.find(&gallery, probes).await?))
    };
    let (thumbnails, searched) = app.infer_then(job, find).await?;
    let (matches, aim) = searched.told();
    let found = persons(app, terms.client, matches).await?;
    let faces = thumbnails.into_iter().zip(found);
    let faces = faces.map(|(thumbnail, found)| {
        let search = app.audit.record(call, "search", Search { found, aim });
        GroupFace {
            best: search.answer.found.into_iter().next(),
            thumbnail,
        }
    });
    Ok(Group {
        faces: faces.collect(),
        aim,
    })
}

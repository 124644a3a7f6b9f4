//! Is the one who is there now alive, and who is it?

use std::sync::Arc;

use gallery::Gallery;
use inference::Pipeline;

use super::{
    Call, LivenessPolicy, LivenessVerdict, Part, PictureSource, Recorded, Search, SearchTerms,
    ServiceError,
    compare::embed_one,
    liveness::{self, Subject},
    pictures,
    search::{Searcher, only, persons_of_one},
};
use crate::{App, warnings};

/// A verdict, and whom the search found.
#[derive(Debug)]
pub struct LiveSearch {
    /// Whether the face is live.
    pub verdict: Recorded<LivenessVerdict>,
    /// Nobody when the verdict was no.
    pub search: Recorded<Search>,
}

/// Judges whether the face is live and, only if it is, searches for the person. One decoded picture for both.
///
/// # Errors
/// [`ServiceError`]: the picture, its face, the collection, the indexes, the database, the engine; a failed liveness is an answer.
pub async fn search_live(
    app: &App,
    call: &Call,
    kind: &'static str,
    picture: PictureSource,
    policy: LivenessPolicy,
    terms: SearchTerms,
) -> Result<LiveSearch, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let searcher = Searcher::new(app, &terms).await?;
    let limits = app.config.images.limits();
    let rules = app.config.faces.rules();
    let job = move |pipeline: &mut Pipeline| {
        let subject = Subject::find(pipeline, picture, &limits, &rules, &policy)
            .map_err(ServiceError::of(Part::Image))?;
        let verdict = subject
            .judge(pipeline, &policy)
            .map_err(ServiceError::of(Part::Image))?;
        let mut probes = Vec::new();
        if verdict.passed {
            let probe = embed_one(pipeline, &subject.image, &subject.face, terms.effort);
            probes.push(probe.map_err(ServiceError::of(Part::Image))?);
        }
        Ok((verdict, probes))
    };
    let find = move |gallery: Arc<Gallery>, (verdict, probes)| async move {
        Ok((verdict, searcher.find(&gallery, probes).await?))
    };
    let (verdict, searched) = app.infer_then(job, find).await?;
    warnings::tell(&verdict.findings);
    let (matches, aim) = searched.told();
    let found = persons_of_one(app, terms.client, only(matches)).await?;
    Ok(LiveSearch {
        verdict: app.audit.record(call, liveness::KIND, verdict),
        search: app.audit.record(call, kind, Search { found, aim }),
    })
}

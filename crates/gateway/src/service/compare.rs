//! Are these two (sets of) pictures of one person?

use inference::{
    DecodedImage, Effort, Embedding, Face, FaceError, FaceRules, ImageLimits, Pipeline, Score,
};

use super::{
    Call, Part, PictureSource, Recorded, ServiceError,
    audit::Audited,
    pictures::{self, Resolved, load_all},
};
use crate::App;

/// What is compared: two sets of pictures, each of one person.
#[derive(Debug)]
pub struct Pair {
    /// The person who is there now.
    pub probe: Vec<PictureSource>,
    /// The person who is known.
    pub gallery: Vec<PictureSource>,
    /// How hard to look.
    pub effort: Effort,
    /// A score passes from this on, 0 to 1.
    pub min_score: f64,
}

/// The answer.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    /// Calibrated similarity.
    pub score: Score,
    /// What it was compared with.
    pub min_score: f64,
    /// Whether the score reaches `min_score`.
    pub passed: bool,
}

impl Comparison {
    pub(super) fn new(score: Score, min_score: f64) -> Self {
        Self {
            score,
            min_score,
            passed: score.rounded() >= min_score,
        }
    }
}

impl Audited for Comparison {
    fn details(&self) -> serde_json::Value {
        serde_json::json!({ "score": self.score.rounded(), "min_score": self.min_score, "passed": self.passed })
    }
}

/// Compares two sets of pictures: one template each, one score.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, or the engine.
pub async fn compare(
    app: &App,
    call: &Call,
    pair: Pair,
) -> Result<Recorded<Comparison>, ServiceError> {
    let probe = pictures::all(app, pair.probe, Part::Probe).await?;
    let gallery = pictures::all(app, pair.gallery, Part::Gallery).await?;
    let (limits, rules) = (app.config.images.limits(), app.config.faces.rules());
    let (effort, min_score) = (pair.effort, pair.min_score);
    let job = move |pipeline: &mut Pipeline| {
        let probe = template(pipeline, probe, Part::Probe, effort, &limits, &rules)?;
        let gallery = template(pipeline, gallery, Part::Gallery, effort, &limits, &rules)?;
        Ok::<_, ServiceError>(Comparison::new(
            pipeline.similarity(&probe, &gallery),
            min_score,
        ))
    };
    let comparison = app.engine.run(job).await??;
    Ok(app.audit.record(call, "compare", comparison))
}

/// The template of one part of the request.
pub(super) fn template(
    pipeline: &mut Pipeline,
    pictures: Vec<Resolved>,
    part: Part,
    effort: Effort,
    limits: &ImageLimits,
    rules: &FaceRules,
) -> Result<Embedding, ServiceError> {
    let pictures = load_all(pictures, limits).map_err(ServiceError::of(part))?;
    pipeline
        .template(&pictures, effort, rules)
        .map_err(ServiceError::of(part))
}

/// The template of one face of a decoded picture.
pub(super) fn embed_one(
    pipeline: &mut Pipeline,
    image: &DecodedImage,
    face: &Face,
    effort: Effort,
) -> Result<Embedding, FaceError> {
    let templates = pipeline.embed(image, std::slice::from_ref(face), effort)?;
    let first = templates.into_iter().next();
    first.ok_or_else(|| FaceError::Inference("a face gave no template".to_owned()))
}

//! Are these two (sets of) pictures of one person?

use inference::{
    DecodedImage, Effort, Embedding, Face, FaceError, FaceRules, ImageLimits, Pipeline, Score,
};

use super::{
    Call, LivenessGate, Part, PictureError, PictureSource, Recorded, ServiceError,
    audit::Audited,
    liveness,
    pictures::{self, Resolved, load_all},
};
use crate::{App, warnings};

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
        let mut aligned = |pictures, part| {
            let pictures = load_all(pictures, &limits).map_err(ServiceError::of(part))?;
            let aligned = pipeline.aligned_pictures(&pictures, effort, &rules);
            aligned.map_err(ServiceError::of(part))
        };
        let people = [
            aligned(probe, Part::Probe)?,
            aligned(gallery, Part::Gallery)?,
        ];
        // What fails now is the engine, whichever part it is told of.
        let [probe, gallery] = pipeline
            .templates(people, effort)
            .map_err(ServiceError::of(Part::Probe))?;
        Ok::<_, ServiceError>(Comparison::new(
            pipeline.similarity(&probe, &gallery),
            min_score,
        ))
    };
    let comparison = app.infer(job).await??;
    Ok(app.audit.record(call, "compare", comparison))
}

/// Two pictures, each of one person: the largest face counts.
#[derive(Debug)]
pub struct Couple {
    /// The person who is there now.
    pub probe: PictureSource,
    /// The person who is known.
    pub reference: PictureSource,
    /// How hard to look.
    pub effort: Effort,
    /// A score passes from this on, 0 to 1.
    pub min_score: f64,
    /// What is asked of the probe; `None`: nothing.
    pub gate: Option<LivenessGate>,
}

/// Compares the largest face of one picture with that of another. Both have a face before the probe's liveness is asked for.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, `LivenessFailed` and `LivenessQuality` of the gate, or the engine.
pub async fn compare_largest(
    app: &App,
    call: &Call,
    couple: Couple,
) -> Result<Recorded<Comparison>, ServiceError> {
    let probe = pictures::one(app, couple.probe, Part::Probe).await?;
    let reference = pictures::one(app, couple.reference, Part::Gallery).await?;
    let limits = app.config.images.limits();
    let (effort, min_score, gate) = (couple.effort, couple.min_score, couple.gate);
    let job = move |pipeline: &mut Pipeline| {
        let probe = decode_for(pipeline, probe, gate.is_some(), &limits)
            .map_err(ServiceError::of(Part::Probe))?;
        let reference =
            decode(pipeline, reference, &limits).map_err(ServiceError::of(Part::Gallery))?;
        let seen = Seen::of(pipeline, &probe).map_err(ServiceError::of(Part::Probe))?;
        let known = Seen::of(pipeline, &reference).map_err(ServiceError::of(Part::Gallery))?;
        let verdict = gate.map(|gate| gate.pass(pipeline, &probe, &seen.all));
        let verdict = verdict.transpose()?;
        let probe = embed_one(pipeline, &probe, &seen.largest, effort)
            .map_err(ServiceError::of(Part::Probe))?;
        let known = embed_one(pipeline, &reference, &known.largest, effort)
            .map_err(ServiceError::of(Part::Gallery))?;
        let score = pipeline.similarity(&probe, &known);
        Ok::<_, ServiceError>((Comparison::new(score, min_score), verdict))
    };
    let (comparison, verdict) = app.infer(job).await??;
    if let Some(verdict) = verdict {
        warnings::tell(&verdict.findings);
        app.audit.record(call, liveness::KIND, verdict);
    }
    Ok(app.audit.record(call, "compare", comparison))
}

/// A picture's pixels.
pub(super) fn decode(
    pipeline: &mut Pipeline,
    picture: Resolved,
    limits: &ImageLimits,
) -> Result<DecodedImage, PictureError> {
    decode_for(pipeline, picture, false, limits)
}

/// As [`decode`]; `live`: whether liveness is judged next.
pub(super) fn decode_for(
    pipeline: &mut Pipeline,
    picture: Resolved,
    live: bool,
    limits: &ImageLimits,
) -> Result<DecodedImage, PictureError> {
    let file = picture.load(limits)?;
    Ok(liveness::decode_for(pipeline, &file, live)?)
}

/// The faces of a picture that has some.
pub(super) struct Seen {
    /// Every one, largest first.
    pub(super) all: Vec<Face>,
    /// The largest.
    pub(super) largest: Face,
}

impl Seen {
    /// The faces of a decoded picture, or [`FaceError::NoFace`].
    pub(super) fn of(pipeline: &mut Pipeline, image: &DecodedImage) -> Result<Self, FaceError> {
        let all = pipeline.faces(image)?;
        let largest = all.first().cloned().ok_or(FaceError::NoFace)?;
        Ok(Self { all, largest })
    }
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

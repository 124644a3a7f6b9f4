//! Is the face in this picture a live one?

use inference::{
    CaptureFault, CaptureLimits, DecodedImage, Effort, Face, FaceRules, ImageLimits, Pipeline,
    Quality, Score,
};

use super::{
    Call, Part, PictureError, PictureSource, Recorded, ServiceError, audit::Audited, pictures,
};
use crate::App;

/// What a dialect asks of a live face.
#[derive(Debug, Clone)]
pub struct LivenessPolicy {
    /// A score must be above this to pass, 0 to 1.
    pub min_score: f64,
    /// How the face should be taken.
    pub limits: CaptureLimits,
    /// The faults for which a picture is refused; others are only reported.
    pub rejects: Vec<CaptureFault>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct LivenessVerdict {
    /// Calibrated; 0.5 is the equal-error point of the pack's measured set.
    pub score: Score,
    /// What it was compared with.
    pub min_score: f64,
    /// Whether the score is above `min_score`.
    pub passed: bool,
    /// How the face was taken.
    pub quality: Quality,
    /// The capture limits that it breaks.
    pub faults: Vec<CaptureFault>,
}

impl Audited for LivenessVerdict {
    fn details(&self) -> serde_json::Value {
        serde_json::json!({ "score": self.score.rounded(), "min_score": self.min_score, "passed": self.passed })
    }
}

/// Kind of the audit record.
pub(super) const KIND: &str = "liveness";

/// Judges the main face of one picture.
///
/// # Errors
/// [`ServiceError`]: the picture, its face, or the engine.
pub async fn liveness(
    app: &App,
    call: &Call,
    picture: PictureSource,
    policy: LivenessPolicy,
) -> Result<Recorded<LivenessVerdict>, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let (limits, rules) = (app.config.images.limits(), app.config.faces.rules());
    let job = move |pipeline: &mut Pipeline| {
        let (image, face) = main_face(pipeline, picture, &limits, &rules)?;
        judge(pipeline, &image, &face, &policy)
    };
    let verdict = app
        .engine
        .run(job)
        .await?
        .map_err(ServiceError::of(Part::Image))?;
    Ok(app.audit.record(call, KIND, verdict))
}

/// Decodes a picture and finds the face whose liveness is in question. It looks as closely as when the models were
/// calibrated, whatever the request's mode, so that a picture has one liveness score on every route.
pub(super) fn main_face(
    pipeline: &mut Pipeline,
    picture: pictures::Resolved,
    limits: &ImageLimits,
    rules: &FaceRules,
) -> Result<(DecodedImage, Face), PictureError> {
    let image = pipeline.decode(&picture.load(limits)?)?;
    let face = pipeline.main_face(&image, Effort::Accurate, &rules.strict())?;
    Ok((image, face))
}

/// Judges one face of a decoded picture.
pub(super) fn judge(
    pipeline: &mut Pipeline,
    image: &DecodedImage,
    face: &Face,
    policy: &LivenessPolicy,
) -> Result<LivenessVerdict, PictureError> {
    let quality = pipeline.quality(image, face)?;
    let faults = policy.limits.faults(&quality);
    if let Some(fault) = faults.iter().find(|fault| policy.rejects.contains(fault)) {
        return Err(PictureError::Capture(*fault));
    }
    let score = pipeline.liveness(image, face)?.score;
    let (min_score, passed) = (policy.min_score, score.rounded() > policy.min_score);
    Ok(LivenessVerdict {
        score,
        min_score,
        passed,
        quality,
        faults,
    })
}

//! Is the face in this picture a live one?

use inference::{
    CaptureFault, CaptureLimits, DecodeError, DecodedImage, Effort, Face, FaceError, FaceRules,
    Finding, ImageBytes, ImageLimits, Pipeline, Quality, Score,
};

use super::{
    Call, Part, PictureError, PictureSource, Recorded, ServiceError, audit::Audited, pictures,
};
use crate::{App, warnings};

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
    /// Faces that count in the picture, the one that was judged included.
    pub faces: usize,
    /// What it breaks of the capture limits.
    pub findings: Vec<Finding>,
}

impl LivenessPolicy {
    /// Refuses a picture in which more than one face counts, where that is a reason.
    ///
    /// # Errors
    /// [`FaceError::MultipleFaces`].
    pub(super) fn admit(&self, faces: usize) -> Result<(), FaceError> {
        if faces > 1 && self.rejects.contains(&CaptureFault::SeveralFaces) {
            return Err(FaceError::MultipleFaces(faces));
        }
        Ok(())
    }
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
        let subject = Subject::find(pipeline, picture, &limits, &rules, &policy)?;
        subject.judge(pipeline, &policy)
    };
    let verdict = app
        .infer(job)
        .await?
        .map_err(ServiceError::of(Part::Image))?;
    warnings::tell(&verdict.findings);
    Ok(app.audit.record(call, KIND, verdict))
}

/// Whose liveness is in question.
pub(super) struct Subject {
    /// The picture.
    pub(super) image: DecodedImage,
    /// The largest face.
    pub(super) face: Face,
    /// How many faces of the picture count.
    faces: usize,
}

impl Subject {
    /// Decodes a picture and finds the face. It looks as closely as when the models were calibrated, whatever the request's mode,
    /// so that a picture has one liveness score on every route.
    pub(super) fn find(
        pipeline: &mut Pipeline,
        picture: pictures::Resolved,
        limits: &ImageLimits,
        rules: &FaceRules,
        policy: &LivenessPolicy,
    ) -> Result<Self, PictureError> {
        let image = pipeline.decode_whole(&picture.load(limits)?)?;
        let (face, faces) = pipeline.largest_face(&image, Effort::Accurate, rules)?;
        policy.admit(faces)?;
        Ok(Self { image, face, faces })
    }

    /// Judges it.
    pub(super) fn judge(
        &self,
        pipeline: &mut Pipeline,
        policy: &LivenessPolicy,
    ) -> Result<LivenessVerdict, PictureError> {
        let quality = pipeline.quality(&self.image, &self.face)?;
        judge(
            pipeline,
            &self.image,
            &self.face,
            self.faces,
            quality,
            policy,
        )
    }
}

/// A picture's pixels; `live`: whether liveness is judged next, which looks at all of them.
pub(super) fn decode_for(
    pipeline: &mut Pipeline,
    file: &ImageBytes,
    live: bool,
) -> Result<DecodedImage, DecodeError> {
    if live {
        pipeline.decode_whole(file)
    } else {
        pipeline.decode(file)
    }
}

/// Decodes a picture and finds its one face, as closely as [`Subject::find`]; `live`: whether its liveness is judged next.
pub(super) fn main_face(
    pipeline: &mut Pipeline,
    picture: pictures::Resolved,
    live: bool,
    limits: &ImageLimits,
    rules: &FaceRules,
) -> Result<(DecodedImage, Face), PictureError> {
    let image = decode_for(pipeline, &picture.load(limits)?, live)?;
    let face = pipeline.main_face(&image, Effort::Accurate, &rules.strict())?;
    Ok((image, face))
}

/// Judges one face of a decoded picture, whose `quality` is known; `faces` of the picture count.
pub(super) fn judge(
    pipeline: &mut Pipeline,
    image: &DecodedImage,
    face: &Face,
    faces: usize,
    quality: Quality,
    policy: &LivenessPolicy,
) -> Result<LivenessVerdict, PictureError> {
    let findings = policy.limits.findings(&quality, faces);
    let mut refused = findings.iter();
    if let Some(finding) = refused.find(|finding| policy.rejects.contains(&finding.fault)) {
        return Err(PictureError::Capture(*finding));
    }
    let score = pipeline.liveness(image, face)?.score;
    let (min_score, passed) = (policy.min_score, score.rounded() > policy.min_score);
    Ok(LivenessVerdict {
        score,
        min_score,
        passed,
        quality,
        faces,
        findings,
    })
}

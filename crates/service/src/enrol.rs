//! From pictures of a person to faces to store.

use std::sync::Arc;

use gallery::Gallery;
use inference::{
    DecodedImage, Effort, Embedding, Face, FaceError, Finding, Pipeline, Quality, Weighting,
    combine,
};
use store::{Crop, ModelId, NewFace};

use super::{
    LivenessPolicy, LivenessVerdict, Part, PictureError, ServiceError,
    compare::embed_one,
    liveness::{judge, main_face},
    look_alikes::{LookAlikes, Near},
    pictures::Resolved,
    search::{Probe, Searcher, only},
};
use crate::{App, config::EnrolmentConfig, warnings};

/// What is asked before a person is enrolled.
pub(super) struct Checks {
    /// Where a duplicate is searched.
    pub(super) searcher: Searcher,
    /// Where look-alikes are.
    pub(super) look_alikes: LookAlikes,
    /// What is asked of each picture.
    pub(super) policy: LivenessPolicy,
}

/// The faces of a person's pictures, and who has one like them.
pub(super) struct Faces {
    /// One of each picture.
    pub(super) faces: Vec<NewFace>,
    /// What is known of them.
    pub(super) look_alikes: Near,
}

/// What the checks say. A duplicate is told first.
pub(super) enum Verdict {
    /// Somebody has the face already.
    Duplicate,
    /// Of the picture that is the least live.
    Liveness(Result<LivenessVerdict, PictureError>),
}

/// The faces of a person's pictures, one each: whose face it is must be beyond doubt. One job of the engine.
pub(super) async fn faces(
    app: &App,
    pictures: Vec<Resolved>,
    kind: Probe,
    look_alikes: LookAlikes,
) -> Result<Faces, ServiceError> {
    let studio = Studio::new(app)?;
    let job = move |pipeline: &mut Pipeline| {
        let shots = pictures
            .into_iter()
            .map(|picture| studio.take(pipeline, picture, kind, None));
        let shots = shots.collect::<Result<Vec<_>, PictureError>>();
        shots.map_err(ServiceError::of(Part::Image))
    };
    let find = move |gallery: Arc<Gallery>, shots: Vec<Shot>| async move {
        let findings: Vec<_> = shots.iter().map(|shot| shot.findings.clone()).collect();
        let (faces, templates): (Vec<_>, Vec<_>) = shots
            .into_iter()
            .map(|shot| (shot.face, shot.template))
            .unzip();
        let look_alikes = look_alikes.find(&gallery, &templates).await;
        Ok((Faces { faces, look_alikes }, findings))
    };
    let (faces, findings) = app.infer_then(job, find).await?;
    warnings::tell_each(&findings);
    Ok(faces)
}

/// As [`faces`], with the verdict of the checks, in the same job.
pub(super) async fn checked_faces(
    app: &App,
    pictures: Vec<Resolved>,
    checks: Checks,
) -> Result<(Faces, Verdict), ServiceError> {
    let studio = Studio::new(app)?;
    let Checks {
        searcher,
        look_alikes,
        policy,
    } = checks;
    let job = move |pipeline: &mut Pipeline| {
        let shots = pictures
            .into_iter()
            .map(|picture| studio.take(pipeline, picture, Probe::Pictures, Some(&policy)));
        let shots = shots.collect::<Result<Vec<_>, _>>();
        shots.map_err(ServiceError::of(Part::Image))
    };
    let find = move |gallery: Arc<Gallery>, shots: Vec<Shot>| async move {
        let findings: Vec<_> = shots.iter().map(|shot| shot.findings.clone()).collect();
        let templates: Vec<_> = shots.iter().map(|shot| shot.template.clone()).collect();
        let suspects = searcher.find(&gallery, vec![combined(&shots)?]).await?;
        let look_alikes = look_alikes.find(&gallery, &templates).await;
        let (faces, worst) = judged(shots);
        Ok((Faces { faces, look_alikes }, suspects, worst, findings))
    };
    let (faces, suspects, worst, findings) = app.infer_then(job, find).await?;
    let (suspects, _) = suspects.told();
    warnings::tell_each(&findings);
    let verdict = match worst {
        _ if !only(suspects).is_empty() => Verdict::Duplicate,
        Some(verdict) => Verdict::Liveness(verdict),
        None => Verdict::Liveness(Err(FaceError::NoFace.into())),
    };
    Ok((faces, verdict))
}

/// The template of all the pictures together.
fn combined(shots: &[Shot]) -> Result<Embedding, ServiceError> {
    let templates: Vec<_> = shots.iter().map(|shot| shot.template.clone()).collect();
    let qualities: Vec<_> = shots.iter().map(|shot| shot.quality).collect();
    combine(&templates, &qualities, Weighting::default())
        .ok_or_else(|| FaceError::Inference("the pictures' templates cancel out".to_owned()))
        .map_err(ServiceError::of(Part::Image))
}

/// The faces, and the verdict of the picture that is the least live.
fn judged(shots: Vec<Shot>) -> (Vec<NewFace>, Option<Result<LivenessVerdict, PictureError>>) {
    let (mut faces, mut worst) = (Vec::new(), None);
    for shot in shots {
        faces.push(shot.face);
        worst = match (worst, shot.liveness) {
            (None, verdict) => verdict,
            (Some(Ok(least)), Some(Ok(verdict))) => Some(Ok(lower(least, verdict))),
            (Some(Ok(_)), Some(fault @ Err(_))) => Some(fault),
            (worst, _) => worst,
        };
    }
    (faces, worst)
}

fn lower(a: LivenessVerdict, b: LivenessVerdict) -> LivenessVerdict {
    if b.score < a.score { b } else { a }
}

/// A face to store, and its template: what enrolment over HTTP and by `rostro import` make of a picture. `quality` is the face's.
///
/// # Errors
/// [`FaceError::Inference`].
pub fn new_face(
    pipeline: &mut Pipeline,
    image: &DecodedImage,
    face: &Face,
    quality: &Quality,
    model: ModelId,
    keep_crop: bool,
) -> Result<(NewFace, Embedding), FaceError> {
    // What is enrolled once is searched many times: the greater effort is worth it.
    let template = embed_one(pipeline, image, face, Effort::Accurate)?;
    let stored = NewFace {
        thumbnail: pipeline.thumbnail(image, face)?,
        crop: keep_crop.then(|| crop(pipeline, image, face)).transpose()?,
        original: None,
        embedding: template.as_slice().to_vec(),
        model,
        quality: Some(quality.overall),
    };
    Ok((stored, template))
}

/// What another model's template can be made of.
fn crop(pipeline: &mut Pipeline, image: &DecodedImage, face: &Face) -> Result<Crop, FaceError> {
    let portrait = pipeline.portrait(image, face)?;
    Ok(Crop {
        image: portrait.jpeg,
        landmarks: portrait.landmarks.map(|point| [point.x, point.y]),
    })
}

/// What enrolment asks of a picture: warnings, and refusals where the settings say so.
pub(super) struct Doctor {
    limits: inference::CaptureLimits,
    rejects: Vec<inference::CaptureFault>,
}

impl Doctor {
    pub(super) fn new(app: &App) -> Self {
        let EnrolmentConfig { capture, rejects } = &app.config.enrolment;
        Self {
            limits: capture.limits(&app.config.quality),
            rejects: rejects.clone(),
        }
    }

    /// What could be better about a face that is alone in its picture.
    ///
    /// # Errors
    /// [`PictureError::Capture`]: what the settings make a refusal.
    pub(super) fn examine(&self, quality: &Quality) -> Result<Vec<Finding>, PictureError> {
        let findings = self.limits.findings(quality, 1);
        let mut refused = findings.iter();
        match refused.find(|finding| self.rejects.contains(&finding.fault)) {
            Some(finding) => Err(PictureError::Capture(*finding)),
            None => Ok(findings),
        }
    }
}

/// How faces are taken from pictures.
struct Studio {
    model: ModelId,
    limits: inference::ImageLimits,
    rules: inference::FaceRules,
    keep_crop: bool,
    doctor: Doctor,
}

/// One picture's face.
struct Shot {
    face: NewFace,
    findings: Vec<Finding>,
    template: Embedding,
    quality: f32,
    liveness: Option<Result<LivenessVerdict, PictureError>>,
}

impl Studio {
    fn new(app: &App) -> Result<Self, ServiceError> {
        let model = app.engine.info().embedder.parse();
        let nameless = |_| FaceError::Inference("the embedding model has no identity".to_owned());
        Ok(Self {
            model: model
                .map_err(nameless)
                .map_err(ServiceError::of(Part::Image))?,
            limits: app.config.images.limits(),
            rules: app.config.faces.rules().strict(),
            keep_crop: app.config.faces.keep_crop,
            doctor: Doctor::new(app),
        })
    }

    /// Takes the face of one picture; with a `policy`, whether it is live too.
    fn take(
        &self,
        pipeline: &mut Pipeline,
        picture: Resolved,
        kind: Probe,
        policy: Option<&LivenessPolicy>,
    ) -> Result<Shot, PictureError> {
        let (image, face) = match kind {
            Probe::Pictures => {
                let live = policy.is_some();
                main_face(pipeline, picture, live, &self.limits, &self.rules)?
            }
            Probe::Crops => {
                let crop = pipeline.decode(&picture.load(&self.limits)?)?;
                let face = pipeline.main_face_of_crop(&crop, Effort::Accurate, &self.rules)?;
                (crop, face)
            }
        };
        let quality = pipeline.quality(&image, &face)?;
        // A crop is cut to the face: its edges say nothing of how the picture was taken.
        let findings = match kind {
            Probe::Pictures => self.doctor.examine(&quality)?,
            Probe::Crops => Vec::new(),
        };
        let (face_to_store, template) = new_face(
            pipeline,
            &image,
            &face,
            &quality,
            self.model,
            self.keep_crop,
        )?;
        Ok(Shot {
            findings,
            quality: face_to_store.quality.unwrap_or_default(),
            face: face_to_store,
            template,
            liveness: policy.map(|policy| judge(pipeline, &image, &face, 1, quality, policy)),
        })
    }
}

//! Is the one who is there now alive, and the one who is known?

use inference::{DecodedImage, Effort, Face, FaceRules, ImageLimits, Pipeline};

use super::{
    Call, Comparison, LivenessPolicy, LivenessVerdict, Part, PictureSource, Recorded, ServiceError,
    compare::{embed_one, template},
    liveness::{self, judge, main_face},
    pictures::{self, Resolved},
};
use crate::App;

/// Kind of the comparison's audit record.
const KIND: &str = "compare_live";

/// One picture against a set, with liveness.
#[derive(Debug)]
pub struct LivePair {
    /// The person who is there now.
    pub probe: PictureSource,
    /// The person who is known.
    pub gallery: Vec<PictureSource>,
    /// How hard to look.
    pub effort: Effort,
    /// A score passes from this on, 0 to 1.
    pub min_score: f64,
    /// What is asked of the probe.
    pub policy: LivenessPolicy,
}

/// Judges whether the probe is live, and compares, whatever the verdict.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, or the engine.
pub async fn compare_live(
    app: &App,
    call: &Call,
    pair: LivePair,
) -> Result<(Recorded<Comparison>, Recorded<LivenessVerdict>), ServiceError> {
    let policy = pair.policy.clone();
    let task = Task::prepare(app, pair).await?;
    let job = move |pipeline: &mut Pipeline| {
        let (probe, gallery) = task.open(pipeline)?;
        let verdict = probe.judge(pipeline, &policy)?;
        Ok::<_, ServiceError>((probe.compare(pipeline, gallery)?, verdict))
    };
    let (comparison, verdict) = app.engine.run(job).await??;
    let comparison = app.audit.record(call, KIND, comparison);
    Ok((comparison, app.audit.record(call, liveness::KIND, verdict)))
}

/// Compares, and judges whether the probe is live when the comparison passed, or `always`.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, or the engine.
pub async fn compare_then_liveness(
    app: &App,
    call: &Call,
    pair: LivePair,
    always: bool,
) -> Result<(Recorded<Comparison>, Option<Recorded<LivenessVerdict>>), ServiceError> {
    let policy = pair.policy.clone();
    let task = Task::prepare(app, pair).await?;
    let job = move |pipeline: &mut Pipeline| {
        let (probe, gallery) = task.open(pipeline)?;
        let comparison = probe.compare(pipeline, gallery)?;
        let verdict = (always || comparison.passed).then(|| probe.judge(pipeline, &policy));
        Ok::<_, ServiceError>((comparison, verdict.transpose()?))
    };
    let (comparison, verdict) = app.engine.run(job).await??;
    let comparison = app.audit.record(call, KIND, comparison);
    Ok((
        comparison,
        verdict.map(|verdict| app.audit.record(call, liveness::KIND, verdict)),
    ))
}

/// All that is needed before any pixel is looked at.
struct Task {
    probe: Resolved,
    gallery: Vec<Resolved>,
    rules: Rules,
}

/// How faces are compared.
#[derive(Clone, Copy)]
struct Rules {
    effort: Effort,
    min_score: f64,
    limits: ImageLimits,
    faces: FaceRules,
}

impl Task {
    async fn prepare(app: &App, pair: LivePair) -> Result<Self, ServiceError> {
        let rules = Rules {
            effort: pair.effort,
            min_score: pair.min_score,
            limits: app.config.images.limits(),
            faces: app.config.faces.rules(),
        };
        let probe = pictures::one(app, pair.probe, Part::Probe).await?;
        let gallery = pictures::all(app, pair.gallery, Part::Gallery).await?;
        Ok(Self {
            probe,
            gallery,
            rules,
        })
    }

    fn open(self, pipeline: &mut Pipeline) -> Result<(Probe, Vec<Resolved>), ServiceError> {
        let Self {
            probe,
            gallery,
            rules,
        } = self;
        let (image, face) = main_face(pipeline, probe, &rules.limits, &rules.faces)
            .map_err(ServiceError::of(Part::Probe))?;
        Ok((Probe { image, face, rules }, gallery))
    }
}

/// The probe, decoded once for both questions.
struct Probe {
    image: DecodedImage,
    face: Face,
    rules: Rules,
}

impl Probe {
    fn judge(
        &self,
        pipeline: &mut Pipeline,
        policy: &LivenessPolicy,
    ) -> Result<LivenessVerdict, ServiceError> {
        judge(pipeline, &self.image, &self.face, policy).map_err(ServiceError::of(Part::Probe))
    }

    fn compare(
        &self,
        pipeline: &mut Pipeline,
        gallery: Vec<Resolved>,
    ) -> Result<Comparison, ServiceError> {
        let Rules {
            effort,
            min_score,
            limits,
            faces,
        } = &self.rules;
        let probe = embed_one(pipeline, &self.image, &self.face, *effort)
            .map_err(ServiceError::of(Part::Probe))?;
        let gallery = template(pipeline, gallery, Part::Gallery, *effort, limits, faces)?;
        Ok(Comparison::new(
            pipeline.similarity(&probe, &gallery),
            *min_score,
        ))
    }
}

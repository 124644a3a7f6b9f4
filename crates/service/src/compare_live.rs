//! Is the one who is there now alive, and the one who is known?

use inference::{Effort, FaceRules, ImageLimits, Pipeline};

use super::{
    Call, Comparison, LivenessPolicy, LivenessVerdict, Part, PictureSource, Recorded, ServiceError,
    compare::{embed_one, template},
    liveness::{self, Subject},
    pictures::{self, Resolved},
};
use crate::{App, warnings};

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
    let task = Task::prepare(app, pair).await?;
    let job = move |pipeline: &mut Pipeline| {
        let (probe, gallery) = task.open(pipeline)?;
        let verdict = probe.judge(pipeline)?;
        Ok::<_, ServiceError>((probe.compare(pipeline, gallery)?, verdict))
    };
    let (comparison, verdict) = app.infer(job).await??;
    warnings::tell(&verdict.findings);
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
    let task = Task::prepare(app, pair).await?;
    let job = move |pipeline: &mut Pipeline| {
        let (probe, gallery) = task.open(pipeline)?;
        let comparison = probe.compare(pipeline, gallery)?;
        let verdict = (always || comparison.passed).then(|| probe.judge(pipeline));
        Ok::<_, ServiceError>((comparison, verdict.transpose()?))
    };
    let (comparison, verdict) = app.infer(job).await??;
    if let Some(verdict) = &verdict {
        warnings::tell(&verdict.findings);
    }
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
    policy: LivenessPolicy,
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
            policy: pair.policy,
        })
    }

    fn open(self, pipeline: &mut Pipeline) -> Result<(Probe, Vec<Resolved>), ServiceError> {
        let Self {
            probe,
            gallery,
            rules,
            policy,
        } = self;
        let subject = Subject::find(pipeline, probe, &rules.limits, &rules.faces, &policy)
            .map_err(ServiceError::of(Part::Probe))?;
        let probe = Probe {
            subject,
            rules,
            policy,
        };
        Ok((probe, gallery))
    }
}

/// The probe, decoded once for both questions.
struct Probe {
    subject: Subject,
    rules: Rules,
    policy: LivenessPolicy,
}

impl Probe {
    fn judge(&self, pipeline: &mut Pipeline) -> Result<LivenessVerdict, ServiceError> {
        self.subject
            .judge(pipeline, &self.policy)
            .map_err(ServiceError::of(Part::Probe))
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
        let probe = embed_one(pipeline, &self.subject.image, &self.subject.face, *effort)
            .map_err(ServiceError::of(Part::Probe))?;
        let gallery = template(pipeline, gallery, Part::Gallery, *effort, limits, faces)?;
        Ok(Comparison::new(
            pipeline.similarity(&probe, &gallery),
            *min_score,
        ))
    }
}

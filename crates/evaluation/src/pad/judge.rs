//! The liveness of every picture.

use futures_util::{StreamExt as _, stream};
use inference::{
    Effort, Engine, EngineError, FaceError, FaceRules, ImageBytes, ImageLimits, Pipeline,
};

use super::Presentations;
use crate::EvalError;

/// Pictures in work per worker of the engine.
const AHEAD: usize = 2;

/// What became of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// The calibrated score as it is emitted, and the mean of the models' probabilities that it is made of.
    Score {
        /// 0 to 1.
        score: f64,
        /// 0 to 1.
        raw: f64,
    },
    /// No verdict, and why.
    Refused(String),
}

/// Judges every picture as the liveness routes do: the main face, and doubt about which that is refuses the picture; limits of how a face
/// should be taken are not asked for, since they differ by dialect.
///
/// # Errors
/// The engine stops, or its pack has no liveness models.
pub async fn judge(
    engine: &Engine,
    presentations: &Presentations,
    rules: FaceRules,
    limits: ImageLimits,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<Judged>, EvalError> {
    let at_once = engine.info().workers.max(1) * AHEAD;
    let work = presentations.pictures.iter().map(|picture| {
        let path = picture.path.clone();
        async move {
            let read = tokio::task::spawn_blocking(move || std::fs::read(path))
                .await
                .map_err(|_| EvalError::Task)?;
            let bytes = read.map_err(|error| error.to_string());
            let bytes = bytes.and_then(|bytes| {
                ImageBytes::new(bytes, &limits).map_err(|error| error.to_string())
            });
            let judged = match bytes {
                Err(reason) => Judged::Refused(reason),
                Ok(bytes) => match engine
                    .run(move |pipeline| of_picture(pipeline, &bytes, &rules))
                    .await
                {
                    Ok(Ok((score, raw))) => Judged::Score { score, raw },
                    Ok(Err(error)) => Judged::Refused(error.to_string()),
                    // One picture's fault, as in the server.
                    Err(EngineError::Panicked) => {
                        Judged::Refused(EngineError::Panicked.to_string())
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            progress();
            Ok(judged)
        }
    });
    let judged: Vec<Result<Judged, EvalError>> =
        stream::iter(work).buffered(at_once).collect().await;
    judged.into_iter().collect()
}

/// Score and raw mean of the main face.
fn of_picture(
    pipeline: &mut Pipeline,
    bytes: &ImageBytes,
    rules: &FaceRules,
) -> Result<(f64, f64), FaceError> {
    let image = pipeline.decode(bytes)?;
    let face = pipeline.main_face(&image, Effort::Accurate, &rules.strict())?;
    let liveness = pipeline.liveness(&image, &face)?;
    let count = liveness.probabilities.len().max(1) as f64;
    let raw = liveness
        .probabilities
        .iter()
        .map(|one| f64::from(*one))
        .sum::<f64>()
        / count;
    Ok((liveness.score.rounded(), raw))
}

//! The template of every picture.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use inference::{
    DecodeError, Effort, Embedding, Engine, EngineError, FaceError, FaceRules, ImageBytes,
    ImageLimits,
};
use sha2::{Digest as _, Sha256};

use super::{Cache, cache::Digest};
use crate::{EvalError, data::Picture};

/// Pictures in work per worker of the engine: one is computed while another is read.
const AHEAD: usize = 2;
/// Pictures after which the cache is written to disk: what a kill loses.
const FLUSH: usize = 64;

/// How pictures are looked at: as `compare` does.
#[derive(Debug, Clone, Copy)]
pub struct Looking {
    /// How hard.
    pub effort: Effort,
    /// Which face of a picture counts.
    pub rules: FaceRules,
    /// Bounds on pictures.
    pub limits: ImageLimits,
}

/// What became of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Its main face's template.
    Template(Embedding),
    /// It is left out.
    Refused(Refusal),
}

/// Why a picture is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No face was found.
    NoFace,
    /// So many faces of comparable size: which one is meant is not clear.
    SeveralFaces(usize),
    /// The file is no picture, or cannot be read.
    Unreadable(String),
    /// A model failed on it.
    Failed(String),
    /// Byte for byte the picture at this place of the data set: its pairs would be counted twice.
    CopyOf(usize),
}

impl From<FaceError> for Refusal {
    fn from(error: FaceError) -> Self {
        match error {
            FaceError::NoFace => Self::NoFace,
            FaceError::MultipleFaces(faces) => Self::SeveralFaces(faces),
            FaceError::Decode(error) => Self::Unreadable(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// What became of each of `pictures`, in their order. `progress` is told after each.
///
/// # Errors
/// The engine stops, or the cache cannot be written; a picture that cannot be used is an [`Outcome::Refused`].
pub async fn embed(
    engine: &Engine,
    pictures: &[Picture],
    looking: Looking,
    cache: &mut Cache,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<Outcome>, EvalError> {
    let at_once = engine.info().workers.max(1) * AHEAD;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; pictures.len()];
    let mut seen: HashMap<Digest, usize> = HashMap::new();
    let files = stream::iter(
        pictures
            .iter()
            .enumerate()
            .map(|(place, picture)| async move {
                let path = picture.path.clone();
                let limits = looking.limits;
                let read = tokio::task::spawn_blocking(move || read(&path, &limits)).await;
                (place, read.map_err(|_| EvalError::Task))
            }),
    );
    // Read in order, so that it is always the later copy that is left out.
    let mut files = files.buffered(at_once);
    let mut jobs = stream::FuturesUnordered::new();
    let mut unsaved = 0;
    loop {
        if jobs.len() >= at_once {
            finish(
                jobs.next().await,
                &mut outcomes,
                cache,
                &mut unsaved,
                progress,
            )?;
        }
        let Some((place, file)) = files.next().await else {
            break;
        };
        let (digest, bytes) = match file? {
            Ok(read) => read,
            Err(reason) => {
                set(
                    &mut outcomes,
                    place,
                    Outcome::Refused(Refusal::Unreadable(reason)),
                    progress,
                );
                continue;
            }
        };
        if let Some(first) = seen.get(&digest) {
            set(
                &mut outcomes,
                place,
                Outcome::Refused(Refusal::CopyOf(*first)),
                progress,
            );
            continue;
        }
        seen.insert(digest, place);
        match cache.get(&digest) {
            Some(outcome) => set(&mut outcomes, place, outcome, progress),
            None => {
                jobs.push(async move { (place, digest, template(engine, bytes, looking).await) })
            }
        }
    }
    while let Some(done) = jobs.next().await {
        finish(Some(done), &mut outcomes, cache, &mut unsaved, progress)?;
    }
    cache.flush()?;
    Ok(outcomes.into_iter().flatten().collect())
}

fn set(
    outcomes: &mut [Option<Outcome>],
    place: usize,
    outcome: Outcome,
    progress: &(dyn Fn() + Sync),
) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = Some(outcome);
    }
    progress();
}

type Done = (usize, Digest, Result<Outcome, EngineError>);

fn finish(
    done: Option<Done>,
    outcomes: &mut [Option<Outcome>],
    cache: &mut Cache,
    unsaved: &mut usize,
    progress: &(dyn Fn() + Sync),
) -> Result<(), EvalError> {
    let Some((place, digest, outcome)) = done else {
        return Ok(());
    };
    let outcome = match outcome {
        // One picture's fault, as in the server.
        Err(EngineError::Panicked) => {
            Outcome::Refused(Refusal::Failed(EngineError::Panicked.to_string()))
        }
        other => other?,
    };
    cache.put(digest, &outcome)?;
    *unsaved += 1;
    if *unsaved >= FLUSH {
        cache.flush()?;
        *unsaved = 0;
    }
    set(outcomes, place, outcome, progress);
    Ok(())
}

/// The file's digest and bytes, or why it is none to look at.
fn read(path: &std::path::Path, limits: &ImageLimits) -> Result<(Digest, ImageBytes), String> {
    let length = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if length > limits.max_bytes as u64 {
        let bytes = usize::try_from(length).unwrap_or(usize::MAX);
        return Err(DecodeError::TooManyBytes {
            bytes,
            limit: limits.max_bytes,
        }
        .to_string());
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let digest = Sha256::digest(&bytes).into();
    let bytes = ImageBytes::new(bytes, limits).map_err(|error| error.to_string())?;
    Ok((digest, bytes))
}

/// Through the very operation that comparisons use.
async fn template(
    engine: &Engine,
    bytes: ImageBytes,
    looking: Looking,
) -> Result<Outcome, EngineError> {
    let Looking { effort, rules, .. } = looking;
    let job = engine.run(move |pipeline| pipeline.template(&[bytes], effort, &rules));
    Ok(match job.await? {
        Ok(template) => Outcome::Template(template),
        Err(error) => Outcome::Refused(error.into()),
    })
}

//! What was found out about one picture.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    BoundingBox, DecodedImage, Effort, Embedding, Face, FaceError, Point, Quality, detect::Canvas,
};

/// Questions of one kind whose answers are kept, for one picture: as many as the routes ask about one face.
const MOST: usize = 8;

/// Faces in an answer of the detector that is kept: a crowd would need much room, and is not what is asked about twice.
const FACES: usize = 32;

/// Answers to questions of one kind.
pub(crate) struct Answers<Q, A>(Vec<(Q, A)>);

/// Which template: of the face with these landmarks, made with this effort.
pub(crate) type TemplateOf = ([Point; 5], Effort);

/// All that was found out.
#[derive(Default)]
pub(crate) struct Findings {
    /// What the detector saw in one look, best first.
    pub(crate) looks: Answers<Canvas, Vec<Face>>,
    templates: Answers<TemplateOf, Embedding>,
    /// Each liveness model's probability for the face in this box.
    pub(crate) liveness: Answers<BoundingBox, Vec<f32>>,
    /// Quality, head pose and open eyes of a face.
    pub(crate) quality: Answers<Face, Quality>,
}

/// [`Findings`] that grow while a picture is looked at, perhaps by two workers.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<Mutex<Findings>>);

/// An answer that may be kept.
pub(crate) trait Kept: Clone {
    /// Whether it is worth its room.
    fn is_small(&self) -> bool {
        true
    }
}

impl Kept for Vec<Face> {
    fn is_small(&self) -> bool {
        self.len() <= FACES
    }
}
impl Kept for Embedding {}
impl Kept for Vec<f32> {}
impl Kept for Quality {}

impl<Q: PartialEq, A: Kept> Answers<Q, A> {
    fn get(&self, question: &Q) -> Option<A> {
        let found = self.0.iter().find(|(asked, _)| asked == question);
        found.map(|(_, answer)| answer.clone())
    }

    fn put(&mut self, question: Q, answer: &A) {
        let room = self.0.len() < MOST && answer.is_small();
        if room && self.get(&question).is_none() {
            self.0.push((question, answer.clone()));
        }
    }
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Known {
    /// A template that was worked out before.
    pub(crate) fn template(&self, of: &TemplateOf) -> Option<Embedding> {
        self.with(|findings| findings.templates.get(of))
    }

    /// Keeps a template.
    pub(crate) fn keep_template(&self, of: TemplateOf, template: &Embedding) {
        self.with(|findings| findings.templates.put(of, template));
    }

    /// Reads or adds to what is known. `work` must not compute: another worker may wait.
    fn with<R>(&self, work: impl FnOnce(&mut Findings) -> R) -> R {
        // Nothing that can panic runs under the lock.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was answered to `question` about the picture before, else what `work` answers now.
///
/// # Errors
/// Those of `work`, which are not kept.
pub(crate) fn recall<Q: PartialEq, A: Kept>(
    image: &DecodedImage,
    kind: fn(&mut Findings) -> &mut Answers<Q, A>,
    question: Q,
    work: impl FnOnce() -> Result<A, FaceError>,
) -> Result<A, FaceError> {
    let Some(known) = image.known() else {
        return work();
    };
    if let Some(answer) = known.with(|findings| kind(findings).get(&question)) {
        return Ok(answer);
    }
    let answer = work()?;
    known.with(|findings| kind(findings).put(question, &answer));
    Ok(answer)
}

// What is known of a face reaches no log.
impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known")
    }
}

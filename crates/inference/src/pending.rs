//! A face whose template is wanted.

use crate::{
    DecodedImage, Effort, Embedding, Face, FaceError,
    align::AlignedFace,
    recent::{Known, TemplateOf},
};

/// A face whose template is known, or is to be worked out.
pub(crate) struct PendingTemplate {
    of: TemplateOf,
    state: State,
    /// Where to put what is worked out.
    known: Option<Known>,
}

enum State {
    Known(Embedding),
    Aligned(AlignedFace),
    /// Its aligned face is with the embedder.
    Away,
}

impl PendingTemplate {
    /// Of `face`, which is aligned only where its template is not known.
    ///
    /// # Errors
    /// Those of `align`.
    pub(crate) fn new(
        image: &DecodedImage,
        face: &Face,
        effort: Effort,
        align: impl FnOnce() -> Result<AlignedFace, FaceError>,
    ) -> Result<Self, FaceError> {
        let of = (face.landmarks, effort);
        let state = match image.known().and_then(|known| known.template(&of)) {
            Some(template) => State::Known(template),
            None => State::Aligned(align()?),
        };
        let known = image.known().cloned();
        Ok(Self { of, state, known })
    }

    /// The aligned face, where the template is not known.
    pub(crate) fn aligned(&self) -> Option<&AlignedFace> {
        match &self.state {
            State::Aligned(face) => Some(face),
            State::Known(_) | State::Away => None,
        }
    }

    /// As [`PendingTemplate::aligned`], for the embedder.
    pub(crate) fn take(&mut self) -> Option<AlignedFace> {
        match std::mem::replace(&mut self.state, State::Away) {
            State::Aligned(face) => Some(face),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// The template: the known one, else the next of `fresh`, which the embedder made of what was taken.
    pub(crate) fn template(self, fresh: &mut impl Iterator<Item = Embedding>) -> Option<Embedding> {
        if let State::Known(template) = self.state {
            return Some(template);
        }
        let template = fresh.next()?;
        if let Some(known) = self.known {
            known.keep_template(self.of, &template);
        }
        Some(template)
    }
}

//! A face whose template is wanted.

use crate::{
    DecodedImage, Effort, Embedding, Face, FaceError,
    align::AlignedFace,
    recent::{Known, TemplateOf},
};

/// A face whose template is known, or is to be worked out.
pub(super) struct PendingTemplate {
    of: TemplateOf,
    template: Option<Embedding>,
    /// Until the embedder has it; none where the template is known.
    aligned: Option<AlignedFace>,
    /// Where to put what is worked out.
    known: Option<Known>,
}

impl PendingTemplate {
    /// Of `face`, which is aligned only where its template is not known.
    ///
    /// # Errors
    /// Those of `align`.
    pub(super) fn new(
        image: &DecodedImage,
        face: &Face,
        effort: Effort,
        align: impl FnOnce() -> Result<AlignedFace, FaceError>,
    ) -> Result<Self, FaceError> {
        let of = (face.landmarks, effort);
        let known = image.known().cloned();
        let template = known.as_ref().and_then(|known| known.template(&of));
        let aligned = template.is_none().then(align).transpose()?;
        Ok(Self {
            of,
            template,
            aligned,
            known,
        })
    }

    /// The aligned face, where the template is not known.
    pub(super) fn aligned(&self) -> Option<&AlignedFace> {
        self.aligned.as_ref()
    }

    /// As [`PendingTemplate::aligned`], for the embedder.
    pub(super) fn take(&mut self) -> Option<AlignedFace> {
        self.aligned.take()
    }

    /// The template: the known one, else the next of `fresh`, which the embedder made of what was taken.
    pub(super) fn template(self, fresh: &mut impl Iterator<Item = Embedding>) -> Option<Embedding> {
        if self.template.is_some() {
            return self.template;
        }
        let template = fresh.next()?;
        if let Some(known) = self.known {
            known.keep_template(self.of, &template);
        }
        Some(template)
    }
}

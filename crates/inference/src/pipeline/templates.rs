//! From faces to templates.

use packs::Template;

use super::{Pipeline, pending::PendingTemplate, whole_picture};
use crate::{
    DecodedImage, Effort, Embedding, Face, FaceError, FaceRules, ImageBytes, Point, Stage,
    portrait, quality,
    template::{Weighting, combine},
};

/// Faces that the embedder gets at once: between them others go first.
const FACES_AT_ONCE: usize = 16;

/// The main faces of one person's pictures, ready for the embedder.
pub struct AlignedPictures {
    faces: Vec<PendingTemplate>,
    /// How much each counts, 0 to 1.
    qualities: Vec<f32>,
}

impl Pipeline {
    /// The templates of `faces`, in their order; with [`Effort::Accurate`] each is the mean over the picture and its mirror image.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn embed(
        &mut self,
        image: &DecodedImage,
        faces: &[Face],
        effort: Effort,
    ) -> Result<Vec<Embedding>, FaceError> {
        let faces = faces.iter().map(|face| self.pending(image, face, effort));
        let faces = faces.collect::<Result<Vec<_>, _>>()?;
        self.embed_pending(faces, effort)
    }

    /// One template from several pictures of one person: the main face of each, averaged by quality.
    ///
    /// # Errors
    /// As [`Pipeline::decode`] and [`Pipeline::main_face`], for the first picture that has the fault.
    pub fn template(
        &mut self,
        pictures: &[ImageBytes],
        effort: Effort,
        rules: &FaceRules,
    ) -> Result<Embedding, FaceError> {
        let pictures = self.aligned_pictures(pictures, effort, rules)?;
        let [template] = self.templates([pictures], effort)?;
        Ok(template)
    }

    /// The first part of [`Pipeline::template`], for [`Pipeline::templates`] of several people.
    ///
    /// # Errors
    /// As [`Pipeline::template`].
    pub fn aligned_pictures(
        &mut self,
        pictures: &[ImageBytes],
        effort: Effort,
        rules: &FaceRules,
    ) -> Result<AlignedPictures, FaceError> {
        self.aligned(pictures, effort, |this, image| {
            this.main_face(image, effort, rules)
        })
    }

    /// The template of each of several people, in as few runs of the model as it takes.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn templates<const N: usize>(
        &mut self,
        people: [AlignedPictures; N],
        effort: Effort,
    ) -> Result<[Embedding; N], FaceError> {
        let mut faces = Vec::new();
        let qualities = people.map(|mut pictures| {
            faces.append(&mut pictures.faces);
            pictures.qualities
        });
        let templates = self.embed_pending(faces, effort)?;
        let mut left = templates.as_slice();
        let mut each = Vec::with_capacity(N);
        for qualities in &qualities {
            let own = left.split_off(..qualities.len()).unwrap_or_default();
            let template = combine(own, qualities, Weighting::default());
            each.push(template.ok_or_else(|| {
                FaceError::Inference("the pictures' templates cancel out".to_owned())
            })?);
        }
        each.try_into()
            .map_err(|_| FaceError::Inference("a template is missing".to_owned()))
    }

    /// As [`Pipeline::template`], for tight face crops: a picture in which no face is found is taken as an aligned face.
    ///
    /// # Errors
    /// As [`Pipeline::template`], but never [`FaceError::NoFace`].
    pub fn template_of_crops(
        &mut self,
        crops: &[ImageBytes],
        effort: Effort,
        rules: &FaceRules,
    ) -> Result<Embedding, FaceError> {
        let crops = self.aligned(crops, effort, |this, image| {
            this.main_face_of_crop(image, effort, rules)
        })?;
        let [template] = self.templates([crops], effort)?;
        Ok(template)
    }

    /// The template of a face that was enrolled earlier, perhaps with another pack, as enrolment makes it: of its portrait when
    /// the landmarks are given, else of its thumbnail.
    ///
    /// # Errors
    /// [`FaceError::Decode`], [`FaceError::Inference`].
    pub fn template_of_portrait(
        &mut self,
        jpeg: &ImageBytes,
        landmarks: Option<[Point; 5]>,
    ) -> Result<Embedding, FaceError> {
        let image = self.decode(jpeg)?;
        let face = landmarks.map_or_else(|| whole_picture(&image), portrait::face_at);
        self.embed(&image, &[face], Effort::Accurate)?
            .pop()
            .ok_or_else(|| FaceError::Inference("the embedder gave no template".to_owned()))
    }

    fn pending(
        &self,
        image: &DecodedImage,
        face: &Face,
        effort: Effort,
    ) -> Result<PendingTemplate, FaceError> {
        PendingTemplate::new(image, face, effort, || {
            self.align(image, face, self.embedder.template())
        })
    }

    /// The templates of `faces`, in their order; those that are not known in as few runs of the model as it takes.
    fn embed_pending(
        &mut self,
        mut faces: Vec<PendingTemplate>,
        effort: Effort,
    ) -> Result<Vec<Embedding>, FaceError> {
        let aligned: Vec<_> = faces.iter_mut().filter_map(PendingTemplate::take).collect();
        let mut fresh = Vec::with_capacity(aligned.len());
        for some in aligned.chunks(FACES_AT_ONCE) {
            self.pause()?;
            let mut templates =
                self.timed(Stage::Embed, |this| this.embedder.embed(some, effort))?;
            fresh.append(&mut templates);
        }
        let mut fresh = fresh.into_iter();
        let templates = faces.into_iter().map(|face| face.template(&mut fresh));
        templates
            .collect::<Option<_>>()
            .ok_or_else(|| FaceError::Inference("a template is missing".to_owned()))
    }

    fn aligned(
        &mut self,
        pictures: &[ImageBytes],
        effort: Effort,
        mut face_of: impl FnMut(&mut Self, &DecodedImage) -> Result<Face, FaceError>,
    ) -> Result<AlignedPictures, FaceError> {
        let mut faces = Vec::with_capacity(pictures.len());
        let mut qualities = Vec::with_capacity(pictures.len());
        for bytes in pictures {
            let image = self.decode(bytes)?;
            let face = face_of(self, &image)?;
            let pending = self.pending(&image, &face, effort)?;
            // One picture is its own template, however good it is.
            if pictures.len() == 1 {
                qualities.push(1.0);
                faces.push(pending);
                continue;
            }
            // The figures are those of one alignment, whatever the pack's.
            let figures = match pending.aligned() {
                Some(crop) if self.embedder.template() == Template::Arcface => {
                    quality::measure(&image, &face, crop, None)
                }
                _ => {
                    let judged = self.align(&image, &face, Template::Arcface)?;
                    quality::measure(&image, &face, &judged, None)
                }
            };
            qualities.push(figures.overall);
            faces.push(pending);
        }
        Ok(AlignedPictures { faces, qualities })
    }
}

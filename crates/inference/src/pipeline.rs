//! The operations on pictures that a job can do.

use crate::{DecodedImage, Effort, Embedding, Face, FaceError, FaceRules, ImageBytes, Quality, Score};

/// A liveness verdict's figures.
#[derive(Debug, Clone)]
pub struct Liveness {
    /// Calibrated probability-like score; 0.5 is the equal-error point of the pack's measured set.
    pub score: Score,
    /// The face it is about.
    pub face: Face,
    /// How the face was taken.
    pub quality: Quality,
}

/// One worker's models and the operations on them. All methods block: they run inside [`crate::Engine::run`].
pub struct Pipeline {}

#[allow(missing_docs, clippy::todo, unused_variables)]
impl Pipeline {
    /// Decodes a picture: JPEG, PNG, WebP, BMP, GIF (first frame) or TIFF; EXIF orientation applied, alpha flattened.
    ///
    /// # Errors
    /// Every [`crate::DecodeError`].
    pub fn decode(&mut self, bytes: &ImageBytes) -> Result<DecodedImage, crate::DecodeError> {
        todo!()
    }

    /// Every face of the picture, largest first.
    ///
    /// # Errors
    /// [`FaceError::Inference`]; no face is an empty list.
    pub fn faces(&mut self, image: &DecodedImage, effort: Effort) -> Result<Vec<Face>, FaceError> {
        todo!()
    }

    /// The face that is meant where one is asked for: the largest, unless another is comparable in size.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::MultipleFaces`], [`FaceError::Inference`].
    pub fn main_face(&mut self, image: &DecodedImage, effort: Effort, rules: &FaceRules) -> Result<Face, FaceError> {
        todo!()
    }

    /// The templates of `faces`, in their order; with [`Effort::Accurate`] each is the mean over the picture and its mirror image.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn embed(&mut self, image: &DecodedImage, faces: &[Face], effort: Effort) -> Result<Vec<Embedding>, FaceError> {
        todo!()
    }

    /// One template from several pictures of one person: the main face of each, combined by quality.
    ///
    /// # Errors
    /// As [`Pipeline::decode`] and [`Pipeline::main_face`], for the first picture that has the fault.
    pub fn template(&mut self, pictures: &[ImageBytes], effort: Effort, rules: &FaceRules) -> Result<Embedding, FaceError> {
        todo!()
    }

    /// As [`Pipeline::template`], for tight face crops: a picture in which no face is found is taken as an aligned face.
    ///
    /// # Errors
    /// As [`Pipeline::decode`], and [`FaceError::Inference`].
    pub fn template_of_crops(&mut self, crops: &[ImageBytes], effort: Effort) -> Result<Embedding, FaceError> {
        todo!()
    }

    /// Passive liveness of `face` by the pack's ensemble.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn liveness(&mut self, image: &DecodedImage, face: &Face) -> Result<Liveness, FaceError> {
        todo!()
    }

    /// Quality, head pose and open eyes of `face`.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn quality(&mut self, image: &DecodedImage, face: &Face) -> Result<Quality, FaceError> {
        todo!()
    }

    /// The aligned face as a 112 x 112 JPEG.
    ///
    /// # Errors
    /// [`FaceError::Inference`] when the JPEG encoder fails.
    pub fn thumbnail(&mut self, image: &DecodedImage, face: &Face) -> Result<Vec<u8>, FaceError> {
        todo!()
    }

    /// Calibrated similarity of two templates of this pack's embedder.
    #[must_use]
    pub fn similarity(&self, a: &Embedding, b: &Embedding) -> Score {
        todo!()
    }
}

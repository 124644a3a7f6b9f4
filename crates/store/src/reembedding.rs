//! Templates by a model that was not there when the faces were enrolled.

use std::fmt;

use async_trait::async_trait;

use crate::change::Committed;
use crate::error::StoreError;
use crate::face::Crop;
use crate::ids::{FaceId, ModelId};

/// A face without a template of some model, and the pictures to make one from.
#[derive(Clone, PartialEq)]
pub struct Untemplated {
    /// The face.
    pub face: FaceId,
    /// JPEG, 112 x 112, aligned to ArcFace's template.
    pub thumbnail: Vec<u8>,
    /// The face with a margin, when it is kept.
    pub crop: Option<Crop>,
}

// Pictures are biometric data: none in a log.
impl fmt::Debug for Untemplated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Untemplated")
            .field("face", &self.face)
            .finish_non_exhaustive()
    }
}

/// Reading what lacks a template and adding it.
#[async_trait]
pub trait Reembedding {
    /// At most `limit` faces of the whole database that have no template of this model, in the order of their ids (which are
    /// random), from the one after `after` on.
    async fn untemplated(
        &self,
        model: ModelId,
        after: Option<FaceId>,
        limit: u32,
    ) -> Result<Vec<Untemplated>, StoreError>;

    /// Those of these faces that are there and have no template of this model.
    async fn untemplated_among(
        &self,
        model: ModelId,
        faces: Vec<FaceId>,
    ) -> Result<Vec<Untemplated>, StoreError>;

    /// How many faces of the whole database have no template of this model. Reads all of them.
    async fn count_untemplated(&self, model: ModelId) -> Result<u64, StoreError>;

    /// Adds templates of this model; how many. A face that is gone or has one by now is left out, so doing it again changes nothing.
    async fn add_templates(
        &self,
        model: ModelId,
        templates: Vec<(FaceId, Vec<f32>)>,
    ) -> Result<Committed<u64>, StoreError>;
}

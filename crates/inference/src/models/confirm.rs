//! Whether what the detector is not sure of is a face.

use super::{
    LoadContext, Model,
    crop::{AT_ONCE, UprightCrop},
};
use crate::{DecodedImage, Face, FaceError, StartError};

/// The model that confirms faces.
pub(crate) struct ConfirmModel {
    model: Model,
    crop: UprightCrop,
    below: f32,
    least: f32,
}

impl ConfirmModel {
    pub(crate) fn load(
        context: &LoadContext<'_>,
        role: &packs::Confirm,
    ) -> Result<Self, StartError> {
        Ok(Self {
            model: Model::load(context, &role.file)?,
            crop: UprightCrop {
                tensor: role.tensor,
                size: role.size,
                scale: role.crop,
            },
            below: role.below,
            least: role.least,
        })
    }

    /// `faces` in their order, without those in doubt that the model does not take for one.
    pub(crate) fn keep(
        &mut self,
        image: &DecodedImage,
        faces: Vec<Face>,
    ) -> Result<Vec<Face>, FaceError> {
        let doubtful: Vec<Face> = faces
            .iter()
            .filter(|face| face.score < self.below)
            .cloned()
            .collect();
        let mut verdicts = Vec::with_capacity(doubtful.len());
        for part in doubtful.chunks(AT_ONCE) {
            let (input, _) = self.crop.cut(image, part);
            self.model
                .run_batch(self.crop.shape(part.len()), &input, &mut verdicts)?;
        }
        if verdicts.len() != doubtful.len() {
            return Err(FaceError::Inference(format!(
                "the confirming model gave {} values for {} faces",
                verdicts.len(),
                doubtful.len()
            )));
        }
        let mut verdicts = verdicts.into_iter();
        let sure = |face: &Face| {
            face.score >= self.below || verdicts.next().is_some_and(|verdict| verdict >= self.least)
        };
        Ok(faces.into_iter().filter(sure).collect())
    }
}

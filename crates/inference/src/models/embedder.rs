//! Aligned faces to templates.

use packs::{Template, Tensor};

use super::{LoadContext, Model, fill_planes};
use crate::{
    Effort, Embedding, FaceError, StartError,
    align::{self, AlignedFace},
};

/// The embedding model.
pub(crate) struct Embedder {
    model: Model,
    tensor: Tensor,
    template: Template,
    dimension: usize,
    mirror: bool,
}

impl Embedder {
    pub(crate) fn load(context: &LoadContext<'_>) -> Result<Self, StartError> {
        let role = &context.pack.manifest.embedder;
        let model = Model::load(context, &role.file)?;
        Ok(Self {
            model,
            tensor: role.tensor,
            template: role.template,
            dimension: role.dimension,
            mirror: role.mirror,
        })
    }

    /// What faces must be aligned to.
    pub(crate) fn template(&self) -> Template {
        self.template
    }

    /// The templates of `faces`, in their order, in one run where the model can. With [`Effort::Accurate`], or where the pack
    /// wants it always, each is the sum of the raw outputs of the face and of its mirror image, brought to unit length.
    pub(crate) fn embed(
        &mut self,
        faces: &[AlignedFace],
        effort: Effort,
    ) -> Result<Vec<Embedding>, FaceError> {
        if faces.is_empty() {
            return Ok(Vec::new());
        }
        let mirrors: Vec<AlignedFace> = if self.mirror || effort == Effort::Accurate {
            faces.iter().map(AlignedFace::mirrored).collect()
        } else {
            Vec::new()
        };
        let count = faces.len() + mirrors.len();
        let side = align::side(self.template) as usize;
        let values = 3 * side * side;
        let mut input = vec![0.0; count * values];
        for (planes, face) in input
            .chunks_exact_mut(values)
            .zip(faces.iter().chain(&mirrors))
        {
            fill_planes(planes, side, &face.rgb, side, (0, 0), &self.tensor);
        }
        let mut raw = Vec::with_capacity(count * self.dimension);
        self.model
            .run_batch([count, 3, side, side], &input, &mut raw)?;
        if raw.len() != count * self.dimension {
            return Err(FaceError::Inference(format!(
                "the embedder gave {} values for {count} faces of {}",
                raw.len(),
                self.dimension
            )));
        }
        let (plain, mirrored) = raw.split_at_mut(faces.len() * self.dimension);
        for (value, mirror) in plain.iter_mut().zip(mirrored) {
            *value += *mirror;
        }
        plain
            .chunks_exact(self.dimension)
            .map(|values| {
                Embedding::normalised(values).ok_or_else(|| {
                    FaceError::Inference("the embedder gave no usable template".to_owned())
                })
            })
            .collect()
    }
}

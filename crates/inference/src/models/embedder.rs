//! Aligned faces to templates.

use packs::Tensor;

use super::{LoadContext, Model, fill_planes};
use crate::{
    Effort, Embedding, FaceError, StartError,
    align::{AlignedFace, SIDE},
};

const VALUES: usize = 3 * (SIDE * SIDE) as usize;

/// The embedding model.
pub(crate) struct Embedder {
    model: Model,
    tensor: Tensor,
    dimension: usize,
}

impl Embedder {
    pub(crate) fn load(context: &LoadContext<'_>) -> Result<Self, StartError> {
        let role = &context.pack.manifest.embedder;
        let model = Model::load(context, &role.file)?;
        Ok(Self {
            model,
            tensor: role.tensor,
            dimension: role.dimension,
        })
    }

    /// The templates of `faces`, in their order, in one run where the model can. With [`Effort::Accurate`] each is the sum of
    /// the raw outputs of the face and of its mirror image, brought to unit length.
    pub(crate) fn embed(
        &mut self,
        faces: &[AlignedFace],
        effort: Effort,
    ) -> Result<Vec<Embedding>, FaceError> {
        if faces.is_empty() {
            return Ok(Vec::new());
        }
        let mirrors: Vec<AlignedFace> = match effort {
            Effort::Fast => Vec::new(),
            Effort::Accurate => faces.iter().map(AlignedFace::mirrored).collect(),
        };
        let count = faces.len() + mirrors.len();
        let mut input = vec![0.0; count * VALUES];
        for (planes, face) in input
            .chunks_exact_mut(VALUES)
            .zip(faces.iter().chain(&mirrors))
        {
            fill_planes(
                planes,
                SIDE as usize,
                &face.0,
                SIDE as usize,
                (0, 0),
                &self.tensor,
            );
        }
        let mut raw = Vec::with_capacity(count * self.dimension);
        self.model
            .run_batch([count, 3, SIDE as usize, SIDE as usize], &input, &mut raw)?;
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

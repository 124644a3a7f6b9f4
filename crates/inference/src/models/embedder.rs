//! Aligned faces to templates.

use packs::{Template, Tensor};

use super::{LoadContext, Model, fill_planes};
use crate::{
    Effort, Embedding, FaceError, StartError,
    align::{self, AlignedFace},
};

/// The embedding model.
pub(crate) struct Embedder {
    models: Models,
    tensor: Tensor,
    template: Template,
    dimension: usize,
    mirror: bool,
}

/// The model, once for each number of pictures that it is run on.
enum Models {
    /// Any number.
    Any(Model),
    /// One, as a probe is, and two, as a comparison and a face with its mirror image are: a tenth quicker than a model that has to work out
    /// how many there are.
    Fixed { one: Model, two: Model },
}

impl Models {
    fn load(context: &LoadContext<'_>, file: &str) -> Result<Self, StartError> {
        match &context.batch {
            Some(dimension) => Ok(Self::Fixed {
                one: Model::load_for(context, file, (dimension, 1))?,
                two: Model::load_for(context, file, (dimension, 2))?,
            }),
            None => Ok(Self::Any(Model::load(context, file)?)),
        }
    }

    /// Runs the model on the pictures in `data`, of shape `[n, 3, side, side]`, and appends its first output to `out`.
    fn run(&mut self, side: usize, data: &[f32], out: &mut Vec<f32>) -> Result<(), FaceError> {
        let values = 3 * side * side;
        let shape = |part: &[f32]| [part.len() / values, 3, side, side];
        match self {
            Self::Any(model) => model.run_batch(shape(data), data, out),
            Self::Fixed { one, two } => data.chunks(2 * values).try_for_each(|part| {
                let model = if part.len() == values {
                    &mut *one
                } else {
                    &mut *two
                };
                model.run_batch(shape(part), part, out)
            }),
        }
    }
}

impl Embedder {
    pub(crate) fn load(context: &LoadContext<'_>) -> Result<Self, StartError> {
        let role = &context.pack.manifest.embedder;
        Ok(Self {
            models: Models::load(context, &role.file)?,
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
        self.models.run(side, &input, &mut raw)?;
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

//! An ONNX Runtime session with one picture-like input.

use std::{collections::BTreeMap, fs, path::Path};

use onnx::without_prelu;
use ort::{
    environment::Environment,
    ep::{self, ExecutionProvider},
    session::{
        Session, SessionOutputs,
        builder::{GraphOptimizationLevel, PrepackedWeights, SessionBuilder},
    },
    value::{Outlet, TensorRef, ValueType},
};
use packs::InstalledPack;

use crate::{FaceError, Provider, StartError};

/// What every session of one engine shares.
pub(crate) struct LoadContext<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) pack: &'a InstalledPack,
    pub(crate) provider: Provider,
    /// One container a file: sessions of the same model share their re-laid-out weights.
    pub(crate) prepacked: &'a BTreeMap<String, PrepackedWeights>,
    /// What the embedder's file calls its number of pictures, where it leaves that open and is to be loaded for fixed ones.
    pub(crate) batch: Option<String>,
}

/// A loaded model with one float input `[N, 3, H, W]`.
pub(crate) struct Model {
    session: Session,
    input: String,
    /// The model takes one picture a run only.
    single: bool,
}

impl Model {
    /// Loads the file with key `file`, on one thread: the pool runs several models side by side instead.
    pub(crate) fn load(context: &LoadContext<'_>, file: &str) -> Result<Self, StartError> {
        Self::read(context, file, builder(context, file)?)
    }

    /// As [`Model::load`], for runs of just so many pictures, when `dimension` is what the file calls their number: what follows from that
    /// is worked out once, while loading.
    pub(crate) fn load_for(
        context: &LoadContext<'_>,
        file: &str,
        (dimension, pictures): (&str, usize),
    ) -> Result<Self, StartError> {
        let builder = builder(context, file)?
            .with_dimension_override(dimension, pictures as i64)
            .map_err(|error| unusable(file, error))?;
        Self::read(context, file, builder)
    }

    fn read(
        context: &LoadContext<'_>,
        file: &str,
        mut builder: SessionBuilder,
    ) -> Result<Self, StartError> {
        let path = path(context, file)?;
        let quicker = match context.provider {
            // What cannot be read is told by the runtime.
            Provider::Cpu => fs::read(path).ok().and_then(|file| without_prelu(&file)),
            Provider::Cuda => None,
        };
        let session = match quicker {
            // A model that is not what the rewriting takes it for is used as it is.
            Some(model) => builder
                .commit_from_memory(&model)
                .or_else(|_| builder.commit_from_file(path)),
            None => builder.commit_from_file(path),
        };
        let session = session.map_err(|error| unusable(file, error))?;
        let [input] = session.inputs() else {
            let count = session.inputs().len();
            let reason = format!("it has {count} inputs, one is expected");
            return Err(unusable(file, reason));
        };
        let single = match input.dtype().tensor_shape() {
            Some(shape) if shape.len() == 4 => shape[0] == 1,
            _ => {
                return Err(unusable(
                    file,
                    "its input is not a tensor of four dimensions",
                ));
            }
        };
        let input = input.name().to_owned();
        Ok(Self {
            session,
            input,
            single,
        })
    }

    /// What the file calls the number of pictures of a run, where it leaves that open.
    pub(crate) fn batch_dimension(
        context: &LoadContext<'_>,
        file: &str,
    ) -> Result<Option<String>, StartError> {
        // Nothing will be run: no time for making it quick, and no weights to be kept.
        let bare = LoadContext {
            prepacked: &BTreeMap::new(),
            batch: None,
            ..*context
        };
        let session = builder(&bare, file)?
            .with_optimization_level(GraphOptimizationLevel::Disable)
            .map_err(|error| unusable(file, error))?
            .commit_from_file(path(context, file)?)
            .map_err(|error| unusable(file, error))?;
        let input = session.inputs().first().map(Outlet::dtype);
        Ok(match input {
            Some(ValueType::Tensor {
                shape,
                dimension_symbols,
                ..
            }) if shape.first() == Some(&-1) => dimension_symbols
                .first()
                .filter(|name| !name.is_empty())
                .cloned(),
            _ => None,
        })
    }

    /// Names of the outputs, in the model's order.
    pub(crate) fn output_names(&self) -> Vec<String> {
        self.session
            .outputs()
            .iter()
            .map(|output| output.name().to_owned())
            .collect()
    }

    /// Runs the model on `data`, of shape `[n, 3, height, width]`.
    pub(crate) fn run(
        &mut self,
        shape: [usize; 4],
        data: &[f32],
    ) -> Result<SessionOutputs<'_>, FaceError> {
        let tensor = TensorRef::from_array_view((shape, data)).map_err(inference)?;
        self.session
            .run(ort::inputs![self.input.as_str() => tensor])
            .map_err(inference)
    }

    /// Runs the model on the pictures in `data` and appends its first output to `out`: all at once where the model can.
    pub(crate) fn run_batch(
        &mut self,
        shape: [usize; 4],
        data: &[f32],
        out: &mut Vec<f32>,
    ) -> Result<(), FaceError> {
        let [count, planes, height, width] = shape;
        let step = if self.single { 1 } else { count };
        for part in data.chunks(step * planes * height * width) {
            let pictures = part.len() / (planes * height * width);
            let outputs = self.run([pictures, planes, height, width], part)?;
            out.extend_from_slice(values(&outputs, 0)?);
        }
        Ok(())
    }
}

/// The values of the output at `index`, flat.
pub(crate) fn values<'a>(
    outputs: &'a SessionOutputs<'_>,
    index: usize,
) -> Result<&'a [f32], FaceError> {
    if index >= outputs.len() {
        return Err(FaceError::Inference(format!(
            "the model has no output {index}"
        )));
    }
    let (_, data) = outputs[index]
        .try_extract_tensor::<f32>()
        .map_err(inference)?;
    Ok(data)
}

fn unusable(file: &str, reason: impl ToString) -> StartError {
    StartError::Model {
        file: file.to_owned(),
        reason: reason.to_string(),
    }
}

/// Where the file with key `file` is.
fn path<'a>(context: &LoadContext<'a>, file: &str) -> Result<&'a Path, StartError> {
    let installed = context.pack.files.get(file);
    let installed = installed.ok_or_else(|| unusable(file, "the pack does not have it"))?;
    Ok(&installed.path)
}

fn builder(context: &LoadContext<'_>, file: &str) -> Result<SessionBuilder, StartError> {
    let fault = |error: ort::Error<SessionBuilder>| unusable(file, error);
    let mut builder = SessionBuilder::new(context.environment)
        .map_err(|error| unusable(file, error))?
        .with_optimization_level(GraphOptimizationLevel::All)
        .map_err(fault)?
        .with_intra_threads(1)
        .map_err(fault)?
        .with_inter_threads(1)
        .map_err(fault)?
        .with_intra_op_spinning(false)
        .map_err(fault)?
        .with_inter_op_spinning(false)
        .map_err(fault)?
        // Pictures come in many shapes; a plan for each would only grow.
        .with_memory_pattern(false)
        .map_err(fault)?;
    if let Some(weights) = context.prepacked.get(file) {
        builder = builder.with_prepacked_weights(weights).map_err(fault)?;
    }
    match context.provider {
        Provider::Cpu => Ok(builder),
        Provider::Cuda => {
            if !ep::CUDA::is_available().unwrap_or(false) {
                return Err(StartError::ProviderMissing("cuda".to_owned()));
            }
            // Without this, a provider that fails to load is replaced by the processor, silently.
            builder
                .with_execution_providers([ep::CUDA::default().build().error_on_failure()])
                .map_err(fault)
        }
    }
}

pub(crate) fn inference(error: ort::Error) -> FaceError {
    FaceError::Inference(error.to_string())
}

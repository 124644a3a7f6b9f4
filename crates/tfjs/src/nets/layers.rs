//! What the networks have in common.

use crate::{
    Error,
    model::{Attribute, Dim, Model},
    tensor::Tensor,
    weights::{self, Weights},
};

/// Means of red, green and blue that both networks were trained with.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// A network under construction.
pub(super) struct Net {
    pub(super) model: Model,
    weights: Weights,
}

impl Net {
    /// With the weights of a bare manifest.
    pub(super) fn read(manifest_json: &str, bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            model: Model::default(),
            weights: weights::read(&weights::groups(manifest_json)?, bytes)?,
        })
    }

    /// The input `[count, 3, side, side]` of red, green and blue, 0 to 255, brought to what the network was trained on.
    pub(super) fn picture(&mut self, side: usize) -> String {
        let shape = [
            Dim::Named("count"),
            Dim::Fixed(3),
            Dim::Fixed(side),
            Dim::Fixed(side),
        ];
        let input = self.model.input("input", &shape);
        let mean = self
            .model
            .constant(&Tensor::float(&[1, 3, 1, 1], MEAN.to_vec()));
        let centred = self.model.node("Sub", &[&input, &mean], &[]);
        let scale = self.model.scalar(255.0);
        self.model.node("Div", &[&centred, &scale], &[])
    }

    /// The weight `name`, which must have this many dimensions.
    pub(super) fn weight(&self, name: &str, rank: usize) -> Result<&Tensor, Error> {
        let tensor = self
            .weights
            .get(name)
            .ok_or_else(|| Error::weight(name, "it is missing"))?;
        if tensor.shape.len() != rank || tensor.floats().is_none() {
            return Err(Error::weight(
                name,
                format!("it is not of {rank} dimensions of floats"),
            ));
        }
        Ok(tensor)
    }

    /// A list of `length` floats.
    pub(super) fn list(&self, name: &str, length: usize) -> Result<&[f32], Error> {
        let values = self.weight(name, 1)?.floats().unwrap_or_default();
        if values.len() == length {
            Ok(values)
        } else {
            Err(Error::weight(
                name,
                format!("it has {} values, not {length}", values.len()),
            ))
        }
    }

    /// A convolution with filters as ONNX has them.
    pub(super) fn convolve(
        &mut self,
        from: &str,
        filters: &Tensor,
        bias: Vec<f32>,
        window: &Window,
    ) -> String {
        let kernel: Vec<i64> = filters
            .shape
            .iter()
            .skip(2)
            .map(|side| *side as i64)
            .collect();
        let bias = Tensor::float(&[bias.len()], bias);
        let (filters, bias) = (self.model.constant(filters), self.model.constant(&bias));
        let mut attributes = vec![
            Attribute::Ints("kernel_shape", kernel),
            Attribute::Ints("strides", vec![window.stride; 2]),
            Attribute::Int("group", window.groups),
        ];
        if window.same {
            attributes.push(Attribute::Text("auto_pad", "SAME_UPPER"));
        }
        self.model
            .node("Conv", &[from, &filters, &bias], &attributes)
    }

    pub(super) fn relu(&mut self, from: &str) -> String {
        self.model.node("Relu", &[from], &[])
    }

    pub(super) fn add(&mut self, left: &str, right: &str) -> String {
        self.model.node("Add", &[left, right], &[])
    }
}

/// How a convolution moves.
pub(super) struct Window {
    pub(super) stride: i64,
    /// Zeros around, so that only the stride makes the picture smaller.
    pub(super) same: bool,
    pub(super) groups: i64,
}

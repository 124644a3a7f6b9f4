//! Constant tensors.

/// Most values of one tensor; stops a shape that lies.
const MOST: usize = 1 << 28;

/// The values, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Float(Vec<f32>),
    Int(Vec<i32>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

impl Tensor {
    pub(crate) fn float(shape: &[usize], values: Vec<f32>) -> Self {
        Self {
            shape: shape.to_vec(),
            values: Values::Float(values),
        }
    }

    pub(crate) fn floats(&self) -> Option<&[f32]> {
        match &self.values {
            Values::Float(values) => Some(values),
            Values::Int(_) => None,
        }
    }

    pub(crate) fn ints(&self) -> Option<&[i32]> {
        match &self.values {
            Values::Int(values) => Some(values),
            Values::Float(_) => None,
        }
    }

    /// The same with its axes in the order of `order`, which names each axis once; `None` when it does not, or for integers.
    pub(crate) fn permuted(&self, order: &[usize]) -> Option<Self> {
        let values = self.floats()?;
        let mut seen = order.to_vec();
        seen.sort_unstable();
        if seen.iter().copied().ne(0..self.shape.len()) {
            return None;
        }
        let shape: Vec<usize> = order
            .iter()
            .filter_map(|&axis| self.shape.get(axis).copied())
            .collect();
        let mut strides = vec![1; self.shape.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * self.shape[axis];
        }
        let mut place = vec![0; order.len()];
        let mut moved = Vec::with_capacity(values.len());
        for _ in 0..values.len() {
            let from: usize = place
                .iter()
                .zip(order)
                .map(|(at, &axis)| at * strides[axis])
                .sum();
            moved.push(*values.get(from)?);
            for axis in (0..place.len()).rev() {
                place[axis] += 1;
                if place[axis] < shape[axis] {
                    break;
                }
                place[axis] = 0;
            }
        }
        Some(Self::float(&shape, moved))
    }

    /// A constant that meets pictures of `[N, H, W, C]`, as it must be to meet them as `[N, C, H, W]`.
    pub(crate) fn for_planes(&self) -> Option<Self> {
        let missing = 4_usize.checked_sub(self.shape.len())?;
        let shape = [vec![1; missing], self.shape.clone()].concat();
        Self {
            shape,
            values: self.values.clone(),
        }
        .permuted(&[0, 3, 1, 2])
    }
}

/// How many values a tensor of this shape has; `None` when that is absurd.
pub(crate) fn count(shape: &[usize]) -> Option<usize> {
    let product = shape
        .iter()
        .try_fold(1_usize, |product, &side| product.checked_mul(side));
    product.filter(|count| *count <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_change_places() {
        let tensor = Tensor::float(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let turned = tensor.permuted(&[1, 0]).unwrap();
        assert_eq!(
            turned,
            Tensor::float(&[3, 2], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0])
        );
        assert!(tensor.permuted(&[0, 0]).is_none() && tensor.permuted(&[0]).is_none());
        let cube = Tensor::float(&[1, 2, 2, 3], (0..12).map(|value| value as f32).collect());
        let planes = cube.permuted(&[0, 3, 1, 2]).unwrap();
        assert_eq!(planes.shape, [1, 3, 2, 2]);
        assert_eq!(planes.floats().unwrap()[..5], [0.0, 3.0, 6.0, 9.0, 1.0]);
    }

    #[test]
    fn a_bias_becomes_a_channel() {
        let bias = Tensor::float(&[3], vec![1.0, 2.0, 3.0])
            .for_planes()
            .unwrap();
        assert_eq!(bias.shape, [1, 3, 1, 1]);
        assert!(Tensor::float(&[1; 5], vec![0.0]).for_planes().is_none());
    }

    #[test]
    fn absurd_shapes_have_no_size() {
        assert_eq!(count(&[]), Some(1));
        assert_eq!(count(&[2, 0, 7]), Some(0));
        assert!(count(&[usize::MAX, 2]).is_none() && count(&[1 << 20, 1 << 20]).is_none());
    }
}

//! Unit vectors as int8 planes, and probes as int16, with bounds on what that costs.
//!
//! A row `x` is stored as two planes with one scale `s = max|x_i| / 127` of its own, so that the whole int8 range is used
//! whatever the model's components look like:
//!
//! * base plane: `b_i = round(x_i / s)`, read by every scan;
//! * fine plane: `f_i = round((x_i - s b_i) / (s / 254))`, read for the few rows that are re-scored.
//!
//! The rebuilt row `s / 254 * (254 b_i + f_i)` is within `s / 508` of `x_i` in every component. So the cosine of a
//! unit probe with the rebuilt row is within `max|x_i| * sqrt(d) / (2 * 127 * 254)` of the true cosine (Cauchy-Schwarz): for
//! 512 components and `max|x_i|` of at most 0.28, which real templates keep to, below 1e-4; in practice some 1e-6.
//!
//! The scan needs no luck either: by the same inequality the base plane alone is within [`Row::error`] (the length of
//! the fine part, about 0.007) of the rebuilt row, so a row whose base score plus that bound is below
//! the worst hit so far cannot be a hit.

use crate::IndexError;
use crate::kernels::{FloatLine, Kernel, LINE, Line, WideLine};

/// Steps of the fine plane in one step of the base plane.
const FINE_STEPS: i16 = 254;
/// How far from 1 the length of a vector may be on entry; it is then made 1.
const LENGTH_TOLERANCE: f64 = 1e-3;
/// Room for the f32 arithmetic of a scan (a few roundings of numbers near 1).
const ROUNDING: f32 = 1e-5;

/// Cache lines per row of `dimension` components.
pub(crate) fn lines(dimension: usize) -> usize {
    dimension.div_ceil(LINE)
}

/// A finite vector of the right dimension and of length 1, padded to whole lines.
fn unit(vector: &[f32], dimension: usize) -> Result<Vec<f32>, IndexError> {
    if vector.len() != dimension {
        return Err(IndexError::Dimension {
            expected: dimension,
            got: vector.len(),
        });
    }
    let length = vector
        .iter()
        .map(|x| f64::from(*x) * f64::from(*x))
        .sum::<f64>()
        .sqrt();
    if !length.is_finite() {
        return Err(IndexError::NotFinite);
    }
    if (length - 1.0).abs() > LENGTH_TOLERANCE {
        return Err(IndexError::NotUnit);
    }
    let mut padded: Vec<f32> = vector
        .iter()
        .map(|x| (f64::from(*x) / length) as f32)
        .collect();
    padded.resize(lines(dimension) * LINE, 0.0);
    Ok(padded)
}

/// `round(x)` for |x| below 2^22, without the library call that plain x86-64 needs.
#[inline(always)]
fn rounded(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: from here on an f32 has no fraction
    (x + MAGIC) - MAGIC
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0_f32, |max, x| max.max(x.abs()))
}

/// One vector as it is stored.
pub(crate) struct Row {
    pub(crate) base: Vec<Line>,
    pub(crate) fine: Vec<Line>,
    /// What one step of the base plane is worth.
    pub(crate) scale: f32,
    /// Upper bound of |cosine by the base plane - cosine by both planes| for any unit probe.
    pub(crate) error: f32,
}

impl Row {
    /// Checks and quantises a vector of `dimension` components of length 1.
    pub(crate) fn new(vector: &[f32], dimension: usize) -> Result<Self, IndexError> {
        let vector = unit(vector, dimension)?;
        let scale = largest(&vector) / 127.0;
        let fine_scale = scale / f32::from(FINE_STEPS);
        let mut base = Vec::with_capacity(lines(dimension));
        let mut fine = Vec::with_capacity(lines(dimension));
        let mut squares = 0.0_f32;
        for part in vector.chunks_exact(LINE) {
            let (mut base_line, mut fine_line) = ([0_i8; LINE], [0_i8; LINE]);
            for ((x, b), f) in part.iter().zip(&mut base_line).zip(&mut fine_line) {
                let whole = rounded(x / scale).clamp(-127.0, 127.0);
                let rest = rounded((x - whole * scale) / fine_scale).clamp(-127.0, 127.0);
                *b = whole as i8;
                *f = rest as i8;
                squares += rest * rest;
            }
            base.push(Line(base_line));
            fine.push(Line(fine_line));
        }
        Ok(Self {
            base,
            fine,
            scale,
            // `squares` is a sum of whole numbers: its own f32 rounding is covered by the factor.
            error: squares.sqrt() * fine_scale * 1.001,
        })
    }
}

/// The cosine of a probe with a stored row, from both planes: the score of every hit, whatever found it.
pub(crate) fn cosine(
    kernel: Kernel,
    probe: &Probe,
    base: &[Line],
    fine: &[Line],
    scale: f32,
) -> f32 {
    cosine_of(kernel, &probe.float, base, fine, scale)
}

/// As [`cosine`], of a probe's components alone.
pub(crate) fn cosine_of(
    kernel: Kernel,
    components: &[FloatLine],
    base: &[Line],
    fine: &[Line],
    scale: f32,
) -> f32 {
    let sum = kernel.rebuilt_dot(components, base, fine, FINE_STEPS);
    (sum * (scale / f32::from(FINE_STEPS))).clamp(-1.0, 1.0)
}

/// Checks a vector of `dimension` components of length 1 and pads it to whole lines.
pub(crate) fn components(vector: &[f32], dimension: usize) -> Result<Vec<FloatLine>, IndexError> {
    let line = |part: &[f32]| {
        let mut line = [0.0; LINE];
        line.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        FloatLine(line)
    };
    Ok(unit(vector, dimension)?.chunks(LINE).map(line).collect())
}

/// The components of a stored row, padding included.
pub(crate) fn rebuilt<'a>(
    base: &'a [Line],
    fine: &'a [Line],
    scale: f32,
) -> impl Iterator<Item = f32> + 'a {
    let fine_scale = scale / f32::from(FINE_STEPS);
    base.iter().zip(fine).flat_map(move |(base, fine)| {
        base.0
            .iter()
            .zip(&fine.0)
            .map(move |(b, f)| f32::from(*b) * scale + f32::from(*f) * fine_scale)
    })
}

/// A search vector, ready for scans, re-scoring and the graph.
pub(crate) struct Probe {
    wide: Vec<WideLine>,
    float: Vec<FloatLine>,
    /// What one step of `wide` is worth.
    unit: f32,
    /// Upper bound of what rounding the probe, and f32 arithmetic, add to [`Row::error`].
    slack: f32,
}

impl Probe {
    /// Checks and prepares a vector of `dimension` components of length 1.
    pub(crate) fn new(vector: &[f32], dimension: usize) -> Result<Self, IndexError> {
        let vector = unit(vector, dimension)?;
        // int16 has room up to 32767, and by Cauchy-Schwarz no sum over any part of a row passes
        // (steps + sqrt(d) / 2) * 127 * sqrt(d): keep that inside an i32.
        let root = (vector.len() as f64).sqrt();
        let limit = f64::from(i32::MAX) / (127.0 * root) - root;
        let steps = (32767.0 / f64::from(largest(&vector))).min(limit) as f32;
        let unit = 1.0 / steps;
        let mut wide = Vec::with_capacity(lines(dimension));
        let mut float = Vec::with_capacity(lines(dimension));
        let mut squares = 0.0_f64;
        for part in vector.chunks_exact(LINE) {
            let (mut wide_line, mut float_line) = ([0_i16; LINE], [0.0_f32; LINE]);
            for ((x, w), f) in part.iter().zip(&mut wide_line).zip(&mut float_line) {
                let step = rounded(x * steps).clamp(-32767.0, 32767.0);
                *w = step as i16;
                *f = *x;
                squares += (f64::from(*x) - f64::from(step) * f64::from(unit)).powi(2);
            }
            wide.push(WideLine(wide_line));
            float.push(FloatLine(float_line));
        }
        Ok(Self {
            wide,
            float,
            unit,
            // A base plane is at most 1 + its error long; 1.2 is far above that.
            slack: squares.sqrt() as f32 * 1.2 + ROUNDING,
        })
    }

    /// The int16 lines that [`Kernel::dots`] takes.
    pub(crate) fn wide(&self) -> &[WideLine] {
        &self.wide
    }

    /// What one step of [`Probe::wide`] is worth.
    pub(crate) fn unit(&self) -> f32 {
        self.unit
    }

    /// Added to a row's own error, the bound of |base score - cosine|.
    pub(crate) fn slack(&self) -> f32 {
        self.slack
    }

    /// The components, padding included.
    pub(crate) fn components(&self) -> impl Iterator<Item = f32> + Clone + '_ {
        self.float.iter().flat_map(|line| line.0)
    }
}

/// Components as one int8 plane with a scale that all rows share: what the graph stores. `steps` are the steps in 1.0;
/// components outside the range are clamped (the graph only proposes rows, so that costs recall and never a score).
pub(crate) fn single_plane(components: impl Iterator<Item = f32>, steps: f32) -> Vec<Line> {
    let mut plane = Vec::new();
    let mut line = [0_i8; LINE];
    let mut filled = 0;
    for x in components {
        line[filled] = rounded((x * steps).clamp(-127.0, 127.0)) as i8;
        filled += 1;
        if filled == LINE {
            plane.push(Line(line));
            filled = 0;
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit_vector(dimension: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-1.0_f32..1.0, dimension)
            .prop_filter("not of length zero", |v| v.iter().any(|x| x.abs() > 1e-3))
            .prop_map(|v| {
                let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
                v.iter().map(|x| x / length).collect()
            })
    }

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    }

    proptest! {
        #[test]
        fn both_bounds_hold(
            (x, q) in (1_usize..700).prop_flat_map(|d| (unit_vector(d), unit_vector(d)))
        ) {
            let row = Row::new(&x, x.len()).unwrap();
            let probe = Probe::new(&q, q.len()).unwrap();
            let truth = dot(&x, &q);
            let kernel = Kernel::detect();
            let score = cosine(kernel, &probe, &row.base, &row.fine, row.scale);
            let bound = f64::from(largest(&x)) * (x.len() as f64).sqrt() / (2.0 * 127.0 * 254.0) + 2e-6;
            prop_assert!((f64::from(score) - truth).abs() <= bound);
            let mut base = [0];
            kernel.dots([probe.wide()], &row.base, [&mut base]);
            let rough = base[0] as f32 * (row.scale * probe.unit());
            prop_assert!((rough - score).abs() <= row.error + probe.slack());
        }

        #[test]
        fn rebuilt_components_are_close(x in unit_vector(130)) {
            let row = Row::new(&x, 130).unwrap();
            let back: Vec<f32> = rebuilt(&row.base, &row.fine, row.scale).collect();
            prop_assert_eq!(back.len(), 3 * LINE);
            for (a, b) in x.iter().zip(&back) {
                prop_assert!((a - b).abs() <= row.scale / 508.0 + 1e-6);
            }
            prop_assert!(back[130..].iter().all(|x| *x == 0.0));
        }
    }

    #[test]
    fn flat_vectors_do_not_overflow_the_sums() {
        for dimension in [1, 2, 63, 64, 512, 4096] {
            let x = vec![1.0 / (dimension as f32).sqrt(); dimension];
            let (row, probe) = (
                Row::new(&x, dimension).unwrap(),
                Probe::new(&x, dimension).unwrap(),
            );
            let mut base = [0];
            Kernel::detect().dots([probe.wide()], &row.base, [&mut base]);
            let rough = base[0] as f32 * (row.scale * probe.unit());
            assert!((rough - 1.0).abs() < 0.01, "{dimension}: {rough}");
        }
    }

    #[test]
    fn what_is_no_unit_vector_is_refused() {
        let bad = |v: &[f32]| Row::new(v, 2).map(|_| ()).unwrap_err();
        assert!(matches!(bad(&[f32::NAN, 1.0]), IndexError::NotFinite));
        assert!(matches!(bad(&[f32::INFINITY, 0.0]), IndexError::NotFinite));
        assert!(matches!(bad(&[0.0, 0.0]), IndexError::NotUnit));
        assert!(matches!(bad(&[0.6, 0.9]), IndexError::NotUnit));
        assert!(matches!(
            bad(&[1.0]),
            IndexError::Dimension {
                expected: 2,
                got: 1
            }
        ));
        assert!(Row::new(&[0.6, 0.8], 2).is_ok());
        assert!(Probe::new(&[f32::NAN, 1.0], 2).is_err());
    }
}

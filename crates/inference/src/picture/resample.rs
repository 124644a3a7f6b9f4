//! Resizing and warping with the sampling that the reference pipeline (OpenCV) uses, so that the models see the pixels that
//! they were measured with.

use super::DecodedImage;

/// A whole-pixel rectangle inside a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// `region` of the picture (all of it when `None`) brought to `width x height` by two-tap bilinear sampling with half-pixel
/// centres, as OpenCV's `INTER_LINEAR`. RGB bytes; `None` when a size is 0 or the region is not inside the picture.
///
/// Our own, because `fast_image_resize` rounds to whole values between its two passes, which moves a box by more than a pixel.
pub(crate) fn resize(
    image: &DecodedImage,
    region: Option<Region>,
    width: u32,
    height: u32,
) -> Option<Vec<u8>> {
    let whole = Region {
        left: 0,
        top: 0,
        width: image.width(),
        height: image.height(),
    };
    let region = region.unwrap_or(whole);
    let inside = region.left.checked_add(region.width)? <= image.width()
        && region.top.checked_add(region.height)? <= image.height();
    if !inside || [width, height, region.width, region.height].contains(&0) {
        return None;
    }
    if region == whole && (width, height) == (image.width(), image.height()) {
        return Some(image.rgb().to_vec());
    }
    let columns = taps(region.width, width);
    let rows = taps(region.height, height);
    let line = |row: usize| {
        let start =
            ((region.top as usize + row) * image.width() as usize + region.left as usize) * 3;
        &image.rgb()[start..start + region.width as usize * 3]
    };
    let mut out = Vec::with_capacity(width as usize * height as usize * 3);
    // Two neighbouring source rows, sampled across; most target rows share one with the row above.
    let mut upper = Row::new(width);
    let mut lower = Row::new(width);
    for tap in &rows {
        if lower.of == Some(tap.low) {
            std::mem::swap(&mut upper, &mut lower);
        }
        upper.sample(tap.low, line(tap.low), &columns);
        lower.sample(tap.high, line(tap.high), &columns);
        let weight = tap.weight;
        out.extend(
            upper
                .values
                .iter()
                .zip(&lower.values)
                .map(|(a, b)| (a + (b - a) * weight + 0.5) as u8),
        );
    }
    Some(out)
}

/// The two source samples of one target sample, and the weight of the second.
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

fn taps(from: u32, to: u32) -> Vec<Tap> {
    let ratio = f64::from(from) / f64::from(to);
    let last = from as usize - 1;
    (0..to)
        .map(|i| {
            let at = ((f64::from(i) + 0.5) * ratio - 0.5).max(0.0);
            let low = (at as usize).min(last);
            let weight = if low == last {
                0.0
            } else {
                (at - low as f64) as f32
            };
            Tap {
                low,
                high: (low + 1).min(last),
                weight,
            }
        })
        .collect()
}

/// A source row sampled at the target's columns.
struct Row {
    of: Option<usize>,
    values: Vec<f32>,
}

impl Row {
    fn new(width: u32) -> Self {
        Self {
            of: None,
            values: vec![0.0; width as usize * 3],
        }
    }

    fn sample(&mut self, row: usize, line: &[u8], columns: &[Tap]) {
        if self.of == Some(row) {
            return;
        }
        for (target, tap) in self.values.chunks_exact_mut(3).zip(columns) {
            let (low, high) = (&line[tap.low * 3..][..3], &line[tap.high * 3..][..3]);
            for ((value, a), b) in target.iter_mut().zip(low).zip(high) {
                let (a, b) = (f32::from(*a), f32::from(*b));
                *value = a + (b - a) * tap.weight;
            }
        }
        self.of = Some(row);
    }
}

/// A similarity or affine map of the plane: `x' = a x + b y + c`, `y' = d x + e y + f`, rows `[a, b, c]` and `[d, e, f]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine(pub(crate) [[f64; 3]; 2]);

impl Affine {
    /// Where the map takes (`x`, `y`).
    pub(crate) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let [[a, b, c], [d, e, f]] = self.0;
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// The inverse map; `None` when the map is singular or not finite.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let [[a, b, c], [d, e, f]] = self.0;
        let determinant = a * e - b * d;
        if !determinant.is_normal() || !c.is_finite() || !f.is_finite() {
            return None;
        }
        let [[p, q], [r, s]] = [
            [e / determinant, -b / determinant],
            [-d / determinant, a / determinant],
        ];
        Some(Self([[p, q, -(p * c + q * f)], [r, s, -(r * c + s * f)]]))
    }
}

/// The `width x height` picture whose pixel (x, y) is the source's at `map^-1 (x, y)`, bilinear, black outside: OpenCV's
/// `warpAffine` with `map`. RGB bytes; `None` when `map` has no inverse.
pub(crate) fn warp(image: &DecodedImage, map: &Affine, width: u32, height: u32) -> Option<Vec<u8>> {
    let back = map.inverse()?;
    let mut out = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let (sx, sy) = back.apply(f64::from(x), f64::from(y));
            out.extend_from_slice(&sample(image, sx as f32, sy as f32));
        }
    }
    Some(out)
}

/// The picture at (`x`, `y`), bilinear; what lies outside is black.
fn sample(image: &DecodedImage, x: f32, y: f32) -> [u8; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    // Saturating casts: far-away coordinates stay outside.
    let (left, top) = (left as i64, top as i64);
    let mut sum = [0.0_f32; 3];
    for (row, weight_y) in [(top, 1.0 - fy), (top.saturating_add(1), fy)] {
        if row < 0 || row >= i64::from(image.height()) {
            continue;
        }
        for (column, weight_x) in [(left, 1.0 - fx), (left.saturating_add(1), fx)] {
            if column < 0 || column >= i64::from(image.width()) {
                continue;
            }
            let at = (row as usize * image.width() as usize + column as usize) * 3;
            let weight = weight_x * weight_y;
            for (channel, value) in sum.iter_mut().zip(&image.rgb()[at..at + 3]) {
                *channel += weight * f32::from(*value);
            }
        }
    }
    sum.map(|value| value.round() as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gradient(width: u32, height: u32) -> DecodedImage {
        let rgb = (0..height)
            .flat_map(|y| {
                (0..width).flat_map(move |x| [(x * 3 % 256) as u8, (y * 5 % 256) as u8, 77])
            })
            .collect();
        DecodedImage::from_rgb(width, height, rgb).unwrap()
    }

    #[test]
    fn the_identity_warp_is_the_picture() {
        let picture = gradient(20, 11);
        let same = warp(
            &picture,
            &Affine([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            20,
            11,
        )
        .unwrap();
        assert_eq!(same, picture.rgb());
    }

    #[test]
    fn halving_averages_neighbours_and_outside_is_black() {
        let picture =
            DecodedImage::from_rgb(2, 2, [[0; 3], [100; 3], [100; 3], [200; 3]].concat()).unwrap();
        assert_eq!(resize(&picture, None, 1, 1).unwrap(), [100; 3]);
        let moved = warp(&picture, &Affine([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), 4, 1).unwrap();
        assert_eq!(moved, [[0; 3], [0; 3], [100; 3], [0; 3]].concat());
    }

    proptest! {
        #[test]
        fn an_inverse_undoes_its_map(a in -3.0..3.0f64, b in -3.0..3.0f64, c in -500.0..500.0f64, f in -500.0..500.0f64, x in -1e3..1e3f64, y in -1e3..1e3f64) {
            prop_assume!(a * a + b * b > 1e-3);
            let map = Affine([[a, -b, c], [b, a, f]]);
            let (u, v) = map.apply(x, y);
            let (p, q) = map.inverse().unwrap().apply(u, v);
            prop_assert!((p - x).abs() < 1e-6 * (1.0 + x.abs() + c.abs() * 1e3) && (q - y).abs() < 1e-6 * (1.0 + y.abs() + f.abs() * 1e3));
        }

        #[test]
        fn warping_never_panics(values in prop::array::uniform6(prop::num::f64::ANY)) {
            let [a, b, c, d, e, f] = values;
            let _ = warp(&gradient(5, 4), &Affine([[a, b, c], [d, e, f]]), 4, 4);
        }
    }
}

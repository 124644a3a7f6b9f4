//! Resizing and warping with the sampling that the reference pipeline (OpenCV) uses, so that the models see the pixels that
//! they were measured with.

use super::{DecodedImage, levels::Pixels};

/// A whole-pixel rectangle inside a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Source samples to one of a crop, at least, both across and down, where the picture has them: with fewer, a reduced picture's
/// blur would show.
const SAMPLES: f64 = 1.5;

/// The picture brought to `width x height` by two-tap bilinear sampling with half-pixel centres, as OpenCV's `INTER_LINEAR`. RGB
/// bytes; `None` when a size is 0.
///
/// Our own, because `fast_image_resize` rounds to whole values between its two passes, which moves a box by more than a pixel.
pub(crate) fn resize(image: &DecodedImage, width: u32, height: u32) -> Option<Vec<u8>> {
    if width == 0 || height == 0 {
        return None;
    }
    let across = f64::from(image.width()) / f64::from(width);
    let down = f64::from(image.height()) / f64::from(height);
    let pixels = image.pixels(across.min(down) / SAMPLES)?;
    if pixels.scale == 1 && (width, height) == (image.width(), image.height()) {
        return Some(pixels.rgb.clone());
    }
    let whole = Region {
        left: 0,
        top: 0,
        width: image.width(),
        height: image.height(),
    };
    Some(resample(pixels, whole, width, height))
}

/// As [`resize`], for a part of the picture, and from all of its pixels: who judges whether a face is live looks at their noise.
/// `None` also when the region is not inside the picture.
pub(crate) fn resize_part(
    image: &DecodedImage,
    region: Region,
    width: u32,
    height: u32,
) -> Option<Vec<u8>> {
    let inside = region.left.checked_add(region.width)? <= image.width()
        && region.top.checked_add(region.height)? <= image.height();
    if !inside || [width, height, region.width, region.height].contains(&0) {
        return None;
    }
    Some(resample(image.pixels(1.0)?, region, width, height))
}

fn resample(pixels: &Pixels, region: Region, width: u32, height: u32) -> Vec<u8> {
    let columns = taps(pixels, 0, (region.left, region.width), width);
    let rows = taps(pixels, 1, (region.top, region.height), height);
    let line = |row: usize| {
        let stride = pixels.width as usize * 3;
        &pixels.rgb[row * stride..][..stride]
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
    out
}

/// The two source samples of one target sample, and the weight of the second.
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

/// Along one side (0: across, 1: down) of a picture, of which `length` pixels from `start` on become `to`.
fn taps(pixels: &Pixels, side: usize, (start, length): (u32, u32), to: u32) -> Vec<Tap> {
    let scale = f64::from(pixels.scale);
    let ratio = f64::from(length) / scale / f64::from(to);
    // Where the part starts and ends among the source's samples: between two of them, in a reduced picture.
    let start = start + pixels.outside[side];
    let first = (start / pixels.scale) as usize;
    let rest = f64::from(start % pixels.scale) / scale;
    let end = (start + length).div_ceil(pixels.scale) as usize;
    let last = end.min([pixels.width, pixels.height][side] as usize) - 1;
    (0..to)
        .map(|i| {
            let at = ((f64::from(i) + 0.5) * ratio + rest - 0.5).max(0.0);
            let low = (first + at as usize).min(last);
            let weight = if low == last {
                0.0
            } else {
                (at - (low - first) as f64) as f32
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
    let [[a, b, _], [d, e, _]] = back.0;
    let pixels = image.pixels(a.hypot(d).min(b.hypot(e)) / SAMPLES)?;
    let [[a, b, c], [d, e, f]] = among(&back, pixels).0;
    let mut out = vec![0; width as usize * height as usize * 3];
    for (y, line) in (0..height).zip(out.chunks_exact_mut(width as usize * 3)) {
        let (along, across) = (b * f64::from(y), e * f64::from(y));
        for (x, pixel) in (0..width).zip(line.as_chunks_mut::<3>().0) {
            let x = f64::from(x);
            let (sx, sy) = (a * x + along + c, d * x + across + f);
            *pixel = sample(pixels, sx as f32, sy as f32);
        }
    }
    Some(out)
}

/// A map into the picture as one into its pixels at their scale; both count from the middle of the first pixel.
fn among(back: &Affine, pixels: &Pixels) -> Affine {
    if pixels.scale == 1 {
        return *back;
    }
    let scale = f64::from(pixels.scale);
    let mut shifted = back.0.map(|[x, y, shift]| [x / scale, y / scale, shift]);
    for (row, outside) in shifted.iter_mut().zip(pixels.outside) {
        row[2] = (row[2] + f64::from(outside) + 0.5) / scale - 0.5;
    }
    Affine(shifted)
}

/// The pixels at (`x`, `y`), bilinear; what lies outside is black.
fn sample(image: &Pixels, x: f32, y: f32) -> [u8; 3] {
    let (left, top) = (floor(x), floor(y));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let weights = [
        (1.0 - fx) * (1.0 - fy),
        fx * (1.0 - fy),
        (1.0 - fx) * fy,
        fx * fy,
    ];
    let (width, height) = (i64::from(image.width), i64::from(image.height));
    let inside = left >= 0 && top >= 0 && left < width - 1 && top < height - 1;
    if !inside {
        return sample_at_edge(image, left, top, weights);
    }
    let stride = image.width as usize * 3;
    let at = top as usize * stride + left as usize * 3;
    let (Some(upper), Some(lower)) = (
        image.rgb.get(at..at + 6),
        image.rgb.get(at + stride..at + stride + 6),
    ) else {
        return [0; 3];
    };
    let mix = |channel: usize| {
        let value = |pixels: &[u8], at: usize| f32::from(pixels[at + channel]);
        round(
            weights[0] * value(upper, 0)
                + weights[1] * value(upper, 3)
                + weights[2] * value(lower, 0)
                + weights[3] * value(lower, 3),
        )
    };
    // Not `array::from_fn`, which is not inlined here.
    [mix(0), mix(1), mix(2)]
}

/// [`sample`] where some of the four pixels are outside.
#[cold]
fn sample_at_edge(image: &Pixels, left: i64, top: i64, weights: [f32; 4]) -> [u8; 3] {
    let places = [(0, 0), (1, 0), (0, 1), (1, 1)];
    let mut sum = [0.0_f32; 3];
    for ((across, down), weight) in places.into_iter().zip(weights) {
        // Saturating: far-away coordinates stay outside.
        let (column, row) = (left.saturating_add(across), top.saturating_add(down));
        let inside = (0..i64::from(image.width)).contains(&column)
            && (0..i64::from(image.height)).contains(&row);
        if !inside {
            continue;
        }
        let at = (row as usize * image.width as usize + column as usize) * 3;
        for (channel, value) in sum.iter_mut().zip(&image.rgb[at..at + 3]) {
            *channel += weight * f32::from(*value);
        }
    }
    sum.map(round)
}

/// The whole number at or below `value`; the standard library's is a call on processors of the first x86-64 level.
#[inline(always)]
fn floor(value: f32) -> i64 {
    let whole = value as i64;
    whole.saturating_sub(i64::from(value < whole as f32))
}

/// A level, 0 to 255, to the nearest whole one.
#[inline(always)]
fn round(level: f32) -> u8 {
    let whole = level as i32;
    (whole + i32::from(level - whole as f32 >= 0.5)) as u8
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
        assert_eq!(resize(&picture, 1, 1).unwrap(), [100; 3]);
        let moved = warp(&picture, &Affine([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), 4, 1).unwrap();
        assert_eq!(moved, [[0; 3], [0; 3], [100; 3], [0; 3]].concat());
    }

    /// The formula as OpenCV's documentation has it, one tap after the other.
    fn plainly(image: &DecodedImage, x: f32, y: f32) -> [u8; 3] {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let mut sum = [0.0_f32; 3];
        for (row, weight_y) in [(top, 1.0 - fy), (top + 1.0, fy)] {
            for (column, weight_x) in [(left, 1.0 - fx), (left + 1.0, fx)] {
                let inside = (0.0..image.width() as f32).contains(&column)
                    && (0.0..image.height() as f32).contains(&row);
                if inside {
                    let at = (row as usize * image.width() as usize + column as usize) * 3;
                    for (channel, value) in sum.iter_mut().zip(&image.rgb()[at..at + 3]) {
                        *channel += weight_x * weight_y * f32::from(*value);
                    }
                }
            }
        }
        sum.map(|value| value.round() as u8)
    }

    proptest! {
        #[test]
        fn sampling_is_the_plain_formula_to_the_bit(a in -3.0..3.0f64, b in -3.0..3.0f64, c in -40.0..40.0f64, f in -40.0..40.0f64) {
            prop_assume!(a * a + b * b > 1e-3);
            let (picture, map) = (gradient(31, 23), Affine([[a, b, c], [-b, a, f]]));
            let back = map.inverse().unwrap();
            let plain = (0..17).flat_map(|y| (0..19).map(move |x| (x, y))).flat_map(|(x, y)| {
                let (x, y) = back.apply(f64::from(x), f64::from(y));
                plainly(&picture, x as f32, y as f32)
            });
            prop_assert_eq!(warp(&picture, &map, 19, 17).unwrap(), plain.collect::<Vec<u8>>());
        }

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

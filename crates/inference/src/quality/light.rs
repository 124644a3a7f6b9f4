//! How evenly a face is lit.

use std::ops::Range;

use crate::align::SIDE;

/// Rows of the aligned face between the eyes and the mouth's corners.
const ROWS: Range<usize> = 56..92;
/// Columns of the cheeks beside the nose, where even a turned head shows no background.
const CHEEKS: [Range<usize>; 2] = [32..52, 60..80];
/// Exponent of the usual transfer curve: pixels to light.
const GAMMA: f32 = 2.2;
/// Light that no camera tells from darkness.
const FLOOR: f32 = 0.002;

/// The light on the cheek on the picture's left in multiples of that on its right; below 1 when the right one is the brighter.
pub(super) fn balance(luminance: &[f32]) -> f32 {
    let [left, right] = CHEEKS.map(|columns| light(luminance, &columns));
    (left + FLOOR) / (right + FLOOR)
}

fn light(luminance: &[f32], columns: &Range<usize>) -> f32 {
    let row = |row: usize| {
        let from = row * SIDE as usize;
        luminance
            .get(from + columns.start..from + columns.end)
            .unwrap_or_default()
    };
    let sum: f32 = ROWS
        .flat_map(row)
        .map(|value| (value / 255.0).powf(GAMMA))
        .sum();
    sum / (ROWS.len() * columns.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brighter_side_is_told_in_multiples() {
        let side = SIDE as usize;
        let face = |left: f32, right: f32| -> Vec<f32> {
            (0..side * side)
                .map(|at| if at % side < side / 2 { left } else { right })
                .collect()
        };
        assert!((balance(&face(120.0, 120.0)) - 1.0).abs() < 1e-4);
        // Half the pixel value is a bit less than a quarter of the light.
        let lit = balance(&face(200.0, 100.0));
        assert!((4.2..4.7).contains(&lit), "{lit}");
        assert!((balance(&face(100.0, 200.0)) * lit - 1.0).abs() < 1e-3);
    }
}

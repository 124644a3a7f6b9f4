//! Pictures turned upright.

use image::{DynamicImage, RgbImage, metadata::Orientation};

use super::spare;

/// Side of the squares in which a picture is turned: their pixels are read by column and written by row, and both stay in the cache.
const TILE: usize = 64;

/// How the rows and columns of a picture that lies on its side become those of the upright one.
#[derive(Clone, Copy)]
struct Turn {
    /// Its last row becomes the first column, not its first.
    last_row_first: bool,
    /// Its last column becomes the first row, not its first.
    last_column_first: bool,
}

impl Turn {
    fn of(orientation: Orientation) -> Option<Self> {
        let turn = |last_row_first, last_column_first| Self {
            last_row_first,
            last_column_first,
        };
        match orientation {
            Orientation::Rotate90 => Some(turn(true, false)),
            Orientation::Rotate270 => Some(turn(false, true)),
            Orientation::Rotate90FlipH => Some(turn(false, false)),
            Orientation::Rotate270FlipH => Some(turn(true, true)),
            Orientation::NoTransforms
            | Orientation::Rotate180
            | Orientation::FlipHorizontal
            | Orientation::FlipVertical => None,
        }
    }
}

/// `picture` as EXIF says that it is to be shown. As `DynamicImage::apply_orientation`, but a photograph that lies on its side, as phones
/// write them, in less than half the time (docs/BENCHMARKS.md).
pub(super) fn upright(picture: RgbImage, orientation: Orientation) -> RgbImage {
    let Some(turn) = Turn::of(orientation) else {
        let mut picture = DynamicImage::from(picture);
        picture.apply_orientation(orientation);
        return picture.into_rgb8();
    };
    let turned = turned(&picture, turn);
    spare::give(picture.into_raw());
    turned
}

fn turned(picture: &RgbImage, turn: Turn) -> RgbImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let source = picture.as_raw().as_chunks::<3>().0;
    let mut rgb = spare::take(source.len() * 3);
    let target = rgb.as_chunks_mut::<3>().0;
    for top in (0..width).step_by(TILE) {
        for left in (0..height).step_by(TILE) {
            let right = (left + TILE).min(height);
            for y in top..(top + TILE).min(width) {
                let column = match turn.last_column_first {
                    true => width - 1 - y,
                    false => y,
                };
                let line = &mut target[y * height + left..y * height + right];
                for (x, pixel) in (left..right).zip(line) {
                    let row = match turn.last_row_first {
                        true => height - 1 - x,
                        false => x,
                    };
                    *pixel = source[row * width + column];
                }
            }
        }
    }
    RgbImage::from_raw(picture.height(), picture.width(), rgb).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_orientation_is_that_of_the_library(exif in 1..=8_u8, width in 1..200_u32, height in 1..200_u32) {
            let orientation = Orientation::from_exif(exif).unwrap();
            let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
            let mut theirs = DynamicImage::from(picture.clone());
            theirs.apply_orientation(orientation);
            prop_assert_eq!(upright(picture, orientation), theirs.into_rgb8());
        }
    }
}

//! At which sizes a picture is shown to the detector.
//!
//! Detectors miss faces in enlarged pictures, faces smaller than about 10 pixels, and faces that fill the frame. So a picture
//! is never enlarged; a large one is first shown reduced, then larger when the faces are small; and one in which nothing was
//! found is shown once more, small, with a border around it.

use super::{Canvas, MULTIPLE};
use crate::{Effort, Face};

/// What the faces are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The one face that is meant.
    Main(Effort),
    /// Every face.
    All,
}

/// When a look is worth its time, after those before it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Condition {
    Always,
    NothingFound,
    /// Nothing was found, or the highest face is below this many pixels of a picture whose longest side is `longest`.
    LargestBelow {
        height: f32,
        longest: u32,
    },
    /// As `LargestBelow`, for the lowest face.
    SmallestBelow {
        height: f32,
        longest: u32,
    },
}

/// One showing of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    /// Longest side of the scaled picture, in pixels of the input.
    longest: u32,
    /// Width of the black border around it, in pixels of the input.
    border: u32,
    /// Whether a picture smaller than that is enlarged; only the reference values were made so.
    enlarge: bool,
    when: Condition,
}

/// The first look for one face: enough for selfies and passport photographs, at half the cost of [`QUICK`].
const GLANCE: u32 = 224;
const QUICK: u32 = 320;
const FULL: u32 = 640;
const LARGE: u32 = 1280;
const FRAMED: Look = Look {
    longest: 160,
    border: 80,
    enlarge: false,
    when: Condition::NothingFound,
};
/// From this height on (pixels of the look) the landmarks of the main face are as good as at full size.
const GOOD: f32 = 72.0;
/// A face below this height (pixels of the full look) gains from a larger look, and hints at others that were missed.
const SMALL: f32 = 40.0;

/// The looks at a `width x height` picture, in order, for a detector that takes the `fixed` size or any multiple of 32; each
/// is taken only if [`Look::is_needed`].
pub(super) fn plan(width: u32, height: u32, fixed: Option<[u32; 2]>, wanted: Wanted) -> Vec<Look> {
    let longest = width.max(height);
    let largest = Condition::LargestBelow {
        height: SMALL,
        longest: FULL,
    };
    let smallest = Condition::SmallestBelow {
        height: SMALL,
        longest: FULL,
    };
    let below_good = |longest: u32| Condition::LargestBelow {
        height: GOOD,
        longest,
    };
    let sizes: &[(u32, Condition)] = match (fixed, wanted) {
        // Every look at a fixed size costs the same, and a larger one is not to be had.
        (Some(_), _) => &[(FULL, Condition::Always)],
        // A glance at a picture of that size would be the whole cost of the next look.
        (None, Wanted::Main(Effort::Fast)) if hardly_larger(longest, GLANCE) => {
            &[(QUICK, Condition::Always)]
        }
        (None, Wanted::Main(Effort::Fast)) => &[
            (GLANCE, Condition::Always),
            (QUICK, below_good(GLANCE)),
            (FULL, below_good(QUICK)),
            (LARGE, Condition::NothingFound),
        ],
        (None, Wanted::Main(Effort::Accurate)) => &[(FULL, Condition::Always), (LARGE, largest)],
        (None, Wanted::All) => &[(FULL, Condition::Always), (LARGE, smallest)],
    };
    let mut looks: Vec<Look> = Vec::new();
    for &(size, when) in sizes {
        // A look that shows hardly more pixels than the one before adds nothing.
        if looks
            .last()
            .is_some_and(|before| hardly_larger(longest, before.longest))
        {
            break;
        }
        looks.push(Look {
            longest: size,
            border: 0,
            enlarge: false,
            when,
        });
    }
    looks.push(FRAMED);
    looks
}

/// Whether a picture of that size has hardly more to show than a look at it.
fn hardly_larger(longest: u32, look: u32) -> bool {
    longest <= look + look / 4
}

impl Look {
    /// One look at `longest` pixels, enlarging if need be: what the reference values were made with.
    #[cfg(test)]
    pub(crate) fn reference(longest: u32) -> Self {
        Self {
            longest,
            border: 0,
            enlarge: true,
            when: Condition::Always,
        }
    }

    /// Whether the look may show something that the faces seen so far do not tell.
    pub(super) fn is_needed(&self, faces: &[Face], width: u32, height: u32) -> bool {
        let heights = |longest: u32| {
            let scale = (longest as f32 / width.max(height) as f32).min(1.0);
            faces.iter().map(move |face| face.bbox.height() * scale)
        };
        match self.when {
            Condition::Always => true,
            Condition::NothingFound => faces.is_empty(),
            Condition::LargestBelow { height, longest } => {
                heights(longest).all(|found| found < height)
            }
            Condition::SmallestBelow { height, longest } => {
                faces.is_empty() || heights(longest).any(|found| found < height)
            }
        }
    }

    /// Whether what it shows of a face is better than what the looks before it did, whatever the scores: it was taken because the
    /// largest one was small in them.
    pub(super) fn is_closer(&self) -> bool {
        matches!(self.when, Condition::LargestBelow { .. })
    }

    /// Where a `width x height` picture lies in the detector's input, which has the `fixed` size or any multiple of 32.
    pub(super) fn canvas(&self, width: u32, height: u32, fixed: Option<[u32; 2]>) -> Canvas {
        let room = fixed.map_or([self.longest; 2], |sides| {
            sides.map(|side| side.saturating_sub(2 * self.border).clamp(1, self.longest))
        });
        let fit = (room[0] as f32 / width as f32).min(room[1] as f32 / height as f32);
        let scale = if self.enlarge { fit } else { fit.min(1.0) };
        let picture = [width, height].map(|side| ((side as f32 * scale).round() as u32).max(1));
        let size = fixed.unwrap_or_else(|| {
            picture.map(|side| (side + 2 * self.border).next_multiple_of(MULTIPLE))
        });
        Canvas {
            size,
            picture,
            origin: [self.border; 2],
            scale,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{BoundingBox, Point};

    fn face(height: f32) -> Face {
        Face {
            bbox: BoundingBox {
                left: 0.0,
                top: 0.0,
                right: height * 0.8,
                bottom: height,
            },
            landmarks: [Point::default(); 5],
            score: 0.9,
        }
    }

    #[test]
    fn a_small_picture_is_looked_at_once_when_a_face_is_there() {
        let looks = plan(250, 250, None, Wanted::Main(Effort::Fast));
        assert_eq!(looks.len(), 2, "its own size, and the framed one");
        assert!(!looks[1].is_needed(&[face(100.0)], 250, 250) && looks[1].is_needed(&[], 250, 250));
    }

    #[test]
    fn a_small_face_in_a_large_picture_is_looked_at_again() {
        let looks = plan(4000, 3000, None, Wanted::Main(Effort::Fast));
        assert_eq!(
            looks.iter().map(|look| look.longest).collect::<Vec<_>>(),
            [224, 320, 640, 1280, 160]
        );
        assert!(
            looks[2].is_needed(&[face(400.0)], 4000, 3000),
            "32 px in the quick look"
        );
        assert!(
            !looks[2].is_needed(&[face(1000.0)], 4000, 3000),
            "80 px in the quick look"
        );
        assert!(
            looks[1].is_needed(&[face(1000.0)], 4000, 3000),
            "56 px in the glance"
        );
        assert!(
            !looks[1].is_needed(&[face(1400.0)], 4000, 3000),
            "78 px in the glance"
        );
        let all = plan(4000, 3000, None, Wanted::All);
        assert!(
            all[1].is_needed(&[face(1000.0), face(100.0)], 4000, 3000),
            "one of the faces is small"
        );
    }

    proptest! {
        #[test]
        fn the_picture_always_lies_inside_the_input(width in 1..9000_u32, height in 1..9000_u32, fixed in prop::bool::ANY) {
            let fixed = fixed.then_some([640, 640]);
            for wanted in [Wanted::All, Wanted::Main(Effort::Fast), Wanted::Main(Effort::Accurate)] {
                for look in plan(width, height, fixed, wanted) {
                    let canvas = look.canvas(width, height, fixed);
                    for side in 0..2 {
                        prop_assert!(canvas.picture[side] >= 1 && canvas.origin[side] + canvas.picture[side] <= canvas.size[side]);
                        prop_assert!(canvas.size[side] % MULTIPLE == 0 && canvas.size[side] <= LARGE);
                    }
                    prop_assert!(canvas.scale <= 1.0);
                }
            }
        }
    }
}

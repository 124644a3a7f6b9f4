//! Capture requirements: how a face should be taken, and which requirement one breaks.

use serde::{Deserialize, Serialize};

use crate::Quality;

/// Limits on how a face may be taken (opencv-fr-api section 3, verifik-api section 1.4). "At least" for sizes and margins, "no
/// more than" for angles: a figure that equals its limit passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptureLimits {
    /// Least shorter side of the face box, in pixels.
    pub min_face: f32,
    /// Least width and height of the face box, as fractions of the picture's; 0: any.
    pub min_face_share: f32,
    /// Least distance from the face box to each edge of the picture, in pixels.
    pub min_margin: f32,
    /// Least distance between the pupils, in pixels.
    pub min_pupils: f32,
    /// Largest absolute yaw and pitch, in degrees.
    pub max_angle: f32,
    /// Largest absolute roll, in degrees.
    pub max_roll: f32,
    /// How the face may be lit and focused.
    pub light: LightLimits,
}

/// Limits on light and focus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightLimits {
    /// Least sharpness, 0 to 1.
    pub min_sharpness: f32,
    /// Least mean luminance of the face, 0 to 1.
    pub min_brightness: f32,
    /// Largest mean luminance of the face, 0 to 1.
    pub max_brightness: f32,
    /// Largest light on one cheek in multiples of that on the other, at least 1.
    pub max_contrast: f32,
}

/// A capture requirement that a face may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureFault {
    /// The picture has other faces that are comparable to this one.
    SeveralFaces,
    /// The face box reaches over the picture's edge.
    Cropped,
    /// The face fills the picture's width or height: its box is nearer than the margin to two opposite edges.
    TooClose,
    /// The face box is nearer to an edge than the margin.
    CloseToBorder,
    /// The face or the distance between its pupils is too small.
    TooSmall,
    /// Yaw, pitch or roll is too large.
    AngleTooLarge,
    /// Something covers nose and mouth.
    Occluded,
    /// Both eyes are closed.
    EyesClosed,
    /// Out of focus, or moved.
    Blurred,
    /// The face is too dark.
    TooDark,
    /// The face is too bright.
    TooBright,
    /// One side of the face gets much more light than the other.
    UnevenLight,
}

impl CaptureFault {
    /// Its name in settings and in the header with warnings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SeveralFaces => "several_faces",
            Self::Cropped => "cropped",
            Self::TooClose => "too_close",
            Self::CloseToBorder => "close_to_border",
            Self::TooSmall => "too_small",
            Self::AngleTooLarge => "angle_too_large",
            Self::Occluded => "occluded",
            Self::EyesClosed => "eyes_closed",
            Self::Blurred => "blurred",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::UnevenLight => "uneven_light",
        }
    }
}

/// What exactly breaks a requirement: which figure of [`Quality`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Faces that count, of which one is allowed.
    Faces,
    /// Pixels to the edge on the left, at the top, on the right, at the bottom (0 to 3): the nearest.
    Margin(usize),
    /// The face box's shorter side, in pixels.
    FaceSize,
    /// The face box as a fraction of the picture.
    FaceShare,
    /// Pixels between the pupils.
    Pupils,
    /// Degrees.
    Yaw,
    /// Degrees.
    Pitch,
    /// Degrees.
    Roll,
    /// Probability that nose and mouth are covered.
    Covered,
    /// Probability that the more open eye is open.
    EyesOpen,
    /// Sharpness, 0 to 1.
    Sharpness,
    /// Luminance, 0 to 1.
    Brightness,
    /// Light on the cheek on the picture's left in multiples of that on its right.
    LightBalance,
}

/// A requirement that a face breaks, with the figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Which requirement.
    pub fault: CaptureFault,
    /// Which figure.
    pub figure: Figure,
    /// What was measured; signed where the figure is.
    pub measured: f32,
    /// What is allowed at most, or at least.
    pub limit: f32,
}

/// From this probability on nose and mouth count as covered, and an eye as open.
const LIKELY: f32 = 0.5;

impl CaptureLimits {
    /// What a face breaks, in the order of opencv-fr-api section 3.2, light and focus last; empty when it meets every limit. `faces` is
    /// the number of faces in the picture that are comparable to it, itself included.
    #[must_use]
    pub fn findings(&self, quality: &Quality, faces: usize) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut note = |broken: bool, fault, figure, measured, limit| {
            if broken {
                found.push(Finding {
                    fault,
                    figure,
                    measured,
                    limit,
                });
            }
        };
        let several = faces as f32;
        note(
            faces > 1,
            CaptureFault::SeveralFaces,
            Figure::Faces,
            several,
            1.0,
        );
        if let Some(fault) = self.border(quality) {
            let edge = nearest(quality.margins);
            note(
                true,
                fault,
                Figure::Margin(edge),
                quality.margin,
                self.min_margin,
            );
        }
        let (figure, measured, limit) = self.size(quality);
        note(
            measured < limit,
            CaptureFault::TooSmall,
            figure,
            measured,
            limit,
        );
        for (figure, angle, limit) in [
            (Figure::Yaw, quality.yaw, self.max_angle),
            (Figure::Pitch, quality.pitch, self.max_angle),
            (Figure::Roll, quality.roll, self.max_roll),
        ] {
            note(
                angle.abs() > limit,
                CaptureFault::AngleTooLarge,
                figure,
                angle,
                limit,
            );
        }
        let covered = quality.covered;
        note(
            covered >= LIKELY,
            CaptureFault::Occluded,
            Figure::Covered,
            covered,
            LIKELY,
        );
        if let Some([left, right]) = quality.eyes_open {
            let open = left.max(right);
            note(
                open < LIKELY,
                CaptureFault::EyesClosed,
                Figure::EyesOpen,
                open,
                LIKELY,
            );
        }
        let LightLimits {
            min_sharpness,
            min_brightness,
            max_brightness,
            max_contrast,
        } = self.light;
        let (sharp, bright) = (quality.sharpness, quality.brightness);
        note(
            sharp < min_sharpness,
            CaptureFault::Blurred,
            Figure::Sharpness,
            sharp,
            min_sharpness,
        );
        note(
            bright < min_brightness,
            CaptureFault::TooDark,
            Figure::Brightness,
            bright,
            min_brightness,
        );
        note(
            bright > max_brightness,
            CaptureFault::TooBright,
            Figure::Brightness,
            bright,
            max_brightness,
        );
        let balance = quality.light_balance;
        let contrast = balance.max(balance.recip());
        note(
            contrast > max_contrast,
            CaptureFault::UnevenLight,
            Figure::LightBalance,
            balance,
            max_contrast,
        );
        found
    }

    fn border(&self, quality: &Quality) -> Option<CaptureFault> {
        let [left, top, right, bottom] = quality.margins.map(|margin| margin < self.min_margin);
        if quality.margin < 0.0 {
            Some(CaptureFault::Cropped)
        } else if (left && right) || (top && bottom) {
            Some(CaptureFault::TooClose)
        } else {
            (quality.margin < self.min_margin).then_some(CaptureFault::CloseToBorder)
        }
    }

    /// The size that is the farthest from what is asked for.
    fn size(&self, quality: &Quality) -> (Figure, f32, f32) {
        let sizes = [
            (Figure::Pupils, quality.pupil_distance, self.min_pupils),
            (Figure::FaceSize, quality.face_size, self.min_face),
            (Figure::FaceShare, quality.face_share, self.min_face_share),
        ];
        let met = |(_, measured, limit): &(Figure, f32, f32)| measured / limit.max(f32::EPSILON);
        let least = sizes.into_iter().min_by(|a, b| met(a).total_cmp(&met(b)));
        least.unwrap_or((Figure::FaceSize, quality.face_size, self.min_face))
    }
}

fn nearest(margins: [f32; 4]) -> usize {
    let edges = margins.iter().enumerate();
    let least = edges.min_by(|a, b| a.1.total_cmp(b.1));
    least.map_or(0, |(edge, _)| edge)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The Verifik dialect's, and light as it is by default.
    pub(crate) const LIMITS: CaptureLimits = CaptureLimits {
        min_face: 224.0,
        min_face_share: 0.0,
        min_margin: 25.0,
        min_pupils: 80.0,
        max_angle: 30.0,
        max_roll: 45.0,
        light: LightLimits {
            min_sharpness: 0.25,
            min_brightness: 0.18,
            max_brightness: 0.75,
            max_contrast: 3.0,
        },
    };

    /// A face that meets them, each figure on its limit.
    pub(crate) const GOOD: Quality = Quality {
        overall: 0.8,
        detection: 0.9,
        pupil_distance: 80.0,
        face_size: 224.0,
        face_share: 0.3,
        margin: 25.0,
        margins: [25.0, 90.0, 100.0, 80.0],
        yaw: 30.0,
        pitch: -30.0,
        roll: 45.0,
        sharpness: 0.25,
        brightness: 0.18,
        light_balance: 3.0,
        covered: 0.49,
        eyes_open: Some([0.1, 0.5]),
    };

    fn faults(quality: &Quality) -> Vec<CaptureFault> {
        let findings = LIMITS.findings(quality, 1);
        findings.iter().map(|finding| finding.fault).collect()
    }

    #[test]
    fn a_figure_on_its_limit_passes() {
        assert_eq!(faults(&GOOD), []);
    }

    #[test]
    fn every_requirement_is_looked_at_on_its_own() {
        let cases = [
            (
                Quality {
                    margins: [-1.0, 90.0, 100.0, 80.0],
                    margin: -1.0,
                    ..GOOD
                },
                CaptureFault::Cropped,
            ),
            (
                Quality {
                    margins: [20.0, 90.0, 10.0, 80.0],
                    margin: 10.0,
                    ..GOOD
                },
                CaptureFault::TooClose,
            ),
            (
                Quality {
                    margins: [90.0, 20.0, 90.0, 80.0],
                    margin: 20.0,
                    ..GOOD
                },
                CaptureFault::CloseToBorder,
            ),
            (
                Quality {
                    pupil_distance: 79.0,
                    ..GOOD
                },
                CaptureFault::TooSmall,
            ),
            (
                Quality {
                    face_size: 200.0,
                    ..GOOD
                },
                CaptureFault::TooSmall,
            ),
            (Quality { yaw: -30.1, ..GOOD }, CaptureFault::AngleTooLarge),
            (
                Quality {
                    pitch: 31.0,
                    ..GOOD
                },
                CaptureFault::AngleTooLarge,
            ),
            (
                Quality {
                    roll: -46.0,
                    ..GOOD
                },
                CaptureFault::AngleTooLarge,
            ),
            (
                Quality {
                    covered: 0.5,
                    ..GOOD
                },
                CaptureFault::Occluded,
            ),
            (
                Quality {
                    eyes_open: Some([0.1, 0.2]),
                    ..GOOD
                },
                CaptureFault::EyesClosed,
            ),
            (
                Quality {
                    sharpness: 0.2,
                    ..GOOD
                },
                CaptureFault::Blurred,
            ),
            (
                Quality {
                    brightness: 0.1,
                    ..GOOD
                },
                CaptureFault::TooDark,
            ),
            (
                Quality {
                    brightness: 0.8,
                    ..GOOD
                },
                CaptureFault::TooBright,
            ),
            (
                Quality {
                    light_balance: 0.3,
                    ..GOOD
                },
                CaptureFault::UnevenLight,
            ),
        ];
        for (quality, fault) in cases {
            assert_eq!(faults(&quality), [fault]);
        }
        let several = LIMITS.findings(&GOOD, 2);
        assert_eq!(several[0].fault, CaptureFault::SeveralFaces);
    }

    #[test]
    fn the_size_that_is_farthest_from_its_limit_is_told() {
        let far = Quality {
            pupil_distance: 31.0,
            face_size: 100.0,
            ..GOOD
        };
        let findings = LIMITS.findings(&far, 1);
        assert_eq!(
            (findings[0].figure, findings[0].measured, findings[0].limit),
            (Figure::Pupils, 31.0, 80.0)
        );
    }
}

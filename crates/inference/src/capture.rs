//! Capture requirements: what a picture must satisfy before a liveness verdict means anything.

use crate::Quality;

/// Limits on how a face may be taken (opencv-fr-api section 3, verifik-api section 1.4). "At least" for sizes and margins, "no
/// more than" for angles: a figure that equals its limit passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptureLimits {
    /// Least shorter side of the face box, in pixels.
    pub min_face: f32,
    /// Least distance from the face box to each edge of the picture, in pixels.
    pub min_margin: f32,
    /// Least distance between the pupils, in pixels.
    pub min_pupils: f32,
    /// Largest absolute yaw and pitch, in degrees.
    pub max_angle: f32,
}

/// A capture requirement that a face does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureFault {
    /// The face box reaches over the picture's edge.
    Cropped,
    /// The face fills the picture's width or height: its box is nearer than the margin to two opposite edges.
    TooClose,
    /// The face box is nearer to an edge than the margin.
    CloseToBorder,
    /// The face or the distance between its pupils is too small.
    TooSmall,
    /// Yaw or pitch is too large.
    AngleTooLarge,
    /// Something covers nose and mouth.
    Occluded,
    /// Both eyes are closed.
    EyesClosed,
}

impl CaptureLimits {
    /// The faults of a face, in the order of opencv-fr-api section 3.2; empty when it meets every limit.
    #[must_use]
    pub fn faults(&self, quality: &Quality) -> Vec<CaptureFault> {
        let mut faults = Vec::new();
        if quality.margin < 0.0 {
            faults.push(CaptureFault::Cropped);
        } else if self.is_too_close(quality.margins) {
            faults.push(CaptureFault::TooClose);
        } else if quality.margin < self.min_margin {
            faults.push(CaptureFault::CloseToBorder);
        }
        if quality.face_size < self.min_face || quality.pupil_distance < self.min_pupils {
            faults.push(CaptureFault::TooSmall);
        }
        if quality.yaw.abs() > self.max_angle || quality.pitch.abs() > self.max_angle {
            faults.push(CaptureFault::AngleTooLarge);
        }
        if quality.covered >= 0.5 {
            faults.push(CaptureFault::Occluded);
        }
        if quality
            .eyes_open
            .is_some_and(|eyes| eyes.iter().all(|open| *open < 0.5))
        {
            faults.push(CaptureFault::EyesClosed);
        }
        faults
    }

    fn is_too_close(&self, margins: [f32; 4]) -> bool {
        let [left, top, right, bottom] = margins.map(|margin| margin < self.min_margin);
        (left && right) || (top && bottom)
    }
}

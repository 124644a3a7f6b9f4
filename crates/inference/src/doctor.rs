//! The enrolment doctor: what is wrong with how a face was taken, and what to do about it, in a plain sentence with the figures.
//!
//! Directions are those of the picture, which is what whoever reads the sentence looks at.

use crate::{CaptureFault, Figure, Finding};

/// The picture's edges in the order of [`crate::Quality::margins`].
const EDGES: [&str; 4] = ["left", "top", "right", "bottom"];

impl Finding {
    /// What to do, for people.
    #[must_use]
    pub fn remedy(&self) -> String {
        let (measured, limit) = (self.measured, self.limit);
        let beyond = measured.abs().round();
        match self.figure {
            Figure::Faces => {
                format!("show one face only: there are {measured:.0}")
            }
            Figure::Margin(edge) => self.border(EDGES.get(edge).copied().unwrap_or("nearest")),
            Figure::FaceSize => {
                format!("move closer: the face is {measured:.0} px wide, {limit:.0} needed")
            }
            Figure::FaceShare => format!(
                "move closer: the face takes {:.0} % of the picture, {:.0} % needed",
                100.0 * measured,
                100.0 * limit
            ),
            Figure::Pupils => {
                format!("move closer: the pupils are {measured:.0} px apart, {limit:.0} needed")
            }
            Figure::Yaw => format!(
                "turn the head {beyond} degrees to the {} of the picture: at most {limit:.0} are allowed",
                if measured > 0.0 { "left" } else { "right" }
            ),
            Figure::Pitch => format!(
                "{} the head by {beyond} degrees: at most {limit:.0} are allowed",
                if measured > 0.0 { "lower" } else { "raise" }
            ),
            Figure::Roll => format!(
                "hold the head upright: it is tilted {beyond} degrees to the {} of the picture, at most {limit:.0} are allowed",
                if measured > 0.0 { "right" } else { "left" }
            ),
            Figure::Covered => {
                format!("show nose and mouth: they are covered with a probability of {measured:.2}")
            }
            Figure::EyesOpen => {
                format!("open the eyes: they are open with a probability of {measured:.2}")
            }
            Figure::Sharpness => format!(
                "hold still and focus on the face: its sharpness is {measured:.2}, {limit:.2} needed"
            ),
            Figure::Brightness if self.fault == CaptureFault::TooDark => {
                format!("light the face: its brightness is {measured:.2}, {limit:.2} needed")
            }
            Figure::Brightness => format!(
                "take light from the face: its brightness is {measured:.2}, at most {limit:.2} is allowed"
            ),
            Figure::LightBalance => format!(
                "light the face evenly: light from the {} of the picture is {:.1} x stronger, at most {limit:.1} x is allowed",
                if measured > 1.0 { "left" } else { "right" },
                measured.max(measured.recip())
            ),
        }
    }

    fn border(&self, edge: &str) -> String {
        let (measured, limit) = (self.measured, self.limit);
        match self.fault {
            CaptureFault::Cropped => format!(
                "show the whole face: it reaches {:.0} px over the {edge} edge",
                measured.abs().ceil()
            ),
            CaptureFault::TooClose => format!(
                "move away from the camera: the face is {measured:.0} px from the {edge} edge and near the one opposite, {limit:.0} needed"
            ),
            _ => format!(
                "move the face to the middle: it is {measured:.0} px from the {edge} edge, {limit:.0} needed"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Quality,
        capture::tests::{GOOD, LIMITS},
    };

    fn remedies(quality: &Quality, faces: usize) -> Vec<String> {
        let findings = LIMITS.findings(quality, faces);
        findings.iter().map(super::Finding::remedy).collect()
    }

    #[test]
    fn the_sentences_say_what_to_do_with_the_figures() {
        let far = Quality {
            pupil_distance: 31.2,
            yaw: 42.4,
            light_balance: 4.0,
            ..GOOD
        };
        assert_eq!(
            remedies(&far, 2),
            [
                "show one face only: there are 2",
                "move closer: the pupils are 31 px apart, 80 needed",
                "turn the head 42 degrees to the left of the picture: at most 30 are allowed",
                "light the face evenly: light from the left of the picture is 4.0 x stronger, at most 3.0 x is allowed",
            ]
        );
        let cut = Quality {
            margin: -3.2,
            margins: [40.0, 30.0, 50.0, -3.2],
            pitch: -33.0,
            roll: -60.0,
            light_balance: 0.25,
            brightness: 0.9,
            ..GOOD
        };
        assert_eq!(
            remedies(&cut, 1),
            [
                "show the whole face: it reaches 4 px over the bottom edge",
                "raise the head by 33 degrees: at most 30 are allowed",
                "hold the head upright: it is tilted 60 degrees to the left of the picture, at most 45 are allowed",
                "take light from the face: its brightness is 0.90, at most 0.75 is allowed",
                "light the face evenly: light from the right of the picture is 4.0 x stronger, at most 3.0 x is allowed",
            ]
        );
    }
}

//! Liveness as a condition: who is not live, or cannot be judged, goes no further.

use inference::{DecodedImage, Face, FaceRules, Pipeline};

use super::{LivenessPolicy, LivenessVerdict, PictureError, ServiceError, liveness::judge};

/// From this fraction of the largest face's area on, another face is one too many: half of its side.
const SECOND_FACE: f32 = 0.25;

/// What is asked of a picture before anything else is done with it.
#[derive(Debug, Clone)]
pub struct LivenessGate {
    /// What is asked of the face.
    pub policy: LivenessPolicy,
    /// A face whose sides are below this fraction of the picture's same side is background, which is not seen; 0 to 1.
    pub detectable: f32,
}

impl LivenessGate {
    /// The verdict on the one face of a picture, of whose faces `faces` are all, when it is live.
    ///
    /// # Errors
    /// [`ServiceError::LivenessQuality`]: no face, several, one that breaks a limit of the policy, no liveness models;
    /// [`ServiceError::LivenessFailed`].
    pub(super) fn pass(
        &self,
        pipeline: &mut Pipeline,
        image: &DecodedImage,
        faces: &[Face],
    ) -> Result<LivenessVerdict, ServiceError> {
        let rules = FaceRules {
            comparable: SECOND_FACE,
            central_among: 0,
        };
        let verdict = self
            .judge(pipeline, image, faces, &rules)
            .map_err(ServiceError::LivenessQuality)?;
        if verdict.passed {
            Ok(verdict)
        } else {
            Err(ServiceError::LivenessFailed(verdict.score))
        }
    }

    fn judge(
        &self,
        pipeline: &mut Pipeline,
        image: &DecodedImage,
        faces: &[Face],
        rules: &FaceRules,
    ) -> Result<LivenessVerdict, PictureError> {
        let (face, count) = rules.largest(self.seen(image, faces))?;
        self.policy.admit(count)?;
        let quality = pipeline.quality(image, &face)?;
        judge(pipeline, image, &face, count, quality, &self.policy)
    }

    /// The faces that are no background.
    fn seen(&self, image: &DecodedImage, faces: &[Face]) -> Vec<Face> {
        let (width, height) = (image.width() as f32, image.height() as f32);
        let seen = faces.iter().filter(|face| {
            let share = (face.bbox.width() / width).max(face.bbox.height() / height);
            share >= self.detectable
        });
        seen.cloned().collect()
    }
}

//! Is this picture good enough to be used as a person's face?

use inference::{CaptureLimits, FaceError, Finding, Pipeline, Quality};

use super::{
    Call, DetectedFace, Detection, Part, PictureError, PictureSource, Recorded, ServiceError,
    audit::Audited, pictures,
};
use crate::App;

/// The face that is meant, and how it was taken.
#[derive(Debug, Clone)]
pub struct MainFace {
    /// Figures.
    pub quality: Quality,
    /// What it breaks of the capture limits.
    pub findings: Vec<Finding>,
}

/// What a picture shows.
#[derive(Debug)]
pub struct Validation {
    /// Every face.
    pub detection: Detection,
    /// The one that is meant, or why none is: [`FaceError::NoFace`] or [`FaceError::MultipleFaces`].
    pub main: Result<MainFace, FaceError>,
}

impl Validation {
    /// Whether the picture has one main face that breaks no limit.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.main
            .as_ref()
            .is_ok_and(|face| face.findings.is_empty())
    }
}

impl Audited for Validation {
    fn details(&self) -> serde_json::Value {
        serde_json::json!({ "faces": self.detection.faces.len(), "valid": self.is_valid() })
    }
}

/// Finds every face of a picture and measures the main one.
///
/// # Errors
/// [`ServiceError`]: the picture or the engine; no face, and several, are answers.
pub async fn validate(
    app: &App,
    call: &Call,
    picture: PictureSource,
    capture: CaptureLimits,
) -> Result<Recorded<Validation>, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let (limits, rules) = (
        app.config.images.limits(),
        app.config.faces.rules().strict(),
    );
    let job = move |pipeline: &mut Pipeline| -> Result<Validation, PictureError> {
        let image = pipeline.decode(&picture.load(&limits)?)?;
        let faces = pipeline.faces(&image)?;
        let main = match rules.main(faces.clone(), image.center()) {
            Ok(face) => {
                let quality = pipeline.quality(&image, &face)?;
                Ok(MainFace {
                    quality,
                    findings: capture.findings(&quality, 1),
                })
            }
            Err(why) => Err(why),
        };
        let faces = faces
            .into_iter()
            .map(|face| DetectedFace {
                face,
                thumbnail: None,
                quality: None,
                persons: Vec::new(),
            })
            .collect();
        let detection = Detection {
            width: image.width(),
            height: image.height(),
            faces,
            aim: None,
        };
        Ok(Validation { detection, main })
    };
    let validation = app
        .infer(job)
        .await?
        .map_err(ServiceError::of(Part::Image))?;
    Ok(app.audit.record(call, "face_validation", validation))
}

//! Where are the faces?

use inference::{Face, Pipeline};

use super::{
    Call, Part, PictureError, PictureSource, Recorded, ServiceError, audit::Audited, pictures,
};
use crate::App;

/// One face of a picture.
#[derive(Debug)]
pub struct DetectedFace {
    /// Where it is.
    pub face: Face,
    /// Its aligned crop as a 112 x 112 JPEG, where one was asked for.
    pub thumbnail: Option<Vec<u8>>,
}

/// The faces of a picture.
#[derive(Debug)]
pub struct Detection {
    /// Width of the upright picture, in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The faces, largest first.
    pub faces: Vec<DetectedFace>,
}

impl Audited for Detection {
    fn details(&self) -> serde_json::Value {
        serde_json::json!({ "faces": self.faces.len() })
    }
}

/// Finds every face of a picture.
///
/// # Errors
/// [`ServiceError`]: the picture or the engine; no face is an empty list.
pub async fn detect(
    app: &App,
    call: &Call,
    picture: PictureSource,
    thumbnails: bool,
) -> Result<Recorded<Detection>, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let limits = app.config.images.limits();
    let job = move |pipeline: &mut Pipeline| -> Result<Detection, PictureError> {
        let image = pipeline.decode(&picture.load(&limits)?)?;
        let faces = pipeline.faces(&image)?;
        let faces = faces.into_iter().map(|face| {
            let thumbnail = thumbnails
                .then(|| pipeline.thumbnail(&image, &face))
                .transpose()?;
            Ok(DetectedFace { face, thumbnail })
        });
        let faces = faces.collect::<Result<_, PictureError>>()?;
        Ok(Detection {
            width: image.width(),
            height: image.height(),
            faces,
        })
    };
    let detection = app
        .engine
        .run(job)
        .await?
        .map_err(ServiceError::of(Part::Image))?;
    Ok(app.audit.record(call, "detect", detection))
}

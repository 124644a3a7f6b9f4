//! Where are the faces?

use std::sync::Arc;

use gallery::{Aim, Gallery};
use inference::{CaptureLimits, Effort, Embedding, Face, Finding, ImageLimits, Pipeline, Quality};

use super::{
    Call, Found, Part, PictureError, PictureSource, Recorded, SearchTerms, ServiceError,
    audit::Audited,
    pictures::{self, Resolved},
    search::{Searcher, persons},
};
use crate::App;

/// One face of a picture.
#[derive(Debug)]
pub struct DetectedFace {
    /// Where it is.
    pub face: Face,
    /// Its aligned crop as a 112 x 112 JPEG, where one was asked for.
    pub thumbnail: Option<Vec<u8>>,
    /// How it was taken, and what that breaks of the capture limits, where that was asked.
    pub quality: Option<(Quality, Vec<Finding>)>,
    /// Whom it may be, best first, where that was asked.
    pub persons: Vec<Found>,
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
    /// What counted as found of each face, where that was asked.
    pub aim: Option<Aim>,
}

/// The edges of a box in whole pixels, clipped to the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edges {
    /// From the left.
    pub left: i64,
    /// From the top.
    pub top: i64,
    /// From the left.
    pub right: i64,
    /// From the top.
    pub bottom: i64,
}

impl Detection {
    /// Where a face of this picture is.
    #[must_use]
    pub fn edges(&self, face: &Face) -> Edges {
        let inside = |value: f32, side: u32| (value.round() as i64).clamp(0, i64::from(side));
        Edges {
            left: inside(face.bbox.left, self.width),
            top: inside(face.bbox.top, self.height),
            right: inside(face.bbox.right, self.width),
            bottom: inside(face.bbox.bottom, self.height),
        }
    }
}

impl Audited for Detection {
    fn details(&self) -> serde_json::Value {
        serde_json::json!({ "faces": self.faces.len() })
    }

    fn persons(&self) -> Vec<store::PersonId> {
        let found = self.faces.iter().flat_map(|face| &face.persons);
        found.map(|found| found.person.id).collect()
    }
}

/// What is wanted of each face.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details {
    /// Its thumbnail.
    pub thumbnails: bool,
    /// Its quality, held against these limits.
    pub quality: Option<CaptureLimits>,
}

/// Finds every face of a picture and, with `terms`, whom each may be.
///
/// # Errors
/// [`ServiceError`]: the picture or the engine, and with `terms` the collection, the indexes or the database; no face is an
/// empty list.
pub async fn detect(
    app: &App,
    call: &Call,
    picture: PictureSource,
    details: Details,
    terms: Option<SearchTerms>,
) -> Result<Recorded<Detection>, ServiceError> {
    let picture = pictures::one(app, picture, Part::Image).await?;
    let searcher = match &terms {
        Some(terms) => Some(Searcher::new(app, terms).await?),
        None => None,
    };
    let limits = app.config.images.limits();
    let effort = terms.map(|terms| terms.effort);
    let job = move |pipeline: &mut Pipeline| {
        look(pipeline, picture, &limits, details, effort).map_err(ServiceError::of(Part::Image))
    };
    let find = move |gallery: Arc<Gallery>, (detection, probes)| async move {
        let searched = match searcher {
            Some(searcher) => Some(searcher.find(&gallery, probes).await?),
            None => None,
        };
        Ok((detection, searched))
    };
    let (mut detection, searched) = app.infer_then(job, find).await?;
    if let (Some(terms), Some(searched)) = (&terms, searched) {
        let (matches, aim) = searched.told();
        detection.aim = Some(aim);
        let found = persons(app, terms.client, matches).await?;
        for (face, found) in detection.faces.iter_mut().zip(found) {
            face.persons = found;
        }
    }
    Ok(app.audit.record(call, "detect", detection))
}

/// The faces and, with `embed`, the template of each.
fn look(
    pipeline: &mut Pipeline,
    picture: Resolved,
    limits: &ImageLimits,
    details: Details,
    embed: Option<Effort>,
) -> Result<(Detection, Vec<Embedding>), PictureError> {
    let image = pipeline.decode(&picture.load(limits)?)?;
    let faces = pipeline.faces(&image)?;
    let templates = match embed {
        Some(effort) => pipeline.embed(&image, &faces, effort)?,
        None => Vec::new(),
    };
    let faces = faces.into_iter().map(|face| {
        let thumbnail = details
            .thumbnails
            .then(|| pipeline.thumbnail(&image, &face))
            .transpose()?;
        let quality = details
            .quality
            .map(|limits| {
                pipeline
                    .quality(&image, &face)
                    .map(|quality| (limits, quality))
            })
            .transpose()?;
        let quality = quality.map(|(limits, quality)| (quality, limits.findings(&quality, 1)));
        Ok(DetectedFace {
            face,
            thumbnail,
            quality,
            persons: Vec::new(),
        })
    });
    let detection = Detection {
        width: image.width(),
        height: image.height(),
        faces: faces.collect::<Result<_, PictureError>>()?,
        aim: None,
    };
    Ok((detection, templates))
}

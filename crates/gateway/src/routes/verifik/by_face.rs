//! Looking for those who have the face of a picture: the body that the two `project-type` routes share.

use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid},
    document::SearchMode,
};
use service::{Cutoff, FaceQuery, PictureSource};

/// The lowest limit that can be asked for.
const LEAST_SCORE: f64 = 0.2;

/// The least score when a request does not say: what the clients send.
const DEFAULT_MIN_SCORE: f64 = 0.8;

/// A face to look for.
#[derive(Debug)]
pub(super) struct ByFace {
    image: PictureSource,
    mode: SearchMode,
    cutoff: Cutoff,
}

/// A face to look for.
#[derive(ToSchema)]
#[schema(as = ByFace)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct ByFaceSchema {
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    image: String,
    /// `fast` (also when absent) or `accurate`.
    #[schema(rename = "searchMode", example = "fast")]
    search_mode: Option<String>,
    /// Least score.
    #[schema(
        rename = "minScore",
        minimum = 0.2,
        maximum = 1,
        default = 0.8,
        required = false
    )]
    min_score: Option<f64>,
    /// Extension, in place of `minScore`: as in `search`.
    #[schema(rename = "maxFpir", exclusive_minimum = 0, exclusive_maximum = 1)]
    max_fpir: Option<f64>,
}

impl FromFields for ByFace {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let modes = fields.text("searchMode").one_of(
            &["fast", "accurate", "FAST", "ACCURATE"],
            &[
                SearchMode::Fast,
                SearchMode::Accurate,
                SearchMode::Fast,
                SearchMode::Accurate,
            ],
        );
        let (image, mode) = (
            fields.picture("image").required()?,
            modes.or(SearchMode::Fast)?,
        );
        let min_score = fields.number("minScore", LEAST_SCORE, 1.0);
        let min_score = min_score.optional()?;
        let max_fpir = fields.number_inside("maxFpir", 0.0, 1.0).optional()?;
        let unsaid = max_fpir.map_or(DEFAULT_MIN_SCORE, |_| LEAST_SCORE);
        Ok(Self {
            image,
            mode,
            cutoff: Cutoff::new(min_score.unwrap_or(unsaid), max_fpir),
        })
    }
}

impl From<ByFace> for FaceQuery {
    fn from(request: ByFace) -> Self {
        Self {
            image: request.image,
            effort: request.mode.into(),
            cutoff: request.cutoff,
        }
    }
}

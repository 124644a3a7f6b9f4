//! Looking for those who have the face of a picture: the body that the two `project-type` routes share.

use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid},
    document::SearchMode,
};
use crate::service::{FaceQuery, PictureSource};

/// The least score when a request does not say: what the clients send.
const DEFAULT_MIN_SCORE: f64 = 0.8;

/// A face to look for.
#[derive(Debug)]
pub(super) struct ByFace {
    image: PictureSource,
    mode: SearchMode,
    min_score: f64,
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
        Ok(Self {
            image: fields.picture("image").required()?,
            mode: modes.or(SearchMode::Fast)?,
            min_score: fields
                .number("minScore")
                .between(0.2, 1.0)
                .or(DEFAULT_MIN_SCORE)?,
        })
    }
}

impl From<ByFace> for FaceQuery {
    fn from(request: ByFace) -> Self {
        Self {
            image: request.image,
            effort: request.mode.into(),
            min_score: request.min_score,
        }
    }
}

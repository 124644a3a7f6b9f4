//! `GET /v2/face-recognition/models`: an extension.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    caller::Caller,
    envelope::Envelope,
    error::ApiError,
    failures::{ServerFailures, TokenFailures},
};
use service::{AnchorReport, AppState, MatchingReport, ModelReport, PackReport};

/// A model pack.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPack)]
pub(super) struct Pack {
    #[schema(example = "standard")]
    name: String,
    /// Whether this server works with it.
    in_use: bool,
    summary: String,
    /// What to know before using it; null when nothing.
    warning: Option<String>,
    matching: Matching,
    /// What the liveness score was measured on; null when the pack has no liveness models.
    liveness: Option<Liveness>,
    models: Vec<Model>,
}

/// What a match score means.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPackMatching)]
struct Matching {
    /// What was measured, on what.
    measured: String,
    /// The figures are borrowed, of too few pairs, or of another file of the model: a guess.
    provisional: bool,
    /// By rising score; straight lines in log rate join them.
    anchors: Vec<Anchor>,
}

/// What a liveness score means.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPackLiveness)]
struct Liveness {
    /// What was measured, on what.
    measured: String,
}

/// A score and its rates.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPackAnchor)]
struct Anchor {
    /// 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1, example = 0.75)]
    score: f64,
    /// False match rate: the share of comparisons of two different people that reach the score.
    #[schema(minimum = 0, maximum = 1, example = 0.0001)]
    fmr: f64,
    /// The share of comparisons of one person's pictures that reach it in the same measurement; null where not measured.
    #[schema(minimum = 0, maximum = 1, example = 0.9844)]
    tar: Option<f64>,
    /// The rate is below what the measurement can show: a straight line through measured points.
    extrapolated: bool,
}

/// A model of a pack.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPackModel)]
struct Model {
    /// `detector`, `embedder`, `confirm`, `landmarks`, `liveness` or `eyes`.
    #[schema(example = "embedder")]
    role: &'static str,
    /// Name of its file.
    file: String,
    /// Of the file, lower-case hex: the model's identity.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// Licence of the weights.
    licence: String,
    /// Whether it allows commercial use.
    commercial: bool,
    /// Whose work it is.
    origin: String,
}

impl From<&PackReport> for Pack {
    fn from(pack: &PackReport) -> Self {
        let liveness = pack.liveness.clone();
        Self {
            name: pack.name.clone(),
            in_use: pack.in_use,
            summary: pack.summary.clone(),
            warning: pack.warning.clone(),
            matching: Matching::from(&pack.matching),
            liveness: liveness.map(|measured| Liveness { measured }),
            models: pack.models.iter().map(Model::from).collect(),
        }
    }
}

impl From<&MatchingReport> for Matching {
    fn from(matching: &MatchingReport) -> Self {
        let anchor = |anchor: &AnchorReport| Anchor {
            score: anchor.score,
            fmr: anchor.fmr,
            tar: anchor.tar,
            extrapolated: anchor.extrapolated,
        };
        Self {
            measured: matching.measured.clone(),
            provisional: matching.provisional,
            anchors: matching.anchors.iter().map(anchor).collect(),
        }
    }
}

impl From<&ModelReport> for Model {
    fn from(model: &ModelReport) -> Self {
        Self {
            role: model.role,
            file: model.file.clone(),
            sha256: model.sha256.clone(),
            licence: model.licence.clone(),
            commercial: model.commercial,
            origin: model.origin.clone(),
        }
    }
}

/// Extension: the installed model packs, the one in use first: what their scores mean, and on what terms their weights may be used.
///
/// Scores are on this dialect's scale. As the packs were when this was first asked since the start of the server.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/models",
    operation_id = "list_models",
    tag = "Models",
    responses((status = 200, description = "The packs", body = Envelope<Vec<Pack>>), ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn models(
    State(app): State<AppState>,
    _: Caller,
) -> Result<Envelope<Vec<Pack>>, ApiError> {
    let packs = app.models.all().await?;
    Ok(Envelope::new(packs.iter().map(Pack::from).collect()))
}

//! `/healthz` and `/readyz`.

use axum::{Json, extract::State, http::StatusCode};
use gallery::Phase;
use serde::Serialize;
use utoipa::ToSchema;

use service::{App, AppState};

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// Version of the server.
    version: &'static str,
}

/// Whether this node wants requests.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// Whether all parts are well.
    ready: bool,
    /// `ok`, or `draining` once the server was told to stop.
    server: &'static str,
    /// `ok`, or `unreachable`.
    database: &'static str,
    /// `sqlite` or `postgres`.
    database_kind: &'static str,
    /// The models in use; they are loaded and warmed before the server listens.
    models: Models,
    /// The search indexes; until they are built, searches answer 503, and liveness and compare are served.
    search: Search,
}

/// The models in use.
#[derive(Debug, Serialize, ToSchema)]
struct Models {
    /// Always `ok`.
    status: &'static str,
    /// The model pack.
    pack: String,
    /// Jobs that wait for a worker.
    queued: usize,
    /// Jobs that may wait.
    queue: usize,
}

/// The search indexes.
#[derive(Debug, Serialize, ToSchema)]
struct Search {
    /// Where faces are compared: `embedded`, in this node's memory, or `pgvector`, in the database. The figures are then read now and then.
    engine: &'static str,
    /// `ok`, `loading` while they are built from the database, or `stopped`.
    status: &'static str,
    /// Faces read so far while loading.
    loaded: u64,
    /// Faces in the database when loading began.
    total: u64,
    /// The revision of the database that searches see.
    revision: i64,
    /// Rows; a face counts once for each collection of its person.
    rows: usize,
    /// Collections whose `FAST` searches go by sketches; those of the others read every template, as `ACCURATE` does.
    sketches: usize,
    /// Collections whose `FAST` searches go by a graph.
    graphs: usize,
    /// Collections whose graph is being built.
    graphs_building: usize,
    /// Faces that were enrolled with another model pack.
    reembedding: Reembedding,
}

/// Faces that were enrolled with another model pack: searches find them as they are re-embedded.
#[derive(Debug, Serialize, ToSchema)]
struct Reembedding {
    /// `idle`, or `running`.
    status: &'static str,
    /// Faces that wait for it.
    waiting: u64,
    /// Faces of which the pack in use can make no template.
    failed: u64,
}

impl Search {
    fn of(app: &App) -> Self {
        let (gallery, reembedding) = (&app.gallery, &app.reembedding);
        let status = gallery.status();
        Self {
            engine: gallery.engine().name(),
            status: match status.phase {
                Phase::Loading => "loading",
                Phase::Following => "ok",
                Phase::Stopped => "stopped",
            },
            loaded: status.loaded,
            total: status.total,
            revision: status.revision.number(),
            rows: status.rows,
            sketches: status.sketches,
            graphs: status.graphs,
            graphs_building: status.building,
            reembedding: Reembedding {
                status: if reembedding.is_running() {
                    "running"
                } else {
                    "idle"
                },
                waiting: reembedding.waiting(),
                failed: reembedding.failed(),
            },
        }
    }
}

/// Whether the process is up. Asks nothing of the database or the models.
#[utoipa::path(get, path = "/healthz", tag = "Server", responses((status = 200, description = "It is up", body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Whether requests should be sent here.
pub(super) async fn is_ready(app: &App) -> bool {
    takes_requests(app) && database_answers(app).await
}

/// Whether the search indexes are built and the server is not about to stop.
fn takes_requests(app: &App) -> bool {
    app.gallery.phase() == Phase::Following && !app.readiness.is_draining()
}

async fn database_answers(app: &App) -> bool {
    let answer = app.store.ping().await;
    if let Err(error) = &answer {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "the database does not answer"
        );
    }
    answer.is_ok()
}

/// Whether requests should be sent here: models loaded and warmed, database reachable, search indexes built, not about to stop.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Server",
    responses((status = 200, description = "Ready", body = Ready), (status = 503, description = "Not ready; the parts say why", body = Ready))
)]
pub(super) async fn readyz(State(app): State<AppState>) -> (StatusCode, Json<Ready>) {
    let reachable = database_answers(&app).await;
    let draining = app.readiness.is_draining();
    let info = app.engine.info();
    let ready = reachable && takes_requests(&app);
    let answer = Ready {
        ready,
        server: if draining { "draining" } else { "ok" },
        database: if reachable { "ok" } else { "unreachable" },
        database_kind: match app.store.kind() {
            store::DatabaseKind::Sqlite => "sqlite",
            store::DatabaseKind::Postgres => "postgres",
        },
        models: Models {
            status: "ok",
            pack: info.pack.clone(),
            queued: app.engine.queued(),
            queue: info.queue,
        },
        search: Search::of(&app),
    };
    (
        if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        Json(answer),
    )
}

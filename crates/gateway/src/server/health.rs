//! `/healthz` and `/readyz`.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;

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

/// Whether the process is up. Asks nothing of the database or the models.
#[utoipa::path(get, path = "/healthz", tag = "Server", responses((status = 200, description = "It is up", body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Whether requests should be sent here: models loaded and warmed, database reachable, not about to stop.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Server",
    responses((status = 200, description = "Ready", body = Ready), (status = 503, description = "Not ready; the parts say why", body = Ready))
)]
pub(super) async fn readyz(State(app): State<AppState>) -> (StatusCode, Json<Ready>) {
    let database = app.store.ping().await;
    if let Err(error) = &database {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "the database does not answer"
        );
    }
    let draining = app.readiness.is_draining();
    let info = app.engine.info();
    let ready = database.is_ok() && !draining;
    let answer = Ready {
        ready,
        server: if draining { "draining" } else { "ok" },
        database: if database.is_ok() {
            "ok"
        } else {
            "unreachable"
        },
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

//! Routes that ask for no credential. There are no others: a route that is not declared as one of these is behind the door of accounts.

use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;

use service::{App, AppState};

/// Bytes of a body that names an address and a code.
pub(crate) const SMALL_BODY: usize = 4096;

/// Some of them, with what they need.
pub(crate) struct OpenRoutes {
    /// The routes.
    pub(crate) router: OpenApiRouter<AppState>,
    /// Largest body, in bytes; `None`: that of all routes.
    pub(crate) largest: Option<usize>,
    /// The answer where the settings leave them nothing to do: given before anything is read.
    pub(crate) closed: fn(&App) -> Option<Response>,
}

//! Small answers that several routes give.

use serde::Serialize;
use utoipa::ToSchema;

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudDeleted)]
pub(super) struct Deleted {
    id: String,
}

impl Deleted {
    /// By its id.
    pub(super) fn new(id: impl ToString) -> Self {
        Self { id: id.to_string() }
    }
}

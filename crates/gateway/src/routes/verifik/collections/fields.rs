//! The fields that describe a collection, as requests give them.

use crate::routes::verifik::body::{Field, Fields, Invalid};

/// Longest name, in characters.
const MAX_NAME: usize = 300;

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 10_000;

/// Longest id of a project, in characters.
const MAX_PROJECT: usize = 64;

/// The name.
pub(super) fn name(fields: &Fields<'_>) -> Field<String> {
    fields.text("name").max_length(MAX_NAME)
}

/// The description; `Some(None)` when it is empty.
pub(super) fn description(fields: &Fields<'_>) -> Result<Option<Option<String>>, Invalid> {
    fields.clearable("description", |fields| {
        fields.text("description").max_length(MAX_DESCRIPTION)
    })
}

/// The project, by id or as an object; `Some(None)` when it is empty.
pub(super) fn project(fields: &Fields<'_>) -> Result<Option<Option<String>>, Invalid> {
    fields.clearable("project", |fields| {
        fields.id("project").max_length(MAX_PROJECT)
    })
}

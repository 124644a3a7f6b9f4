//! Collections: `/v2/face-recognition/collections`.

mod create;
mod delete;
mod fields;
mod list;
mod move_people;
mod object;
mod project_type;
mod retrieve;
mod update;

use store::CollectionField;
use utoipa_axum::{router::OpenApiRouter, routes};

use service::AppState;

/// The routes; the router puts fixed segments before `{id}` by itself.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(move_people::move_people))
        .routes(routes!(project_type::list, project_type::find))
        .routes(routes!(retrieve::retrieve, update::update, delete::delete))
}

/// Reads every body of these routes, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub(super) fn read_any(fields: &super::body::Fields<'_>) {
    use super::body::FromFields as _;
    let _ = create::CreateCollection::from_fields(fields);
    let _ = update::UpdateCollection::from_fields(fields);
    let _ = move_people::MovePeople::from_fields(fields);
}

/// What collections can be filtered and sorted by.
pub(super) fn field(name: &str) -> Option<CollectionField> {
    Some(match name {
        "_id" | "id" => CollectionField::Id,
        "code" => CollectionField::Code,
        "name" => CollectionField::Name,
        "description" => CollectionField::Description,
        "project" => CollectionField::Project,
        "__v" => CollectionField::Version,
        "createdAt" => CollectionField::CreatedAt,
        "updatedAt" => CollectionField::UpdatedAt,
        _ => return None,
    })
}

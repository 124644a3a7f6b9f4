//! Persons: `/v2/face-recognition/persons`.

mod create;
mod create_live;
mod delete;
mod fields;
mod list;
mod lookup;
mod object;
mod project_type;
mod retrieve;
mod update;

use store::PersonField;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) use object::PersonCard;
pub(super) use object::StoredPerson;

use service::AppState;

/// The routes; the router puts fixed segments before `{id}` by itself.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(create_live::create_live))
        .routes(routes!(lookup::lookup))
        .routes(routes!(project_type::list, project_type::find))
        .routes(routes!(retrieve::retrieve, update::update, delete::delete))
}

/// Reads every body of these routes, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub(super) fn read_any(fields: &super::body::Fields<'_>) {
    use super::body::FromFields as _;
    let _ = create::CreatePerson::from_fields(fields);
    let _ = create_live::CreateLivePerson::from_fields(fields);
    let _ = update::UpdatePerson::from_fields(fields);
}

/// What persons can be filtered and sorted by.
pub(super) fn field(name: &str) -> Option<PersonField> {
    Some(match name {
        "_id" | "id" => PersonField::Id,
        "name" => PersonField::Name,
        "gender" => PersonField::Gender,
        "date_of_birth" => PersonField::DateOfBirth,
        "nationality" => PersonField::Nationality,
        "notes" => PersonField::Notes,
        "email" | "emails" => PersonField::Emails,
        "phone" | "phones" => PersonField::Phones,
        "__v" => PersonField::Version,
        "createdAt" => PersonField::CreatedAt,
        "updatedAt" => PersonField::UpdatedAt,
        _ => return None,
    })
}

//! `POST /v2/face-recognition/collections/move-people`.

use axum::extract::State;
use serde::Serialize;
use store::{CollectionRef, PersonId};
use utoipa::ToSchema;

use service::AppState;

use crate::routes::verifik::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{BodyFailures, MissingFailures, NamesakeFailures, ServerFailures, TokenFailures},
};

/// Who moves, and from where to where.
#[derive(Debug)]
pub(super) struct MovePeople {
    from: CollectionRef,
    to: CollectionRef,
    people: Vec<PersonId>,
}

/// Who moves, and from where to where.
#[derive(ToSchema)]
#[schema(as = MovePeople)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct MovePeopleSchema {
    /// An object with `_id` or `code`, or one of the two by itself.
    #[schema(rename = "fromCollection", value_type = Object)]
    from: (),
    /// An object with `_id` or `code`, or one of the two by itself.
    #[schema(rename = "toCollection", value_type = Object)]
    to: (),
    /// Persons by `_id`.
    #[schema(rename = "peopleIds", max_items = 10000)]
    people: Vec<String>,
}

impl FromFields for MovePeople {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            from: fields.collection("fromCollection").required()?,
            to: fields.collection("toCollection").required()?,
            people: fields.people("peopleIds").required()?,
        })
    }
}

/// Who was moved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Moved {
    /// Those who were in the first collection and are in the second one now.
    #[serde(rename = "peopleIds")]
    #[schema(value_type = Vec<String>)]
    people: Vec<PersonId>,
}

/// Moves persons from one collection to another.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/collections/move-people",
    tag = "Collections",
    request_body = MovePeopleSchema,
    responses((status = 200, description = "Who was moved", body = Envelope<Moved>), BodyFailures, MissingFailures, NamesakeFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn move_people(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<MovePeople>,
) -> Result<Envelope<Moved>, ApiError> {
    let MovePeople { from, to, people } = request;
    let people = service::move_people(&app, owner.client, from, to, people).await?;
    Ok(Envelope::new(Moved { people }))
}

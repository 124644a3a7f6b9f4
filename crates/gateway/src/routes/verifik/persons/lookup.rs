//! `GET /v2/face-recognition/persons/lookup`.

use axum::extract::State;
use store::{Comparison, Condition, Listing, PersonField};

use super::{fields::without_digits, object::PersonCard};
use crate::routes::verifik::{
    body::{Invalid, Rule, day},
    caller::Owner,
    error::ApiError,
    failures::{QueryFailures, ServerFailures, TokenFailures},
    query::{Paged, Query},
};
use service::AppState;

/// Persons of a page when the query does not say, and at most.
const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// Letters that a name must have at least.
const MIN_NAME: usize = 3;

/// Persons by a part of their name.
///
/// Nobody is an empty list. A name without three characters that are no digits is `name_too_short`.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/persons/lookup",
    operation_id = "lookup_persons",
    tag = "Persons",
    params(
        ("name" = String, Query, description = "A part of the name, in any case; digits are ignored."),
        ("date_of_birth" = Option<String>, Query, description = "`YYYY-MM-DD`"),
        ("page" = Option<u64>, Query, maximum = 100000, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "Persons of a page: 20, at most 100."),
    ),
    responses((status = 200, description = "The persons", body = Paged<PersonCard>), QueryFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn lookup(
    State(app): State<AppState>,
    owner: Owner,
    query: Query,
) -> Result<Paged<PersonCard>, ApiError> {
    let paging = query.paging(Some(DEFAULT_LIMIT), MAX_LIMIT);
    let listing = Listing {
        conditions: conditions(&query)?,
        ..query.listing(paging, |_| None).unwrap_or_default()
    };
    let page = service::persons(&app, owner.client, None, Some(listing)).await?;
    Ok(Paged::new(paging, page, PersonCard::from))
}

fn conditions(query: &Query) -> Result<Vec<Condition<PersonField>>, ApiError> {
    let name = query.text("name");
    let name = name.ok_or_else(|| ApiError::missing_parameter("name is required"))?;
    let name = without_digits(name);
    if name.chars().count() < MIN_NAME {
        return Err(ApiError::missing_parameter("name_too_short"));
    }
    let mut asked = vec![(PersonField::Name, Comparison::Contains, name)];
    if let Some(text) = query.text("date_of_birth") {
        let born = day(text).ok_or_else(|| Invalid::new("date_of_birth", Rule::Date))?;
        asked.push((
            PersonField::DateOfBirth,
            Comparison::Equal,
            born.to_string(),
        ));
    }
    let conditions = asked
        .into_iter()
        .map(|(field, comparison, value)| Condition::new(field, comparison, &[value]));
    conditions
        .collect::<Result<_, _>>()
        .map_err(|_| ApiError::internal())
}

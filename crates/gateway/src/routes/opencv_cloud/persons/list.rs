//! `GET /opencv-fr/persons` and `/opencv-fr/persons/{collection_id}`.

use axum::{Json, extract::State};
use serde::Serialize;
use store::{ClientId, CollectionRef, PersonField};
use utoipa::{IntoParams, ToSchema};

use super::object::{PersonObject, shown};
use crate::routes::opencv::document as words;
use crate::routes::{
    opencv::body::{FromReader, Reader, one_of},
    opencv_cloud::{
        error::ApiError,
        extract::{Owner, ValidQuery},
        failures::{CommonFailures, MissingFailures},
        kinds::collection,
        listing::ListQuery,
        path::Ids,
    },
};
use service::{App, AppState};

/// What persons are sorted by, and the field of each.
const NAMES: &[&str] = &[
    "name",
    "date_of_birth",
    "gender",
    "nationality",
    "modified_date",
    "create_date",
];
const FIELDS: &[PersonField] = &[
    PersonField::Name,
    PersonField::DateOfBirth,
    PersonField::Gender,
    PersonField::Nationality,
    PersonField::UpdatedAt,
    PersonField::CreatedAt,
];

/// The order of a list of persons.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes::opencv_cloud) struct PersonOrder {
    /// `name`, which is the default, `date_of_birth`, `gender`, `nationality`, `modified_date` or `create_date`. Who has none comes first.
    #[param(value_type = words::OrderBy, inline, required = false)]
    order_by: PersonField,
}

/// Which persons, in which order.
#[derive(Debug)]
pub(in crate::routes::opencv_cloud) struct PersonQuery {
    list: ListQuery,
    order: PersonOrder,
}

impl FromReader for PersonQuery {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let list = ListQuery::from_reader(reader);
        let order_by = reader.or("order_by", PersonField::Name, one_of(NAMES, FIELDS));
        Some(Self {
            list: list?,
            order: PersonOrder {
                order_by: order_by?,
            },
        })
    }
}

/// A part of a list of persons.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudPersons)]
pub(in crate::routes::opencv_cloud) struct PersonPage {
    /// How many there are in all parts.
    count: u64,
    persons: Vec<PersonObject>,
}

async fn page(
    app: &App,
    client: ClientId,
    collections: Option<Vec<CollectionRef>>,
    query: PersonQuery,
) -> Result<Json<PersonPage>, ApiError> {
    let PersonQuery { list, order } = query;
    let listing = list.listing(PersonField::Name, order.order_by)?;
    let page = service::persons(app, client, collections, Some(listing)).await?;
    Ok(Json(PersonPage {
        count: page.total,
        persons: shown(app, client, page.items).await?,
    }))
}

/// The account's persons.
#[utoipa::path(
    get,
    path = "/opencv-fr/persons",
    operation_id = "cloud_list_persons",
    tag = "opencv.fr",
    params(ListQuery, PersonOrder),
    responses((status = 200, description = "The persons", body = PersonPage), CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn list(
    State(app): State<AppState>,
    Owner(owner): Owner,
    ValidQuery(query): ValidQuery<PersonQuery>,
) -> Result<Json<PersonPage>, ApiError> {
    page(&app, owner.client, None, query).await
}

/// The persons of a collection.
#[utoipa::path(
    get,
    path = "/opencv-fr/persons/{collection_id}",
    operation_id = "cloud_list_persons_of_collection",
    tag = "opencv.fr",
    params(("collection_id" = String, Path, description = "36 characters"), ListQuery, PersonOrder),
    responses((status = 200, description = "The persons", body = PersonPage), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn of_collection(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
    ValidQuery(query): ValidQuery<PersonQuery>,
) -> Result<Json<PersonPage>, ApiError> {
    let [id] = ids;
    let of = service::collection(&app, owner.client, collection(&id)).await?;
    page(&app, owner.client, Some(vec![of.id.into()]), query).await
}

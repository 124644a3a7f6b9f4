//! `PUT /persons`.

use axum::{Json, extract::State};
use utoipa::ToSchema;

use super::{
    collection,
    error::{ApiError, ErrorBody},
    extract::{Owner, Valid},
    failures::{CommonFailures, MissingFailures},
    fields,
    person::PersonFields,
};
use crate::routes::opencv::body::{FromReader, Reader};
use service::{AppState, BulkEntry, Keep, ServiceError};

/// Persons in one call. The body limit is reached first with pictures that show anything.
const MOST: usize = 10_000;

/// Persons to enrol, or to update.
#[derive(Debug)]
pub(super) struct PutPersons {
    collection: String,
    keep: Keep,
    persons: Vec<PersonFields>,
}

/// Persons to enrol, or to update.
#[derive(ToSchema)]
#[schema(as = OnPremisePutPersons)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct PutPersonsSchema {
    /// It must be there.
    #[schema(example = "MyCollection")]
    collection_name: String,
    /// `NoStorage`, `StoreThumbnails` or `StoreFullImage`.
    #[schema(value_type = crate::routes::opencv::document::OnPremiseStorage)]
    face_storage_type: String,
    #[schema(max_items = 10000)]
    persons: Vec<PersonSchema>,
}

/// One of them.
#[derive(ToSchema)]
#[schema(as = OnPremiseOneOfPersons)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
struct PersonSchema {
    /// The caller's own id; case counts. Whoever has it is updated.
    #[schema(example = "JD1", min_length = 1, max_length = 300)]
    person_id: String,
    #[schema(example = "John Doe", min_length = 1, max_length = 300)]
    person_name: String,
    /// A picture in base64; of several faces the largest counts.
    face_base_64: String,
    /// The caller's own data: at most 100 texts, 16 KiB in all.
    metadata: Option<std::collections::BTreeMap<String, String>>,
}

impl FromReader for PutPersons {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection = fields::collection_name(reader);
        let keep = fields::storage_type(reader);
        let persons = reader.objects("persons", (0, MOST), PersonFields::read);
        Some(Self {
            collection: collection?,
            keep: keep?,
            persons: persons?,
        })
    }
}

/// Enrols or updates many persons in one collection.
///
/// Each for itself: the answer lists whoever was not enrolled, with `person_id` and `index` (from 0) in `metadata`; empty: all were.
#[utoipa::path(
    put,
    path = "/persons",
    operation_id = "onpremise_put_persons",
    tag = "OpenCV FR Server",
    request_body = PutPersonsSchema,
    responses(
        (status = 200, description = "Whoever was not enrolled", body = Vec<ErrorBody>),
        (status = 400, description = "A name that no collection can have (`ERR_INVALID_COLLECTION_NAME`)", body = ErrorBody),
        MissingFailures,
        CommonFailures
    ),
    security(("x-api-key" = []))
)]
pub(super) async fn put(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<PutPersons>,
) -> Result<Json<Vec<ErrorBody>>, ApiError> {
    let PutPersons {
        collection: name,
        keep,
        persons,
    } = request;
    let people = persons.into_iter().map(|one| one.into_enrolment(keep));
    let people = people.collect();
    let done = service::put_persons(&app, &owner.call, owner.client, &name, people).await;
    let failed = done.map_err(|error| match error {
        // Another dialect may have given a name that this one cannot.
        ServiceError::Store(store::StoreError::CollectionNotFound)
            if !collection::is_name(&name) =>
        {
            ApiError::invalid_collection_name()
        }
        error => error.into(),
    })?;
    Ok(Json(failed.into_iter().map(told).collect()))
}

fn told(BulkEntry { index, key, error }: BulkEntry) -> ErrorBody {
    let error = ApiError::from(error);
    // Whose face it is, where somebody else has it, goes first under that name.
    error
        .with("person_id", key)
        .with("index", index.to_string())
        .body
}

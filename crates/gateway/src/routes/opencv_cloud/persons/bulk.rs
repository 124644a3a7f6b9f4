//! `PATCH /opencv-fr/persons`.

use axum::{Json, extract::State};
use store::{ClientId, StoreError};
use utoipa::ToSchema;

use crate::routes::opencv::document as words;
use crate::routes::{
    opencv::body::{FromReader, Reader, one_of},
    opencv_cloud::{
        answers::Deleted,
        error::ApiError,
        extract::{Owner, Valid},
        failures::CommonFailures,
        kinds::person_id,
    },
};
use service::{App, AppState, ServiceError};

/// Most persons that one request deletes.
const MOST_PEOPLE: usize = 1000;

/// Persons, and what to do with them.
#[derive(Debug, ToSchema)]
#[schema(as = CloudBulk)]
pub(in crate::routes::opencv_cloud) struct Bulk {
    /// `DELETE`: there is no other.
    #[schema(value_type = words::CloudAction)]
    #[expect(dead_code, reason = "it only has to be there")]
    action: (),
    #[schema(value_type = Vec<words::PersonIdText>, inline, min_items = 1, max_items = 1000)]
    person_ids: Vec<String>,
}

impl FromReader for Bulk {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let action = reader.required("action", one_of(&["DELETE"], &[()]));
        let person_ids = reader.list("person_ids", (1, MOST_PEOPLE), person_id);
        Some(Self {
            action: action?,
            person_ids: person_ids?,
        })
    }
}

/// Deletes persons. An id that names nobody is left out of the answer: what was asked for is so already, and a request that
/// broke off can be sent again.
#[utoipa::path(
    patch,
    path = "/opencv-fr/persons",
    operation_id = "cloud_bulk_persons",
    tag = "opencv.fr",
    request_body = Bulk,
    responses((status = 200, description = "Who was deleted", body = Vec<Deleted>, headers(
            ("x-rostro-deletion-receipt" = Option<String>, description = "Where the database is encrypted: for each of the first eight who were deleted a signed receipt (compact JWS) of it. `rostro receipt verify` reads it.")
        )), CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn bulk(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<Bulk>,
) -> Result<Json<Vec<Deleted>>, ApiError> {
    let mut gone = Vec::new();
    for key in request.person_ids {
        match delete(&app, owner.client, &key).await {
            Ok(()) => gone.push(Deleted::new(key)),
            Err(ServiceError::Store(StoreError::PersonNotFound)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(gone))
}

async fn delete(app: &App, client: ClientId, key: &str) -> Result<(), ServiceError> {
    let person = service::person_of_key(app, client, key).await?;
    service::delete_person(app, client, person.id, None).await?;
    Ok(())
}

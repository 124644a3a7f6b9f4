//! Who is in a collection. A person who is taken out of the last one stays, and is found by searches in all of the account.

use std::slice::from_ref;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use store::{CollectionRef, StoreError};
use utoipa::ToSchema;

use crate::routes::opencv::document as words;
use crate::routes::{
    opencv::body::{FromReader, Reader},
    opencv_cloud::{
        error::ApiError,
        extract::{Owner, Valid},
        failures::{CommonFailures, ConflictFailures, MissingFailures},
        kinds::{code, collection, person_id},
        path::Ids,
    },
};
use service::{AppState, ServiceError};

/// Most persons that one request puts in, or takes out.
const MOST_PEOPLE: usize = 1000;

/// A person and a collection.
#[derive(Debug, ToSchema)]
#[schema(as = CloudAddPerson)]
pub(in crate::routes::opencv_cloud) struct AddPerson {
    #[schema(value_type = String, min_length = 36, max_length = 36)]
    collection_id: CollectionRef,
    #[schema(min_length = 1, max_length = 100)]
    person_id: String,
}

impl FromReader for AddPerson {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection_id = reader.required("collection_id", code);
        let person_id = reader.required("person_id", person_id);
        Some(Self {
            collection_id: collection_id?,
            person_id: person_id?,
        })
    }
}

/// A person and a collection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudMember)]
pub(in crate::routes::opencv_cloud) struct Member {
    collection_id: String,
    person_id: String,
}

/// Who joins a collection, and who leaves it.
#[derive(Debug, ToSchema)]
#[schema(as = CloudChangePeople)]
pub(in crate::routes::opencv_cloud) struct ChangePeople {
    #[schema(value_type = String, min_length = 36, max_length = 36)]
    collection_id: CollectionRef,
    #[schema(value_type = Option<Vec<words::PersonIdText>>, inline, max_items = 1000)]
    new_person_ids: Option<Vec<String>>,
    /// Who is in both lists stays.
    #[schema(value_type = Option<Vec<words::PersonIdText>>, inline, max_items = 1000)]
    removed_person_ids: Option<Vec<String>>,
}

impl FromReader for ChangePeople {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection_id = reader.required("collection_id", code);
        let ids = |name| reader.optional_list(name, (0, MOST_PEOPLE), person_id);
        let (new_person_ids, removed_person_ids) =
            (ids("new_person_ids"), ids("removed_person_ids"));
        Some(Self {
            collection_id: collection_id?,
            new_person_ids: new_person_ids?,
            removed_person_ids: removed_person_ids?,
        })
    }
}

/// The request once more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudChangedPeople)]
pub(in crate::routes::opencv_cloud) struct ChangedPeople {
    collection_id: String,
    new_person_ids: Option<Vec<String>>,
    removed_person_ids: Option<Vec<String>>,
}

/// Puts a person into a collection. One who is there already stays there.
#[utoipa::path(
    post,
    path = "/opencv-fr/collection/person",
    operation_id = "cloud_add_person_to_collection",
    tag = "opencv.fr",
    request_body = AddPerson,
    responses((status = 201, description = "The request once more", body = Member), MissingFailures, ConflictFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn add_person(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<AddPerson>,
) -> Result<(StatusCode, Json<Member>), ApiError> {
    let client = owner.client;
    let to = service::collection(&app, client, request.collection_id).await?;
    let joining = from_ref(&request.person_id);
    let joining = service::person_ids_of_keys(&app, client, joining).await?;
    service::change_people(&app, client, to.id.into(), joining, Vec::new()).await?;
    let member = Member {
        collection_id: to.code.to_string(),
        person_id: request.person_id,
    };
    Ok((StatusCode::CREATED, Json(member)))
}

/// Puts persons into a collection and takes others out, all or nothing.
///
/// Who is in it already, and who is not in it anyway, is no error; an id that names nobody is.
#[utoipa::path(
    patch,
    path = "/opencv-fr/collection/persons",
    operation_id = "cloud_change_persons_of_collection",
    tag = "opencv.fr",
    request_body = ChangePeople,
    responses((status = 200, description = "The request once more", body = ChangedPeople), MissingFailures, ConflictFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn change_people(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<ChangePeople>,
) -> Result<Json<ChangedPeople>, ApiError> {
    let client = owner.client;
    let which = service::collection(&app, client, request.collection_id).await?;
    let joining = request.new_person_ids.as_deref().unwrap_or_default();
    let joining = service::person_ids_of_keys(&app, client, joining).await?;
    let leaving = request.removed_person_ids.as_deref().unwrap_or_default();
    let leaving = service::person_ids_of_keys(&app, client, leaving).await?;
    service::change_people(&app, client, which.id.into(), joining, leaving).await?;
    Ok(Json(ChangedPeople {
        collection_id: which.code.to_string(),
        new_person_ids: request.new_person_ids,
        removed_person_ids: request.removed_person_ids,
    }))
}

/// Takes a person out of a collection. One who is not in it is `ERR_NOT_FOUND`.
#[utoipa::path(
    delete,
    path = "/opencv-fr/collection/person/{collection_id}/{person_id}",
    operation_id = "cloud_remove_person_from_collection",
    tag = "opencv.fr",
    params(
        ("collection_id" = String, Path, description = "36 characters"),
        ("person_id" = String, Path, description = "The person"),
    ),
    responses((status = 200, description = "Who was taken out of what", body = Member), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn remove_person(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<2>,
) -> Result<Json<Member>, ApiError> {
    let [collection_id, person_id] = ids;
    let (client, from) = (owner.client, collection(&collection_id));
    let leaving = service::person_ids_of_keys(&app, client, from_ref(&person_id)).await?;
    let left = service::change_people(&app, client, from, Vec::new(), leaving).await?;
    if left.is_empty() {
        return Err(ServiceError::from(StoreError::NotAMember).into());
    }
    Ok(Json(Member {
        collection_id,
        person_id,
    }))
}

//! `PUT /person`.

use axum::{Json, extract::State};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    error::{ApiError, ErrorBody},
    extract::{Owner, Valid},
    failures::{CommonFailures, FaceFailures, LivenessFailures, MissingFailures},
    fields,
    object::PersonObject,
    scale,
};
use crate::routes::{
    headers::LookAlikeHeader,
    opencv::body::{FromReader, Reader, picture},
};
use service::{AppState, Duplicates, Enrolment, Keep, PictureSource, person_key};

/// A person to enrol, or to update.
#[derive(Debug)]
pub(super) struct PutPerson {
    collection: String,
    person: PersonFields,
    keep: Keep,
    duplicates: Duplicates,
    liveness: bool,
}

/// What a request says of one person.
#[derive(Debug)]
pub(super) struct PersonFields {
    id: String,
    name: String,
    picture: PictureSource,
    metadata: Map<String, Value>,
}

/// A person to enrol, or to update.
#[derive(ToSchema)]
#[schema(as = OnPremisePutPerson)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct PutPersonSchema {
    /// It must be there.
    #[schema(example = "MyCollection")]
    collection_name: String,
    /// The caller's own id; case counts. Whoever has it is updated.
    #[schema(example = "F12345", min_length = 1, max_length = 300)]
    person_id: String,
    #[schema(example = "John Doe", min_length = 1, max_length = 300)]
    person_name: String,
    /// A picture in base64. Of several faces the largest counts, or none with `check_liveness`.
    face_base_64: String,
    /// `NoStorage`: no picture is kept; `StoreThumbnails`: the face; `StoreFullImage`: the picture as it came.
    #[schema(value_type = crate::routes::opencv::document::OnPremiseStorage)]
    face_storage_type: String,
    /// The caller's own data: at most 100 texts, 16 KiB in all.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    metadata: Option<Value>,
    /// Refuse a face that somebody else in the collection has.
    #[schema(default = false)]
    check_duplicates: Option<bool>,
    /// From which score on that is so.
    #[schema(default = 0.7, minimum = 0, maximum = 1)]
    duplicate_check_min_similarity: Option<f64>,
    /// Refuse a face that is not live, or not taken well enough to tell.
    #[schema(default = false)]
    check_liveness: Option<bool>,
}

impl PersonFields {
    /// The fields of one person.
    pub(super) fn read(reader: &Reader<'_, '_>) -> Option<Self> {
        let (id, name) = (fields::person_id(reader), fields::person_name(reader));
        let picture = reader.required("face_base_64", picture);
        let metadata = fields::metadata(reader);
        Some(Self {
            id: id?,
            name: name?,
            picture: picture?,
            metadata: metadata?,
        })
    }

    /// What is to be enrolled, without any check.
    pub(super) fn into_enrolment(self, keep: Keep) -> Enrolment {
        Enrolment {
            key: self.id,
            name: self.name,
            metadata: self.metadata,
            picture: self.picture,
            keep,
            duplicates: Duplicates::Allowed,
            gate: None,
        }
    }
}

impl FromReader for PutPerson {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection = fields::collection_name(reader);
        let person = PersonFields::read(reader);
        let keep = fields::storage_type(reader);
        let duplicates = fields::duplicates(reader);
        let liveness = fields::check_liveness(reader);
        Some(Self {
            collection: collection?,
            person: person?,
            keep: keep?,
            duplicates: duplicates?,
            liveness: liveness?,
        })
    }
}

/// Enrols a person, or updates the one who has the id.
///
/// The id is known in the whole account. Whoever has it in another collection is put into this one too, if the face is the same;
/// another face is `ERR_ALREADY_EXISTS`.
#[utoipa::path(
    put,
    path = "/person",
    operation_id = "onpremise_put_person",
    tag = "OpenCV FR Server",
    request_body = PutPersonSchema,
    responses(
        (status = 200, description = "The person", body = PersonObject),
        (status = 409, description = "Somebody else in the collection has the face, who is in `metadata.person_id`, or somebody \
                                      in another collection has the id (`ERR_ALREADY_EXISTS`)", body = ErrorBody),
        FaceFailures, LivenessFailures, MissingFailures, CommonFailures
    ),
    security(("x-api-key" = []))
)]
pub(super) async fn put(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<PutPerson>,
) -> Result<(LookAlikeHeader, Json<PersonObject>), ApiError> {
    let new = Enrolment {
        duplicates: request.duplicates,
        gate: fields::gate(request.liveness, &app.config),
        ..request.person.into_enrolment(request.keep)
    };
    let (call, client) = (&owner.call, owner.client);
    let enrolled = service::put_person(&app, call, client, &request.collection, new).await?;
    let near = enrolled.look_alikes.iter();
    let near = near.map(|one| (person_key(&one.person), scale::shown(one.score)));
    let person = PersonObject::one(&app, client, &enrolled.person).await?;
    Ok((LookAlikeHeader(near.collect()), Json(person)))
}

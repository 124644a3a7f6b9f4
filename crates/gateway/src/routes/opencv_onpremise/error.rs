//! Errors of this dialect: `{"code", "message"}` and, where there is detail, `metadata`, with the statuses and constants of the
//! contract. Each domain error is mapped here and nowhere else; what a client must not see is logged here.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use gallery::GalleryError;
use inference::{CaptureFault, DecodeError, EngineError, FaceError, Finding};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use service::{
    PictureError, ServiceError, auth::KeyError, limits::Wait, observe::rejected, person_key,
    warnings,
};

use crate::routes::{Refusal, faults, opencv::body::BodyError};

/// The body of every error.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OnPremiseError)]
pub(crate) struct ErrorBody {
    /// The kind of error.
    #[schema(example = "ERR_NOT_FOUND")]
    pub(super) code: &'static str,
    /// The same in words.
    #[schema(example = "The requested entity could not be found.")]
    pub(super) message: Cow<'static, str>,
    /// Detail, where there is any: `code` of a liveness error, `person_id` of whoever is there already.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) metadata: BTreeMap<&'static str, String>,
}

/// An error as this dialect answers it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) body: ErrorBody,
    /// When to try again.
    pub(super) retry_after: Option<Wait>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            body: ErrorBody {
                code,
                message: message.into(),
                metadata: BTreeMap::new(),
            },
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Wait::A_SECOND),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.body.metadata.insert(name, value.into());
        self
    }

    pub(super) fn invalid_collection_name() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ERR_INVALID_COLLECTION_NAME",
            "Collection names can only contain alphanumeric characters, underscores, hyphens, and periods.",
        )
    }

    fn key_not_valid() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ERR_API_KEY_NOT_VALID",
            "The API key is not valid.",
        )
    }

    fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ERR_NOT_FOUND",
            "The requested entity could not be found.",
        )
    }

    pub(super) fn already_exists() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "ERR_ALREADY_EXISTS",
            "Another entity already exists with the same ID.",
        )
    }

    /// `code`: what liveness found wrong.
    fn liveness(code: &'static str) -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "ERR_LIVENESS_ERROR",
            "A liveness error occurred. Please check the supplied image and the error metadata.",
        )
        .with("code", code)
    }

    fn not_a_picture() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
            "The posted Base64 image(s) could not be decoded as JPEG/PNG bytes.",
        )
    }

    fn unprocessable(why: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "ERR_UNPROCESSABLE_CONTENT",
            format!("Invalid request: {why}"),
        )
    }

    fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "ERR_PAYLOAD_IS_TOO_LARGE",
            "The request sent is too big. Please try reducing the size of image(s)/data.",
        )
    }

    /// 503 where it may work later: the message says so. 500 where it will not.
    fn database(status: StatusCode) -> Self {
        Self::new(
            status,
            "ERR_DATABASE_ERROR",
            "An error occurred while connecting with the database, please retry your request later.",
        )
    }

    // The contract has no code for these.
    fn busy(message: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ERR_SERVER_BUSY", message)
    }

    fn too_many_requests(wait: Wait) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "ERR_TOO_MANY_REQUESTS",
                "Too many requests, please retry your request later.",
            )
        }
    }

    fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ERR_INTERNAL_ERROR",
            "An internal error occurred.",
        )
    }

    /// Counts this refusal in the metrics, under its code.
    fn counted(self) -> Self {
        rejected(self.body.code);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry = self
            .retry_after
            .map(|wait| [(header::RETRY_AFTER, wait.seconds().to_string())]);
        (self.status, retry, Json(self.body)).into_response()
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Missing => Self::new(
                StatusCode::UNAUTHORIZED,
                "ERR_API_KEY_NOT_PRESENT",
                "The API key is missing from the request.",
            ),
            KeyError::NotValid | KeyError::Disabled => Self::key_not_valid(),
            KeyError::StoreUnavailable => Self::database(StatusCode::SERVICE_UNAVAILABLE),
            KeyError::TooManyRequests(wait) => Self::too_many_requests(wait),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::MethodNotAllowed => Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "ERR_METHOD_NOT_ALLOWED",
                "The method is not allowed for this path.",
            ),
            Refusal::BadRequest(status) => Self {
                status,
                ..Self::unprocessable("it could not be read")
            },
            Refusal::TooLarge => Self::too_large(),
            Refusal::Busy => Self::busy("The server is busy, please retry your request later."),
            Refusal::TooManyRequests(wait) => Self::too_many_requests(wait),
            Refusal::Timeout => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "ERR_REQUEST_TIMEOUT",
                "The request took too long.",
            ),
            Refusal::Internal => Self::internal(),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::too_large(),
            BodyError::Unreadable
            | BodyError::Syntax { .. }
            | BodyError::NotAnObject
            | BodyError::Faults(_) => Self::unprocessable(error),
        }
        .counted()
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Picture { fault, .. } => picture(fault, Self::no_face()),
            ServiceError::Engine(error) => error.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Gallery(error) => error.into(),
            ServiceError::DuplicatedPerson => Self::already_exists(),
            ServiceError::KnownFace(person) => {
                Self::already_exists().with("person_id", person_key(&person))
            }
            ServiceError::LivenessFailed(_) => Self::liveness("FACE_NOT_LIVE"),
            ServiceError::LivenessQuality(fault) => {
                picture(fault, Self::liveness("FACE_NOT_FOUND"))
            }
        }
        .counted()
    }
}

impl ApiError {
    fn no_face() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ERR_FACE_NOT_DETECTED",
            "A face could not be detected in the image(s).",
        )
    }
}

/// Has the figures of a refusal told in the answer's header: the body has no place for them.
fn refused(finding: Finding) -> CaptureFault {
    warnings::tell(&[finding]);
    finding.fault
}

/// `no_face`: what a picture without a face is told.
fn picture(fault: PictureError, no_face: ApiError) -> ApiError {
    match fault {
        PictureError::Face(FaceError::Decode(DecodeError::NoMemory)) => Refusal::Busy.into(),
        PictureError::NotBase64
        | PictureError::Fetch(_)
        | PictureError::Face(FaceError::Decode(_)) => ApiError::not_a_picture(),
        PictureError::Face(FaceError::NoFace) => no_face,
        PictureError::Face(FaceError::MultipleFaces(_)) => ApiError::liveness("TOO_MANY_FACES"),
        PictureError::Face(FaceError::TooSmall { .. }) => ApiError::liveness("FACE_TOO_SMALL"),
        // The vocabulary has no other word for "not installed here".
        PictureError::Face(FaceError::NoLivenessModel) => ApiError::liveness("LICENSE_ERROR"),
        PictureError::Face(FaceError::Inference(reason)) => {
            tracing::error!(reason, "inference failed");
            match no_face.status {
                StatusCode::PRECONDITION_FAILED => ApiError::liveness("UNKNOWN_ERROR"),
                _ => ApiError::internal(),
            }
        }
        PictureError::Capture(finding) => ApiError::liveness(match refused(finding) {
            CaptureFault::SeveralFaces => "TOO_MANY_FACES",
            CaptureFault::Cropped => "FACE_CROPPED",
            CaptureFault::TooClose => "FACE_TOO_CLOSE",
            CaptureFault::CloseToBorder => "FACE_CLOSE_TO_BORDER",
            CaptureFault::TooSmall => "FACE_TOO_SMALL",
            CaptureFault::AngleTooLarge => "FACE_ANGLE_TOO_LARGE",
            CaptureFault::Occluded => "FACE_IS_OCCLUDED",
            CaptureFault::EyesClosed => "EYES_CLOSED",
            // The vocabulary has no words for light and focus.
            CaptureFault::Blurred
            | CaptureFault::TooDark
            | CaptureFault::TooBright
            | CaptureFault::UnevenLight => "UNKNOWN_ERROR",
        }),
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Busy => Refusal::Busy.into(),
            EngineError::Stopped => Self::busy("The server is stopping."),
            EngineError::TooLong => {
                service::observe::rejected("job_time");
                Refusal::Timeout.into()
            }
            EngineError::Panicked => {
                faults::job_panicked();
                Self::internal()
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::CollectionNotFound
            | StoreError::PersonNotFound
            | StoreError::FaceNotFound
            | StoreError::NotAMember => Self::not_found(),
            StoreError::CollectionNameTaken
            | StoreError::ExternalIdTaken
            | StoreError::PersonAlreadySet(_) => Self::already_exists(),
            StoreError::InvalidValue(_) => Self::unprocessable("a text contains an invalid value"),
            // The account went away while the request was on its way.
            StoreError::ClientNotFound => Self::key_not_valid(),
            StoreError::Unavailable(_) | StoreError::Contended(_) => {
                faults::database_away(&error);
                Self::database(StatusCode::SERVICE_UNAVAILABLE)
            }
            other => {
                faults::database_failed(&other);
                Self::database(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

impl From<GalleryError> for ApiError {
    fn from(error: GalleryError) -> Self {
        match error {
            GalleryError::Loading => Self::busy("The search is being loaded."),
            GalleryError::Behind => Self::busy("The search is behind the database."),
            GalleryError::Stopped => Self::busy("The server is stopping."),
            GalleryError::Options(_) | GalleryError::WrongModel => {
                faults::search_failed(&error);
                Self::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests;

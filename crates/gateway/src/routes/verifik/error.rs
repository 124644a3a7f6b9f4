//! Errors of this dialect: `{"message", "code"}` with the statuses and constants of the contract. Each domain error is
//! mapped here and nowhere else; what a client must not see is logged here.

mod account;

use std::borrow::Cow;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use gallery::GalleryError;
use inference::{CaptureFault, DecodeError, EngineError, FaceError};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use super::{
    body::{BodyError, Invalid},
    envelope::Signature,
    persons::PersonCard,
};
use crate::routes::{Refusal, faults};
use service::{
    Part, PictureError, ServiceError, auth::AuthError, config::ExpiredToken, fetch::FetchError,
    limits::Wait, observe::rejected, warnings,
};

/// The body of every error.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What happened: a token such as `only_images_in_base64`, or a sentence.
    #[schema(example = "\"os\" is required")]
    pub message: Cow<'static, str>,
    /// The kind of error.
    #[schema(example = "MissingParameter")]
    pub code: &'static str,
    /// Extension: which picture of the request it is about, `image`, `probe` or `gallery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// On the account routes: the status once more, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// On the session routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Box<Signature>>,
    /// With `person_already_set`: the person who is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<PersonCard>>,
}

/// An error as this dialect answers it.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// What is sent.
    pub body: ErrorBody,
    /// When to try again.
    pub retry_after: Option<Wait>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            body: ErrorBody {
                message: message.into(),
                code,
                field: None,
                error: None,
                signature: None,
                data: None,
            },
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Wait::A_SECOND),
        }
    }

    /// The caller asks for more than it may.
    #[must_use]
    pub fn too_many_requests(wait: Option<Wait>) -> Self {
        Self {
            retry_after: wait,
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "too_many_requests",
            )
        }
    }

    /// No such route.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "not_found")
    }

    /// The route exists, but not for this method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "method_not_allowed",
        )
    }

    /// The framework could not make sense of the request.
    #[must_use]
    pub fn bad_request(status: StatusCode) -> Self {
        Self::new(status, "BadRequest", "bad_request")
    }

    /// The body is larger than the server takes.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLarge",
            "request_too_large",
        )
    }

    /// The request took longer than the server allows.
    #[must_use]
    pub fn timeout() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", "request_timeout")
    }

    /// A fault of this server.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "ERROR", "internal_error")
    }

    /// Too much to do, or a part is away: worth trying again.
    #[must_use]
    pub fn unavailable(message: &'static str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            message,
        )
    }

    /// What a query lacks.
    #[must_use]
    pub fn missing_parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "MissingParameter", message).counted()
    }

    /// What a token that does not open the door is told.
    #[must_use]
    pub fn from_auth(error: AuthError, expired: ExpiredToken) -> Self {
        match error {
            AuthError::Missing => Self::new(
                StatusCode::UNAUTHORIZED,
                "UNAUTHORIZED",
                "Authentication required",
            ),
            // Web clients end the session when they read `invalid_token`.
            AuthError::Malformed
            | AuthError::BadSignature
            | AuthError::Revoked
            | AuthError::UnknownClient => {
                Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "invalid_token")
            }
            AuthError::Expired => match expired {
                ExpiredToken::Client => {
                    Self::new(StatusCode::FORBIDDEN, "Forbidden", "expired_token")
                }
                ExpiredToken::Docs => {
                    Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", "token_expired")
                }
            },
            AuthError::Disabled | AuthError::ForeignToken => {
                Self::new(StatusCode::FORBIDDEN, "Forbidden", "Access forbidden")
            }
            AuthError::StoreUnavailable => Self::unavailable("database_unavailable"),
            AuthError::KeysUnavailable => Self::unavailable("identity_provider_unavailable"),
            AuthError::TooManyRequests(wait) => Self::too_many_requests(Some(wait)),
        }
    }

    /// Counts this refusal in the metrics, under its token or code.
    fn counted(self) -> Self {
        let reason = match &self.body.message {
            Cow::Borrowed(token) if self.body.code == "ERROR" => token,
            _ => self.body.code,
        };
        rejected(reason);
        self
    }

    fn about(mut self, part: Part) -> Self {
        self.body.field = Some(match part {
            Part::Image => "image",
            Part::Probe => "probe",
            Part::Gallery => "gallery",
        });
        self
    }

    fn precondition(token: &'static str) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "ERROR", token)
    }

    fn quality(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
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

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::MethodNotAllowed => Self::method_not_allowed(),
            Refusal::BadRequest(status) => Self::bad_request(status),
            Refusal::TooLarge => Self::too_large(),
            Refusal::Busy => Self::unavailable("server_busy"),
            Refusal::TooManyRequests(wait) => Self::too_many_requests(Some(wait)),
            Refusal::Timeout => Self::timeout(),
            Refusal::Internal => Self::internal(),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let refusal = match error {
            BodyError::Invalid(invalid) => return invalid.into(),
            BodyError::TooLarge => Self::too_large(),
            BodyError::Unreadable | BodyError::Syntax { .. } | BodyError::NotAnObject => {
                Self::new(StatusCode::BAD_REQUEST, "BadRequest", error.to_string())
            }
        };
        refusal.counted()
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::missing_parameter(invalid.to_string())
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        let refusal = match error {
            ServiceError::Picture { part, fault } => Self::from(fault).about(part),
            ServiceError::Engine(error) => error.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Gallery(error) => error.into(),
            // These three carry their status in the message: clients look for it there.
            ServiceError::DuplicatedPerson | ServiceError::KnownFace(_) => {
                Self::new(StatusCode::CONFLICT, "ERROR", "409:duplicated_person")
            }
            ServiceError::LivenessFailed(score) => {
                let message = format!("409:liveness_failed@{}", score.rounded());
                Self::new(StatusCode::CONFLICT, "ERROR", message)
            }
            ServiceError::LivenessQuality(fault) => match Self::from(fault) {
                fault if fault.status == StatusCode::UNPROCESSABLE_ENTITY => {
                    let message = format!("409:liveness_quality@{}", fault.body.code);
                    Self::new(StatusCode::CONFLICT, "ERROR", message)
                }
                other => other,
            },
        };
        refusal.counted()
    }
}

impl From<PictureError> for ApiError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::NotBase64 => Self::precondition("only_images_in_base64"),
            PictureError::Fetch(error) => error.into(),
            PictureError::Face(error) => error.into(),
            PictureError::Capture(finding) => {
                // The body has no place for the figures: the answer's header tells them.
                warnings::tell(&[finding]);
                finding.fault.into()
            }
        }
    }
}

impl From<FetchError> for ApiError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::InsecureScheme | FetchError::Unsupported => {
                Self::new(StatusCode::CONFLICT, "ERROR", "insecure_image_url")
            }
            FetchError::Disabled | FetchError::NotAPicture => {
                Self::precondition("only_images_in_base64")
            }
            // One answer for all of these: what is reachable from here is nothing to tell a client.
            FetchError::Busy => Self::unavailable("server_busy"),
            FetchError::InvalidUrl
            | FetchError::Forbidden
            | FetchError::Unresolved
            | FetchError::Unreachable
            | FetchError::Status(_)
            | FetchError::TooManyRedirects
            | FetchError::TooLarge(_)
            | FetchError::TimedOut => Self::precondition("could_not_fetch_image"),
        }
    }
}

impl From<DecodeError> for ApiError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Empty
            | DecodeError::TooManyBytes { .. }
            | DecodeError::TooManyPixels { .. }
            | DecodeError::UnknownFormat
            | DecodeError::Truncated
            | DecodeError::Corrupt => Self::precondition("only_images_in_base64"),
            DecodeError::NoMemory | DecodeError::Interrupted => {
                service::observe::rejected("no_memory");
                Self::unavailable("server_busy")
            }
        }
    }
}

impl From<FaceError> for ApiError {
    fn from(error: FaceError) -> Self {
        match error {
            FaceError::Decode(error) => error.into(),
            FaceError::NoFace => {
                Self::quality("ERR_NO_FACE_DETECTED", "No face was found in the image")
            }
            // These words are what one of the clients looks for.
            FaceError::MultipleFaces(_) => Self::quality(
                "ERR_MULTIPLE_FACES_DETECTED",
                "The image has more than one face",
            ),
            FaceError::TooSmall { .. } => CaptureFault::TooSmall.into(),
            FaceError::NoLivenessModel => Self::new(
                StatusCode::NOT_IMPLEMENTED,
                "LIVENESS_CHECK_FAILED",
                "liveness_error",
            ),
            FaceError::Inference(reason) => {
                tracing::error!(reason, "inference failed");
                Self::internal()
            }
        }
    }
}

impl From<CaptureFault> for ApiError {
    fn from(fault: CaptureFault) -> Self {
        // `invalid` and `liveness` are what one of the clients looks for.
        let (code, message) = match fault {
            CaptureFault::SeveralFaces => (
                "ERR_MULTIPLE_FACES_DETECTED",
                "The image has more than one face",
            ),
            CaptureFault::Cropped => (
                "ERR_LIVENESS_FACE_CLOSE_TO_BORDER",
                "Image is invalid for checking liveness: the face is cut off",
            ),
            CaptureFault::TooClose => (
                "ERR_LIVENESS_FACE_CLOSE_TO_BORDER",
                "Image is invalid for checking liveness: the face is too close to the camera",
            ),
            CaptureFault::CloseToBorder => (
                "ERR_LIVENESS_FACE_CLOSE_TO_BORDER",
                "Image is invalid for checking liveness: the face is too close to the border",
            ),
            CaptureFault::TooSmall => (
                "ERR_LIVENESS_FACE_TOO_SMALL",
                "Image is invalid for checking liveness: the face is too small",
            ),
            CaptureFault::AngleTooLarge => (
                "ERR_LIVENESS_FACE_ANGLE_TOO_LARGE",
                "Image is invalid for checking liveness: the head is turned too far",
            ),
            CaptureFault::Occluded => (
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the face is covered",
            ),
            CaptureFault::EyesClosed => (
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the eyes are closed",
            ),
            CaptureFault::Blurred => (
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the face is blurred",
            ),
            CaptureFault::TooDark => (
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the face is too dark",
            ),
            CaptureFault::TooBright => (
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the face is too bright",
            ),
            CaptureFault::UnevenLight => (
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the face is lit from one side",
            ),
        };
        Self::quality(code, message)
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Busy => {
                service::observe::rejected("inference_queue_full");
                Self::unavailable("server_busy")
            }
            EngineError::Stopped => Self::unavailable("server_stopping"),
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
            StoreError::CollectionNotFound => {
                Self::new(StatusCode::NOT_FOUND, "ERROR", "invalid_collection")
            }
            StoreError::PersonAlreadySet(person) => {
                let (status, code) = (StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
                let mut refusal = Self::new(status, code, "person_already_set");
                refusal.body.data = Some(Box::new(PersonCard::from(*person)));
                refusal
            }
            // The account went away while the request was on its way.
            StoreError::ClientNotFound => {
                Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "invalid_token")
            }
            StoreError::InvalidValue(_) => Self::new(
                StatusCode::CONFLICT,
                "MissingParameter",
                "a text contains an invalid value",
            ),
            StoreError::PersonNotFound | StoreError::NotAMember => {
                Self::new(StatusCode::NOT_FOUND, "NotFound", "person_not_found")
            }
            StoreError::Unavailable(_) | StoreError::Contended(_) => {
                faults::database_away(&error);
                Self::unavailable("database_unavailable")
            }
            other => {
                faults::database_failed(&other);
                Self::internal()
            }
        }
    }
}

impl From<GalleryError> for ApiError {
    fn from(error: GalleryError) -> Self {
        match error {
            GalleryError::Loading => Self::unavailable("search_loading"),
            GalleryError::Behind => Self::unavailable("search_behind"),
            GalleryError::Stopped => Self::unavailable("server_stopping"),
            GalleryError::Options(_) | GalleryError::WrongModel => {
                faults::search_failed(&error);
                Self::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests;

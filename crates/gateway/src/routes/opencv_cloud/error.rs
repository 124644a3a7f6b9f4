//! Errors of this dialect: `{"code", "message"}`, and for fields that break a rule FastAPI's `{"detail": [...]}`. Each domain error
//! is mapped here and nowhere else; what a client must not see is logged here.
//!
//! The contract names only few codes. The others are of the same family (the on-premise product's, and Zelf's).

use std::borrow::Cow;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use gallery::GalleryError;
use inference::{CaptureFault, DecodeError, EngineError, FaceError};
use serde::Serialize;
use serde_json::{Value, json};
use store::StoreError;
use utoipa::ToSchema;

use service::{
    PictureError, ServiceError, auth::KeyError, limits::Wait, observe::rejected, warnings,
};

use crate::routes::{
    Refusal, faults,
    opencv::body::{BodyError, Fault, Rule, Step},
};

/// The body of every error but those of fields. Clients insist on both.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CloudError)]
pub(crate) struct ErrorBody {
    /// The kind of error.
    #[schema(example = "ERR_INVALID_API_KEY")]
    pub(super) code: &'static str,
    /// The same in words.
    pub(super) message: Cow<'static, str>,
}

/// Fields that break a rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CloudInvalid)]
pub(crate) struct InvalidBody {
    /// All of them.
    pub(super) detail: Vec<InvalidField>,
}

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CloudInvalidField)]
pub(crate) struct InvalidField {
    /// The way to it: `body` or `query`, then names and indexes.
    loc: Vec<Value>,
    /// The rule, in words.
    msg: String,
    /// The rule.
    #[serde(rename = "type")]
    kind: &'static str,
}

/// An error as this dialect answers it.
#[derive(Debug, Clone)]
pub(crate) enum ApiError {
    /// Everything but fields.
    Plain {
        /// HTTP status.
        status: StatusCode,
        /// What is sent.
        body: ErrorBody,
        /// When to try again.
        retry_after: Option<Wait>,
    },
    /// Fields.
    Invalid(InvalidBody),
}

impl ApiError {
    /// The parameter of the path names more than `most`.
    pub(super) fn too_many_in_path(parameter: &'static str, most: usize) -> Self {
        let (msg, kind) = (
            format!("List should have at most {most} items after validation"),
            "too_long",
        );
        let loc = vec![json!("path"), json!(parameter)];
        Self::Invalid(InvalidBody {
            detail: vec![InvalidField { loc, msg, kind }],
        })
        .counted()
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self::Plain {
            status,
            body: ErrorBody { code, message },
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Wait::A_SECOND),
        }
    }

    /// A text that the database cannot hold, wherever in the request it is.
    fn invalid_text() -> Self {
        let (msg, kind) = ("a text contains an invalid value".to_owned(), "value_error");
        let loc = vec![json!("body")];
        Self::Invalid(InvalidBody {
            detail: vec![InvalidField { loc, msg, kind }],
        })
    }

    fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ERR_NOT_FOUND",
            "The requested entity could not be found.",
        )
    }

    fn already_exists() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "ERR_ALREADY_EXISTS",
            "Another entity already exists with the same ID.",
        )
    }

    fn key_not_valid() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ERR_INVALID_API_KEY",
            "The API key is not valid.",
        )
    }

    fn bad_request(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "ERR_PAYLOAD_IS_TOO_LARGE",
            "The request sent is too big. Please try reducing the size of image(s)/data.",
        )
    }

    fn unavailable(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ERR_INTERNAL_ERROR",
            "An internal error occurred.",
        )
    }

    fn counted(self) -> Self {
        rejected(match &self {
            Self::Plain { body, .. } => body.code,
            Self::Invalid(_) => "ERR_UNPROCESSABLE_CONTENT",
        });
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(body) => (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response(),
            Self::Plain {
                status,
                body,
                retry_after,
            } => {
                let retry =
                    retry_after.map(|wait| [(header::RETRY_AFTER, wait.seconds().to_string())]);
                (status, retry, Json(body)).into_response()
            }
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Missing => Self::new(
                StatusCode::UNAUTHORIZED,
                "ERR_INVALID_API_KEY",
                "The API key is missing from the request.",
            ),
            KeyError::NotValid | KeyError::Disabled => Self::key_not_valid(),
            KeyError::StoreUnavailable => database(),
            KeyError::TooManyRequests(wait) => too_many_requests(wait),
        }
    }
}

fn too_many_requests(wait: Wait) -> ApiError {
    ApiError::Plain {
        status: StatusCode::TOO_MANY_REQUESTS,
        body: ErrorBody {
            code: "ERR_TOO_MANY_REQUESTS",
            message: "Too many requests, please retry your request later.".into(),
        },
        retry_after: Some(wait),
    }
}

fn database() -> ApiError {
    ApiError::unavailable(
        "ERR_DATABASE_ERROR",
        "An error occurred while connecting with the database, please retry your request later.",
    )
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
            Refusal::BadRequest(status) => Self::new(
                status,
                "ERR_UNPROCESSABLE_CONTENT",
                "Invalid request: it could not be read",
            ),
            Refusal::TooLarge => Self::too_large(),
            Refusal::Busy => Self::unavailable(
                "ERR_SERVER_BUSY",
                "The server is busy, please retry your request later.",
            ),
            Refusal::TooManyRequests(wait) => too_many_requests(wait),
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
        let whole = |msg: String, kind| {
            let loc = vec![json!("body")];
            Self::Invalid(InvalidBody {
                detail: vec![InvalidField { loc, msg, kind }],
            })
        };
        match error {
            BodyError::TooLarge => Self::too_large(),
            BodyError::Unreadable | BodyError::Syntax { .. } => {
                whole(format!("JSON decode error: {error}"), "json_invalid")
            }
            BodyError::NotAnObject => {
                whole("Input should be a valid dictionary".to_owned(), "dict_type")
            }
            BodyError::Faults(faults) => Self::Invalid(InvalidBody {
                detail: faults.iter().map(InvalidField::from).collect(),
            }),
        }
        .counted()
    }
}

/// In the words of pydantic, which clients print.
impl From<&Fault> for InvalidField {
    fn from(fault: &Fault) -> Self {
        let steps = fault.path.iter().map(|step| match step {
            Step::Field(name) => json!(name),
            Step::Item(index) => json!(index),
        });
        let mut loc = vec![json!(fault.place.name())];
        loc.extend(steps);
        let plain = |msg: &str, kind| (msg.to_owned(), kind);
        let (msg, kind) = match &fault.rule {
            Rule::Required => plain("Field required", "missing"),
            Rule::Text => plain("Input should be a valid string", "string_type"),
            Rule::Number => plain("Input should be a valid number", "float_type"),
            Rule::Integer => plain("Input should be a valid integer", "int_type"),
            Rule::Boolean => plain("Input should be a valid boolean", "bool_type"),
            Rule::List => plain("Input should be a valid list", "list_type"),
            Rule::Object => plain("Input should be a valid dictionary", "dict_type"),
            Rule::Day => plain(
                "Input should be a valid date in the format YYYY-MM-DD",
                "date_from_datetime_parsing",
            ),
            Rule::Shorter(least) => (
                format!("String should have at least {least} characters"),
                "string_too_short",
            ),
            Rule::Longer(most) => (
                format!("String should have at most {most} characters"),
                "string_too_long",
            ),
            Rule::TooFew(least) => (
                format!("List should have at least {least} items after validation"),
                "too_short",
            ),
            Rule::TooMany(most) => (
                format!("List should have at most {most} items after validation"),
                "too_long",
            ),
            Rule::Below(least) => (
                format!("Input should be greater than or equal to {least}"),
                "greater_than_equal",
            ),
            Rule::Above(most) => (
                format!("Input should be less than or equal to {most}"),
                "less_than_equal",
            ),
            Rule::AtMost(least) => (
                format!("Input should be greater than {least}"),
                "greater_than",
            ),
            Rule::AtLeast(most) => (format!("Input should be less than {most}"), "less_than"),
            Rule::OneOf(names) => (format!("Input should be {}", listed(names)), "enum"),
        };
        Self { loc, msg, kind }
    }
}

/// `'A', 'B' or 'C'`
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Picture { fault, .. } | ServiceError::LivenessQuality(fault) => {
                fault.into()
            }
            ServiceError::Engine(error) => error.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Gallery(error) => error.into(),
            ServiceError::DuplicatedPerson | ServiceError::KnownFace(_) => Self::already_exists(),
            ServiceError::LivenessFailed(_) => liveness("the face is not live"),
        }
        .counted()
    }
}

fn liveness(why: &'static str) -> ApiError {
    let message = format!("A liveness error occurred: {why}.");
    ApiError::new(StatusCode::BAD_REQUEST, "ERR_LIVENESS_ERROR", message)
}

impl From<PictureError> for ApiError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Face(FaceError::Decode(DecodeError::NoMemory)) => Refusal::Busy.into(),
            PictureError::NotBase64
            | PictureError::Fetch(_)
            | PictureError::Face(FaceError::Decode(_)) => Self::bad_request(
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                "The posted Base64 image(s) could not be decoded.",
            ),
            PictureError::Face(FaceError::NoFace) => Self::bad_request(
                "ERR_FACE_NOT_DETECTED",
                "A face could not be detected in the image(s).",
            ),
            PictureError::Face(FaceError::MultipleFaces(_)) => Self::bad_request(
                "ERR_MULTIPLE_FACES_DETECTED",
                "More than one face was detected in an image.",
            ),
            PictureError::Face(FaceError::TooSmall { .. }) => liveness("the face is too small"),
            PictureError::Face(FaceError::NoLivenessModel) => Self::new(
                StatusCode::FORBIDDEN,
                "ERR_RESTRICTED_API",
                "Liveness is not installed on this server.",
            ),
            PictureError::Face(FaceError::Inference(reason)) => {
                tracing::error!(reason, "inference failed");
                Self::internal()
            }
            PictureError::Capture(finding) => {
                // The body has no place for the figures: the answer's header tells them.
                warnings::tell(&[finding]);
                liveness(why(finding.fault))
            }
        }
    }
}

/// What is wrong with how a face was taken, in words.
fn why(fault: CaptureFault) -> &'static str {
    match fault {
        CaptureFault::SeveralFaces => "there are several faces",
        CaptureFault::Cropped => "the face is cropped",
        CaptureFault::TooClose => "the face is too close to the camera",
        CaptureFault::CloseToBorder => "the face is too close to the border",
        CaptureFault::TooSmall => "the face is too small",
        CaptureFault::AngleTooLarge => "the head is turned too far",
        CaptureFault::Occluded => "the face is covered",
        CaptureFault::EyesClosed => "the eyes are closed",
        CaptureFault::Blurred => "the face is blurred",
        CaptureFault::TooDark => "the face is too dark",
        CaptureFault::TooBright => "the face is too bright",
        CaptureFault::UnevenLight => "the face is lit from one side",
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Busy => Refusal::Busy.into(),
            EngineError::Stopped => Self::unavailable("ERR_SERVER_BUSY", "The server is stopping."),
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
            StoreError::InvalidValue(_) => Self::invalid_text(),
            // The account went away while the request was on its way.
            StoreError::ClientNotFound => Self::key_not_valid(),
            StoreError::Unavailable(_) | StoreError::Contended(_) => {
                faults::database_away(&error);
                database()
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
            GalleryError::Loading => {
                Self::unavailable("ERR_SERVER_BUSY", "The search is being loaded.")
            }
            GalleryError::Behind => {
                Self::unavailable("ERR_SERVER_BUSY", "The search is behind the database.")
            }
            GalleryError::Stopped => {
                Self::unavailable("ERR_SERVER_BUSY", "The server is stopping.")
            }
            GalleryError::Options(_) | GalleryError::WrongModel => {
                faults::search_failed(&error);
                Self::internal()
            }
        }
    }
}

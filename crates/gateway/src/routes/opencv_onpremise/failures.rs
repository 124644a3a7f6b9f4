//! The errors of the routes, for the OpenAPI document.

use utoipa::IntoResponses;

use super::error::ErrorBody;

/// What every route can answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum CommonFailures {
    /// No key (`ERR_API_KEY_NOT_PRESENT`).
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// A key that is wrong or revoked (`ERR_API_KEY_NOT_VALID`).
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// The body is larger than the server takes (`ERR_PAYLOAD_IS_TOO_LARGE`).
    #[response(status = 413)]
    PayloadTooLarge(ErrorBody),
    /// The body is not JSON, or a field is missing or of the wrong type (`ERR_UNPROCESSABLE_CONTENT`); a picture is none
    /// (`ERR_BASE64_IMAGE_CANNOT_BE_DECODED`).
    #[response(status = 422)]
    UnprocessableEntity(ErrorBody),
    /// The account asks for more than it may, or the address failed too often to authenticate (`ERR_TOO_MANY_REQUESTS`): try again after the seconds
    /// of `Retry-After`.
    #[response(status = 429)]
    TooManyRequests(ErrorBody),
    /// A fault of the server (`ERR_INTERNAL_ERROR`, `ERR_DATABASE_ERROR`).
    #[response(status = 500)]
    InternalServerError(ErrorBody),
    /// The database is away (`ERR_DATABASE_ERROR`), or the server is busy (`ERR_SERVER_BUSY`): try again after the seconds of
    /// `Retry-After`.
    #[response(status = 503)]
    ServiceUnavailable(ErrorBody),
    /// The request took longer than the server allows (`ERR_REQUEST_TIMEOUT`).
    #[response(status = 504)]
    GatewayTimeout(ErrorBody),
}

/// What a route that takes a picture adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum FaceFailures {
    /// No face in a picture (`ERR_FACE_NOT_DETECTED`).
    #[response(status = 400)]
    BadRequest(ErrorBody),
}

/// What a route with `check_liveness` adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum LivenessFailures {
    /// The face is not live, or not taken well enough to tell (`ERR_LIVENESS_ERROR`). `metadata.code` is `FACE_NOT_FOUND`,
    /// `TOO_MANY_FACES`, `FACE_CROPPED`, `FACE_TOO_CLOSE`, `FACE_CLOSE_TO_BORDER`, `FACE_TOO_SMALL`, `FACE_ANGLE_TOO_LARGE`,
    /// `FACE_IS_OCCLUDED`, `EYES_CLOSED`, `FACE_NOT_LIVE`, `LICENSE_ERROR` (this server has no liveness models) or `UNKNOWN_ERROR`.
    #[response(status = 412)]
    PreconditionFailed(ErrorBody),
}

/// What a route about a collection adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum MissingFailures {
    /// The account has no such collection or person (`ERR_NOT_FOUND`).
    #[response(status = 404)]
    NotFound(ErrorBody),
}

//! The errors of routes that take pictures, for the OpenAPI document.

use utoipa::IntoResponses;

use super::error::ErrorBody;

/// What a route that takes a token adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum TokenFailures {
    /// No token (`Authentication required`), or one that is not good (`invalid_token`).
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The token has expired (`expired_token`), or its account may not do this.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// The account asks for more than it may, or the address failed too often to authenticate (`too_many_requests`): try again
    /// after the seconds of `Retry-After`.
    #[response(status = 429)]
    TooManyRequests(ErrorBody),
}

/// What a route about persons or collections adds. A foreign id, an unknown one and a text that is none are one case.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum MissingFailures {
    /// The account has no such collection (`invalid_collection`) or person (`person_not_found`).
    #[response(status = 404)]
    NotFound(ErrorBody),
}

/// What a route that takes pictures answers when it cannot do its work.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum PictureFailures {
    /// The body is not a JSON object.
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// A field is missing or breaks a rule (`MissingParameter`, with the field's name in quotes), or an address is not `https` (`insecure_image_url`).
    #[response(status = 409)]
    Conflict(ErrorBody),
    /// A picture is not one (`only_images_in_base64`), or could not be fetched (`could_not_fetch_image`); or the person is there
    /// already (`person_already_set`).
    #[response(status = 412)]
    PreconditionFailed(ErrorBody),
    /// The body is larger than the server takes.
    #[response(status = 413)]
    PayloadTooLarge(ErrorBody),
    /// The picture's faces: `ERR_NO_FACE_DETECTED`, `ERR_MULTIPLE_FACES_DETECTED`, `ERR_LIVENESS_FACE_TOO_SMALL`,
    /// `ERR_LIVENESS_FACE_CLOSE_TO_BORDER`, `ERR_LIVENESS_FACE_ANGLE_TOO_LARGE`, `ERR_LIVENESS_FAILED`.
    #[response(status = 422)]
    UnprocessableEntity(ErrorBody),
    /// A fault of the server (`internal_error`).
    #[response(status = 500)]
    InternalServerError(ErrorBody),
    /// The model pack has no liveness models (`LIVENESS_CHECK_FAILED`).
    #[response(status = 501)]
    NotImplemented(ErrorBody),
    /// Busy, or a part is away: try again after the seconds of `Retry-After`.
    #[response(status = 503)]
    ServiceUnavailable(ErrorBody),
    /// The request took longer than the server allows.
    #[response(status = 504)]
    GatewayTimeout(ErrorBody),
}

/// What a route that takes a body without pictures adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum BodyFailures {
    /// The body is not a JSON object.
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// A field is missing or breaks a rule (`MissingParameter`, with the field's name in quotes).
    #[response(status = 409)]
    Conflict(ErrorBody),
    /// The body is larger than the server takes.
    #[response(status = 413)]
    PayloadTooLarge(ErrorBody),
}

/// What a route that takes a query adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum QueryFailures {
    /// A parameter is missing or breaks a rule (`MissingParameter`).
    #[response(status = 409)]
    Conflict(ErrorBody),
}

/// What a route that puts persons into collections adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum NamesakeFailures {
    /// The collection has another person of the same name and date of birth (`person_already_set`), who is in `data`.
    #[response(status = 412)]
    PreconditionFailed(ErrorBody),
}

/// What every route can answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum ServerFailures {
    /// A fault of the server (`internal_error`).
    #[response(status = 500)]
    InternalServerError(ErrorBody),
    /// Busy, or a part is away: try again after the seconds of `Retry-After`.
    #[response(status = 503)]
    ServiceUnavailable(ErrorBody),
    /// The request took longer than the server allows.
    #[response(status = 504)]
    GatewayTimeout(ErrorBody),
}

//! The errors of the routes, for the OpenAPI document.

use utoipa::IntoResponses;

use super::error::{ErrorBody, InvalidBody};

/// What every route can answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum CommonFailures {
    /// A picture is none, or has no face to work with.
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// No key.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// A key that is wrong or revoked.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// The body is larger than the server takes.
    #[response(status = 413)]
    PayloadTooLarge(ErrorBody),
    /// Fields that are missing or break a rule.
    #[response(status = 422)]
    UnprocessableEntity(InvalidBody),
    /// The account asks for more than it may, or the address failed too often to authenticate: try again after the seconds
    /// of `Retry-After`.
    #[response(status = 429)]
    TooManyRequests(ErrorBody),
    /// A fault of the server.
    #[response(status = 500)]
    InternalServerError(ErrorBody),
    /// Busy, or a part is away: try again after the seconds of `Retry-After`.
    #[response(status = 503)]
    ServiceUnavailable(ErrorBody),
    /// The request took longer than the server allows.
    #[response(status = 504)]
    GatewayTimeout(ErrorBody),
}

/// What a route about a collection or a person adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum MissingFailures {
    /// The account has no such collection, person or picture (`ERR_NOT_FOUND`).
    #[response(status = 404)]
    NotFound(ErrorBody),
}

/// What a route that may meet another person adds.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum ConflictFailures {
    /// Somebody has the id already; or, of persons enrolled by another dialect, the name and date of birth, in one of the collections
    /// (`ERR_ALREADY_EXISTS`).
    #[response(status = 409)]
    Conflict(ErrorBody),
}

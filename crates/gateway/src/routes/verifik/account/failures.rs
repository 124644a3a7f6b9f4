//! The errors of these routes, for the OpenAPI document.

use utoipa::IntoResponses;

use super::super::error::ErrorBody;

/// What every one of them may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum CommonFailures {
    /// The body is larger than the server takes.
    #[response(status = 413)]
    PayloadTooLarge(ErrorBody),
    /// A fault of the server (`internal_error`).
    #[response(status = 500)]
    InternalServerError(ErrorBody),
    /// Busy, or the database is away: try again after the seconds of `Retry-After`.
    #[response(status = 503)]
    ServiceUnavailable(ErrorBody),
    /// The request took longer than the server allows.
    #[response(status = 504)]
    GatewayTimeout(ErrorBody),
}

/// What the routes that take a body with rules add.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum BodyFailures {
    /// The body is not a JSON object, or (`invalid_otp`) the code is not right.
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// A field is missing or breaks a rule (`MissingParameter`), or `email_not_available`.
    #[response(status = 409)]
    Conflict(ErrorBody),
}

/// What the login routes add.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) enum LoginFailures {
    /// Not an address (`invalid_email`, `invalid_phone`). Whether it belongs to an account is never told.
    #[response(status = 404)]
    NotFound(ErrorBody),
    /// The body did not come within five seconds (`bad_request`).
    #[response(status = 408)]
    RequestTimeout(ErrorBody),
    /// The address asked for too many codes, or too often (`too_many_requests`).
    #[response(status = 429)]
    TooManyRequests(ErrorBody),
    /// The server has no way to send codes (`email_login_not_configured`, `phone_login_not_configured`).
    #[response(status = 501)]
    NotImplemented(ErrorBody),
}

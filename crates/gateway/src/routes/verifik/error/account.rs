//! Errors of the account routes, which have bodies of their own.

use axum::http::StatusCode;
use store::LoginChannel;

use super::{ApiError, Signature};
use service::{AccountError, LoginError, auth::AuthError, config::ExpiredToken};

impl ApiError {
    /// What a token that does not open the door is told on the session routes.
    #[must_use]
    pub fn from_session_auth(error: AuthError, expired: ExpiredToken) -> Self {
        match error {
            AuthError::Missing => Self::new(
                StatusCode::CONFLICT,
                "MissingParameter",
                "missing Authorization header",
            ),
            AuthError::Malformed
            | AuthError::BadSignature
            | AuthError::Expired
            | AuthError::Revoked
            | AuthError::UnknownClient => Self::new(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "Invalid or expired token.",
            )
            .signed(),
            AuthError::Disabled
            | AuthError::StoreUnavailable
            | AuthError::KeysUnavailable
            | AuthError::ForeignToken
            | AuthError::TooManyRequests(_) => Self::from_auth(error, expired),
        }
    }

    /// What a token that does not open the door is told on the routes of the account: as everywhere, and in words.
    #[must_use]
    pub fn from_account_auth(error: AuthError, expired: ExpiredToken) -> Self {
        Self::from_auth(error, expired).in_words()
    }

    /// Not the caller's own account; whether there is such an account is not told.
    #[must_use]
    pub fn foreign_account() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", "Access forbidden").in_words()
    }

    /// Fields that are not there, in the words of the login routes: `missing countryCode\n. missing phone\n`.
    #[must_use]
    pub fn missing(fields: &[&str]) -> Self {
        let parts: Vec<String> = fields
            .iter()
            .map(|field| format!("missing {field}\n"))
            .collect();
        Self::new(StatusCode::CONFLICT, "MissingParameter", parts.join(". ")).counted()
    }

    fn signed(mut self) -> Self {
        self.body.signature = Some(Box::new(Signature::now()));
        self
    }

    fn in_words(mut self) -> Self {
        self.body.error = self.status.canonical_reason();
        self
    }

    fn conflict(token: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", token)
    }

    fn from_issuing(error: AuthError) -> Self {
        tracing::error!(%error, "no token could be issued");
        Self::internal()
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        let refusal = match error {
            AccountError::InvalidEmail => Self::conflict("invalid_email"),
            AccountError::InvalidPhone => Self::conflict("invalid_phone"),
            AccountError::EmailTaken => Self::conflict("email_not_available"),
            AccountError::Token(error) => Self::from_issuing(error),
            AccountError::Store(error) => error.into(),
        };
        refusal.counted()
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        let refusal = match error {
            LoginError::InvalidEmail => {
                Self::new(StatusCode::NOT_FOUND, "NotFound", "invalid_email")
            }
            LoginError::InvalidPhone => {
                Self::new(StatusCode::NOT_FOUND, "NotFound", "invalid_phone")
            }
            LoginError::NotConfigured(LoginChannel::Email) => {
                Self::not_configured("email_login_not_configured")
            }
            LoginError::NotConfigured(LoginChannel::Phone) => {
                Self::not_configured("phone_login_not_configured")
            }
            LoginError::TooManyCodes => Self::too_many_requests(None),
            LoginError::InvalidCode => Self::new(StatusCode::BAD_REQUEST, "ERROR", "invalid_otp"),
            LoginError::Busy => Self::unavailable("server_busy"),
            LoginError::Token(error) => Self::from_issuing(error),
            LoginError::Store(error) => error.into(),
        };
        refusal.counted()
    }
}

impl ApiError {
    fn not_configured(token: &'static str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", token)
    }
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;

    /// Status, code, message.
    fn told(error: &ApiError) -> (u16, &str, &str) {
        (error.status.as_u16(), error.body.code, &error.body.message)
    }

    #[test]
    fn sessions() {
        for error in AuthError::ALL {
            let answer = ApiError::from_session_auth(error, ExpiredToken::Client);
            let wanted = match error {
                AuthError::Missing => (409, "MissingParameter", "missing Authorization header"),
                AuthError::Disabled | AuthError::ForeignToken => {
                    (403, "Forbidden", "Access forbidden")
                }
                AuthError::KeysUnavailable => {
                    (503, "ServiceUnavailable", "identity_provider_unavailable")
                }
                AuthError::StoreUnavailable => (503, "ServiceUnavailable", "database_unavailable"),
                AuthError::TooManyRequests(_) => (429, "TooManyRequests", "too_many_requests"),
                _ => (401, "Unauthorized", "Invalid or expired token."),
            };
            assert_eq!(told(&answer), wanted, "{error:?}");
            assert_eq!(answer.body.signature.is_some(), wanted.0 == 401);
        }
    }

    #[test]
    fn accounts() {
        let cases = [
            (AuthError::Missing, "Unauthorized"),
            (AuthError::Revoked, "Unauthorized"),
            (AuthError::Expired, "Forbidden"),
            (AuthError::Disabled, "Forbidden"),
        ];
        for (error, words) in cases {
            let answer = ApiError::from_account_auth(error, ExpiredToken::Client);
            assert_eq!(answer.body.error, Some(words), "{error:?}");
        }
        assert_eq!(ApiError::foreign_account().body.error, Some("Forbidden"));
        let internal = (500, "ERROR", "internal_error");
        let cases = [
            (
                AccountError::InvalidEmail,
                (409, "Conflict", "invalid_email"),
            ),
            (
                AccountError::InvalidPhone,
                (409, "Conflict", "invalid_phone"),
            ),
            (
                AccountError::EmailTaken,
                (409, "Conflict", "email_not_available"),
            ),
            (AccountError::Token(AuthError::Malformed), internal),
            (
                AccountError::Store(StoreError::ClientNotFound),
                (401, "UNAUTHORIZED", "invalid_token"),
            ),
        ];
        for (error, wanted) in cases {
            assert_eq!(told(&ApiError::from(error)), wanted);
        }
    }

    #[test]
    fn logins() {
        let off = |token| (501, "NotImplemented", token);
        let cases = [
            (LoginError::InvalidEmail, (404, "NotFound", "invalid_email")),
            (LoginError::InvalidPhone, (404, "NotFound", "invalid_phone")),
            (
                LoginError::NotConfigured(LoginChannel::Email),
                off("email_login_not_configured"),
            ),
            (
                LoginError::NotConfigured(LoginChannel::Phone),
                off("phone_login_not_configured"),
            ),
            (
                LoginError::TooManyCodes,
                (429, "TooManyRequests", "too_many_requests"),
            ),
            (LoginError::InvalidCode, (400, "ERROR", "invalid_otp")),
            (LoginError::Busy, (503, "ServiceUnavailable", "server_busy")),
            (
                LoginError::Token(AuthError::Malformed),
                (500, "ERROR", "internal_error"),
            ),
            (
                LoginError::Store(StoreError::ClientNotFound),
                (401, "UNAUTHORIZED", "invalid_token"),
            ),
        ];
        for (error, wanted) in cases {
            assert_eq!(told(&ApiError::from(error)), wanted);
        }
        let missing = ApiError::missing(&["countryCode", "phone"]);
        assert_eq!(
            told(&missing),
            (
                409,
                "MissingParameter",
                "missing countryCode\n. missing phone\n"
            )
        );
    }
}

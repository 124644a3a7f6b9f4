//! `POST /v2/projects/email-login` and `phone-login`, each with `/confirm`.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use store::LoginChannel;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        body::{Fields, FromFields, Invalid, ValidAnywhere},
        envelope::{Envelope, Stamp},
        error::ApiError,
    },
    failures::{BodyFailures, CommonFailures, LoginFailures},
};
use service::{App, AppState, LoginAddress, LoginError};

/// Longest text of a field, in characters.
const LONGEST: usize = 320;

/// Who wants to log in, and on the `confirm` routes with which code. In the query or in the body.
#[derive(Debug, Default, ToSchema, IntoParams)]
#[schema(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in super::super) struct LoginRequest {
    /// On the e-mail routes.
    #[schema(example = "ana@example.com")]
    email: Option<String>,
    /// On the phone routes.
    #[schema(example = "+57")]
    #[param(rename = "countryCode")]
    country_code: Option<String>,
    /// On the phone routes.
    #[schema(example = "3001234567")]
    phone: Option<String>,
    /// On the `confirm` routes: the six digits.
    #[schema(example = "123456")]
    otp: Option<String>,
}

impl FromFields for LoginRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let text = |name: &str| fields.text_or_number(name).max_length(LONGEST).optional();
        Ok(Self {
            email: text("email")?,
            country_code: text("countryCode")?,
            phone: text("phone")?,
            otp: text("otp")?,
        })
    }
}

impl LoginRequest {
    fn email(&self) -> Result<LoginAddress, ApiError> {
        present(&[("email", &self.email)])?;
        Ok(LoginAddress::email(value(&self.email))?)
    }

    fn phone(&self) -> Result<LoginAddress, ApiError> {
        present(&[("countryCode", &self.country_code), ("phone", &self.phone)])?;
        Ok(LoginAddress::phone(
            value(&self.country_code),
            value(&self.phone),
        )?)
    }
}

fn value(field: &Option<String>) -> &str {
    field.as_deref().unwrap_or_default()
}

/// All fields that are not there are named at once.
fn present(fields: &[(&str, &Option<String>)]) -> Result<(), ApiError> {
    let missing: Vec<&str> = fields
        .iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(ApiError::missing(&missing))
    }
}

/// A code is on its way, if the address belongs to an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CodeSent {
    /// Always `sent`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// When the code dies.
    expires_at: Stamp,
}

/// A token for the account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct LoggedIn {
    access_token: String,
    /// Always `bearer`.
    token_type: &'static str,
}

/// The answer of the routes of a channel on which the settings name no way to send codes.
pub(in super::super) fn closed(app: &App, channel: LoginChannel) -> Option<Response> {
    let refusal = app.login.configured(channel).err()?;
    Some(ApiError::from(refusal).into_response())
}

/// Sends a one-time code to an e-mail address, if it belongs to an account.
#[utoipa::path(
    post,
    path = "/v2/projects/email-login",
    tag = "Accounts",
    params(LoginRequest),
    request_body = LoginRequest,
    responses((status = 200, description = "Sent", body = Envelope<CodeSent>), LoginFailures, BodyFailures, CommonFailures),
    security(())
)]
pub(in super::super) async fn email_login(
    State(app): State<AppState>,
    ValidAnywhere(request): ValidAnywhere<LoginRequest>,
) -> Result<Envelope<CodeSent>, ApiError> {
    let address = request.email()?;
    send(&app, address, request).await
}

/// Sends a one-time code to a phone number, if it belongs to an account.
#[utoipa::path(
    post,
    path = "/v2/projects/phone-login",
    tag = "Accounts",
    params(LoginRequest),
    request_body = LoginRequest,
    responses((status = 200, description = "Sent", body = Envelope<CodeSent>), LoginFailures, BodyFailures, CommonFailures),
    security(())
)]
pub(in super::super) async fn phone_login(
    State(app): State<AppState>,
    ValidAnywhere(request): ValidAnywhere<LoginRequest>,
) -> Result<Envelope<CodeSent>, ApiError> {
    let address = request.phone()?;
    send(&app, address, request).await
}

/// Turns the code that was sent to an e-mail address into a token. Five wrong tries kill the code.
#[utoipa::path(
    post,
    path = "/v2/projects/email-login/confirm",
    tag = "Accounts",
    request_body = LoginRequest,
    responses((status = 200, description = "The token", body = Envelope<LoggedIn>), LoginFailures, BodyFailures, CommonFailures),
    security(())
)]
pub(in super::super) async fn confirm_email_login(
    State(app): State<AppState>,
    ValidAnywhere(request): ValidAnywhere<LoginRequest>,
) -> Result<Envelope<LoggedIn>, ApiError> {
    present(&[("email", &request.email), ("otp", &request.otp)])?;
    confirm(&app, LoginAddress::email(value(&request.email)), &request).await
}

/// Turns the code that was sent to a phone number into a token. Five wrong tries kill the code.
#[utoipa::path(
    post,
    path = "/v2/projects/phone-login/confirm",
    tag = "Accounts",
    request_body = LoginRequest,
    responses((status = 200, description = "The token", body = Envelope<LoggedIn>), LoginFailures, BodyFailures, CommonFailures),
    security(())
)]
pub(in super::super) async fn confirm_phone_login(
    State(app): State<AppState>,
    ValidAnywhere(request): ValidAnywhere<LoginRequest>,
) -> Result<Envelope<LoggedIn>, ApiError> {
    present(&[
        ("countryCode", &request.country_code),
        ("phone", &request.phone),
        ("otp", &request.otp),
    ])?;
    let address = LoginAddress::phone(value(&request.country_code), value(&request.phone));
    confirm(&app, address, &request).await
}

async fn send(
    app: &AppState,
    address: LoginAddress,
    request: LoginRequest,
) -> Result<Envelope<CodeSent>, ApiError> {
    let expires_at = service::send_code(app, address).await?;
    Ok(Envelope::new(CodeSent {
        status: "sent",
        email: request.email,
        country_code: request.country_code,
        phone: request.phone,
        expires_at: Stamp(expires_at),
    }))
}

async fn confirm(
    app: &AppState,
    address: Result<LoginAddress, LoginError>,
    request: &LoginRequest,
) -> Result<Envelope<LoggedIn>, ApiError> {
    let access_token = service::confirm(app, &address?, value(&request.otp)).await?;
    Ok(Envelope::new(LoggedIn {
        access_token,
        token_type: "bearer",
    }))
}

//! `GET|PUT /v2/clients/me` and `PUT /v2/clients/{id}`.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use store::{Client, ClientId};
use utoipa::ToSchema;

use super::{
    super::{
        body::{Fields, FromFields, Invalid, Valid},
        envelope::Envelope,
        error::ApiError,
        failures::TokenFailures,
    },
    caller::{ChangedAccount, OwnAccount},
    document::AccountDocument,
    failures::{BodyFailures, CommonFailures},
};
use service::{AppState, Profile};

/// Longest text of a field, in characters.
const LONGEST: usize = 256;

/// Longest address of a picture, in characters.
const LONGEST_AVATAR: usize = 2048;

/// What to change; absent fields stay, empty ones are emptied.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(in super::super) struct ProfileRequest {
    #[schema(max_length = 256)]
    name: Option<String>,
    #[schema(max_length = 256)]
    company: Option<String>,
    #[schema(max_length = 256)]
    address: Option<String>,
    /// Where login codes are sent; no two accounts have the same.
    email: Option<String>,
    /// Without the country code.
    phone: Option<String>,
    #[schema(example = "+57")]
    country_code: Option<String>,
    /// Address of a picture.
    #[schema(max_length = 2048)]
    avatar: Option<String>,
}

impl FromFields for ProfileRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let text = |name: &str| fields.any_text(name).max_length(LONGEST).optional();
        Ok(Self {
            name: text("name")?,
            company: text("company")?,
            address: text("address")?,
            email: text("email")?,
            phone: text("phone")?,
            country_code: text("countryCode")?,
            avatar: fields
                .any_text("avatar")
                .max_length(LONGEST_AVATAR)
                .optional()?,
        })
    }
}

impl From<ProfileRequest> for Profile {
    fn from(request: ProfileRequest) -> Self {
        Self {
            name: request.name,
            company: request.company,
            address: request.address,
            email: request.email,
            phone: request.phone,
            country_code: request.country_code,
            avatar: request.avatar,
        }
    }
}

/// The account in both places where clients look: in `data`, and beside it.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AccountAnswer {
    #[serde(flatten)]
    envelope: Envelope<AccountDocument>,
    #[serde(flatten)]
    account: AccountDocument,
}

impl AccountAnswer {
    fn new(client: &Client) -> Self {
        let account = AccountDocument::from(client);
        Self {
            envelope: Envelope::new(account.clone()),
            account,
        }
    }
}

/// The caller's account.
#[utoipa::path(
    get,
    path = "/v2/clients/me",
    tag = "Accounts",
    responses((status = 200, description = "The account", body = AccountAnswer), TokenFailures, CommonFailures),
    security(("bearer" = []))
)]
pub(in super::super) async fn get_me(OwnAccount(client): OwnAccount) -> Json<AccountAnswer> {
    Json(AccountAnswer::new(&client))
}

/// Changes the caller's account.
#[utoipa::path(
    put,
    path = "/v2/clients/me",
    tag = "Accounts",
    request_body = ProfileRequest,
    responses((status = 200, description = "The account", body = AccountAnswer), TokenFailures, BodyFailures, CommonFailures),
    security(("bearer" = []))
)]
pub(in super::super) async fn put_me(
    State(app): State<AppState>,
    ChangedAccount(client): ChangedAccount,
    Valid(request): Valid<ProfileRequest>,
) -> Result<Json<AccountAnswer>, ApiError> {
    let client = service::update_profile(&app, &client, request.into()).await?;
    Ok(Json(AccountAnswer::new(&client)))
}

/// The same as `PUT /v2/clients/me`. The id must be that of the caller's account.
#[utoipa::path(
    put,
    path = "/v2/clients/{id}",
    tag = "Accounts",
    params(("id" = String, Path, description = "The caller's account")),
    request_body = ProfileRequest,
    responses((status = 200, description = "The account", body = AccountAnswer), TokenFailures, BodyFailures, CommonFailures),
    security(("bearer" = []))
)]
pub(in super::super) async fn put_client(
    app: State<AppState>,
    ChangedAccount(client): ChangedAccount,
    Path(id): Path<String>,
    request: Valid<ProfileRequest>,
) -> Result<Json<AccountAnswer>, ApiError> {
    if id.parse::<ClientId>() != Ok(client.id) {
        return Err(ApiError::foreign_account());
    }
    put_me(app, ChangedAccount(client), request).await
}

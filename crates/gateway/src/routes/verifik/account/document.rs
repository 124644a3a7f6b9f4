//! The account as clients see it. Its token phrase is not part of it.

use serde::Serialize;
use serde_json::{Map, Value};
use store::{Client, ClientId};
use utoipa::ToSchema;

use super::super::envelope::Stamp;
use service::PROFILE;

/// Clients that sell calls refuse to go on without credits. Nothing is sold here: a number that none takes for too few.
const CREDITS: u32 = 1_000_000;

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in super::super) struct AccountDocument {
    #[serde(rename = "_id")]
    #[schema(value_type = String, pattern = "^[0-9a-f]{24}$")]
    id: ClientId,
    /// Always 0.
    #[serde(rename = "__v")]
    version: u32,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    #[serde(rename = "countryCode")]
    country_code: Option<String>,
    company: Option<String>,
    address: Option<String>,
    avatar: Option<String>,
    /// Always false.
    staff: bool,
    /// A constant: this server sells nothing.
    credits: u32,
    /// Always `active`.
    status: &'static str,
    /// Always false.
    deleted: bool,
    #[serde(rename = "createdAt")]
    created_at: Stamp,
    #[serde(rename = "updatedAt")]
    updated_at: Stamp,
}

impl From<&Client> for AccountDocument {
    fn from(client: &Client) -> Self {
        let text = |key: &str| client.settings[key].as_str().map(str::to_owned);
        Self {
            id: client.id,
            version: 0,
            name: text("displayName").unwrap_or_else(|| client.name.clone()),
            email: client.email.clone(),
            phone: client.phone.clone(),
            country_code: text("countryCode"),
            company: text("company"),
            address: text("address"),
            avatar: text("avatar"),
            staff: false,
            credits: CREDITS,
            status: "active",
            deleted: false,
            created_at: Stamp(client.created_at),
            updated_at: Stamp(client.updated_at),
        }
    }
}

/// The account's settings that its owner may see.
pub(super) fn settings(client: &Client) -> Map<String, Value> {
    let visible = PROFILE.into_iter().filter_map(|key| {
        let value = client.settings.get(key)?;
        Some((key.to_owned(), value.clone()))
    });
    visible.collect()
}

//! What the OpenAPI documents of both dialects say.

use utoipa::{
    Modify,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

/// The security scheme `x-api-key`.
pub(crate) struct ApiKeyScheme;

impl Modify for ApiKeyScheme {
    fn modify(&self, api: &mut openapi::OpenApi) {
        let key = ApiKeyValue::with_description("x-api-key", "From `rostro key create`.");
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("x-api-key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

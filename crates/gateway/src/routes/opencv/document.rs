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

/// The words that a field can have, as a type of the document.
macro_rules! words {
    ($(#[$about:meta])* $name:ident: $($word:ident = $text:literal),+ $(,)?) => {
        $(#[$about])*
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "the OpenAPI document is made from it")]
        pub(crate) enum $name {
            $(#[schema(rename = $text)] $word),+
        }
    };
}

words! {
    /// How hard to look.
    Mode: Fast = "FAST", Accurate = "ACCURATE"
}
words! {
    /// The client's platform.
    Platform: Desktop = "DESKTOP", Android = "ANDROID", Ios = "IOS"
}
words! {
    /// Which way a list is sorted.
    Order: Ascending = "ASC", Descending = "DESC"
}
words! {
    /// What a list of persons is sorted by.
    OrderBy: Name = "name", DateOfBirth = "date_of_birth", Gender = "gender", Nationality = "nationality",
        ModifiedDate = "modified_date", CreateDate = "create_date"
}
words! {
    /// As documents of identity have it.
    GenderLetter: Male = "M", Female = "F"
}
words! {
    /// What to do with persons.
    CloudAction: Delete = "DELETE"
}
words! {
    /// What is kept of a picture.
    OnPremiseStorage: Nothing = "NoStorage", Thumbnails = "StoreThumbnails", Original = "StoreFullImage"
}

/// A person's id, chosen by the caller or by the server.
#[derive(utoipa::ToSchema)]
#[schema(min_length = 1, max_length = 100)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(crate) struct PersonIdText(String);

/// A collection's id.
#[derive(utoipa::ToSchema)]
#[schema(min_length = 36, max_length = 36)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(crate) struct CollectionIdText(String);

/// A thumbnail's id.
#[derive(utoipa::ToSchema)]
#[schema(min_length = 1)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(crate) struct ThumbnailIdText(String);

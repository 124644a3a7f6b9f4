//! The fields of collections, as requests give them.

use store::{CollectionUpdate, NewCollection};
use utoipa::ToSchema;

use crate::routes::{
    opencv::body::{FromReader, Reader, text},
    opencv_cloud::kinds::code,
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 50;

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 100;

/// A collection to create.
#[derive(Debug, ToSchema)]
#[schema(as = CloudCreateCollection)]
pub(in crate::routes::opencv_cloud) struct CreateCollection {
    /// Several collections may have one name.
    #[schema(min_length = 1, max_length = 50)]
    name: String,
    #[schema(max_length = 100)]
    description: Option<String>,
}

impl FromReader for CreateCollection {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let name = reader.required("name", text(1..=LONGEST_NAME));
        let description = reader.optional("description", text(0..=LONGEST_DESCRIPTION));
        Some(Self {
            name: name?,
            description: description?,
        })
    }
}

impl From<CreateCollection> for NewCollection {
    fn from(new: CreateCollection) -> Self {
        Self {
            name: new.name,
            description: new.description,
            ..Self::default()
        }
    }
}

/// What is to be different. What is absent, or `null`, stays as it is.
#[derive(Debug, ToSchema)]
#[schema(as = CloudUpdateCollection)]
pub(in crate::routes::opencv_cloud) struct UpdateCollection {
    /// Which collection.
    #[schema(value_type = String, min_length = 36, max_length = 36)]
    pub(super) id: store::CollectionRef,
    #[schema(min_length = 1, max_length = 50)]
    name: Option<String>,
    /// An empty text takes it away: clients send `null` for what they do not change.
    #[schema(max_length = 100)]
    description: Option<String>,
}

impl FromReader for UpdateCollection {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let id = reader.required("id", code);
        let name = reader.optional("name", text(1..=LONGEST_NAME));
        let description = reader.optional("description", text(0..=LONGEST_DESCRIPTION));
        Some(Self {
            id: id?,
            name: name?,
            description: description?,
        })
    }
}

impl From<UpdateCollection> for CollectionUpdate {
    fn from(update: UpdateCollection) -> Self {
        let or_none = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            name: update.name,
            description: update.description.map(or_none),
            ..Self::default()
        }
    }
}

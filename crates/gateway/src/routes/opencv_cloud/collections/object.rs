//! Collections as this dialect shows them.

use serde::Serialize;
use store::{ClientId, Collection, CollectionCode};
use utoipa::ToSchema;

use service::App;

use crate::routes::opencv_cloud::{dates::moment, error::ApiError};

/// A collection.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CloudCollection)]
pub(in crate::routes::opencv_cloud) struct CollectionObject {
    /// 36 characters. The Verifik dialect knows it as `code`.
    #[schema(value_type = String, format = "uuid")]
    id: CollectionCode,
    #[schema(example = "Staff")]
    name: String,
    description: Option<String>,
    /// Persons in it.
    count: u64,
    /// UTC, without a zone.
    #[schema(example = "2024-01-01T00:00:00.000000")]
    create_date: String,
    /// UTC, without a zone.
    #[schema(example = "2024-01-01T00:00:00.000000")]
    modified_date: String,
}

impl CollectionObject {
    /// A collection of `count` persons.
    pub(in crate::routes::opencv_cloud) fn new(collection: Collection, count: u64) -> Self {
        Self {
            id: collection.code,
            name: collection.name,
            description: collection.description,
            count,
            create_date: moment(collection.created_at),
            modified_date: moment(collection.updated_at),
        }
    }
}

/// These collections, with how many persons each has now.
pub(super) async fn counted(
    app: &App,
    client: ClientId,
    collections: Vec<Collection>,
) -> Result<Vec<CollectionObject>, ApiError> {
    let counted = service::with_counts(app, client, collections).await?;
    let object = |(collection, count)| CollectionObject::new(collection, count);
    Ok(counted.into_iter().map(object).collect())
}

/// As [`counted`], of one.
pub(super) async fn counted_one(
    app: &App,
    client: ClientId,
    collection: Collection,
) -> Result<CollectionObject, ApiError> {
    let mut all = counted(app, client, vec![collection]).await?;
    all.pop().ok_or_else(ApiError::internal)
}

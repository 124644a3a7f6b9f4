//! A part of a list as clients of every generation read it.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::Page;
use utoipa::ToSchema;

use super::Paging;
use crate::routes::verifik::envelope::{Envelope, Signature};

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes::verifik) struct Paged<T> {
    /// Mark of this answer: five capital letters and digits.
    #[schema(example = "JQ4RM", pattern = "^[A-Z0-9]{5}$")]
    id: String,
    data: Vec<T>,
    signature: Signature,
    pagination: Pagination,
    /// As in `pagination`.
    page: u64,
    /// As in `pagination`.
    limit: u64,
    /// As in `pagination`.
    total: u64,
    /// As in `pagination`.
    pages: u64,
}

/// Which part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Pagination {
    /// Counted from 1.
    page: u64,
    /// Most entries of a page.
    limit: u64,
    /// Entries of all pages.
    total: u64,
    /// How many pages there are.
    pages: u64,
}

impl Pagination {
    pub(super) fn new(paging: Paging, total: u64) -> Self {
        let limit = paging.limit.map_or(total, u64::from);
        let size = limit.max(1);
        Self {
            page: paging.offset / size + 1,
            limit,
            total,
            pages: total
                .div_ceil(size)
                .min(if paging.limit.is_none() { 1 } else { u64::MAX }),
        }
    }
}

impl<T> Paged<T> {
    /// Shows a page of the store.
    pub(in crate::routes::verifik) fn new<S>(
        paging: Paging,
        page: Page<S>,
        show: impl FnMut(S) -> T,
    ) -> Self {
        let pagination = Pagination::new(paging, page.total);
        let data = page.items.into_iter().map(show).collect();
        let (id, data, signature) = Envelope::new(data).into_parts();
        Self {
            id,
            data,
            signature,
            pagination,
            page: pagination.page,
            limit: pagination.limit,
            total: pagination.total,
            pages: pagination.pages,
        }
    }
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

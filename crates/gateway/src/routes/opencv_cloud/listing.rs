//! What all lists can be asked for.

use store::{Comparison, Condition, Field, Listing, Sort};
use utoipa::IntoParams;

use super::error::ApiError;
use crate::routes::opencv::body::{FromReader, Reader, integer, one_of, text};
use crate::routes::opencv::document as words;

/// Most entries of a page.
const MOST: u32 = 100;

/// Most entries that are left out: the database counts them.
const MOST_SKIPPED: u32 = 10_000_000;

/// Entries of a page if a request does not say.
const USUAL: u32 = 20;

/// Longest text that is searched for, in characters: names are at most 100 long.
const LONGEST_SEARCH: usize = 300;

/// Which part of a list, and in which order.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Entries to leave out at the start.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 10_000_000, default = 0)]
    skip: u32,
    /// Most entries of the answer.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 100, default = 20)]
    take: u32,
    /// `ASC`, which is the default, or `DESC`.
    #[param(value_type = words::Order, inline, required = false)]
    order: bool,
    /// A part of the name, in any case.
    search: Option<String>,
}

impl FromReader for ListQuery {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let skip = reader.or("skip", 0, integer(0..=MOST_SKIPPED));
        let take = reader.or("take", USUAL, integer(0..=MOST));
        let order = reader.or("order", false, one_of(&["ASC", "DESC"], &[false, true]));
        let search = reader.optional("search", text(0..=LONGEST_SEARCH));
        Some(Self {
            skip: skip?,
            take: take?,
            order: order?,
            search: search?.filter(|text| !text.is_empty()),
        })
    }
}

impl ListQuery {
    /// The store's question, for a list with this field for the name, sorted by this one.
    pub(super) fn listing<F: Field>(self, name: F, sorted_by: F) -> Result<Listing<F>, ApiError> {
        let condition = |text: String| Condition::new(name, Comparison::Contains, &[text]);
        let conditions = self.search.map(condition).transpose();
        Ok(Listing {
            conditions: conditions
                .map_err(|_| ApiError::internal())?
                .into_iter()
                .collect(),
            sort: vec![Sort {
                field: sorted_by,
                descending: self.order,
            }],
            offset: u64::from(self.skip),
            limit: self.take,
        })
    }
}

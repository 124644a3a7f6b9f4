//! Query strings: the grammar that all lists share (`page`, `limit`, `sort=-createdAt`, `where_name=`, `in_collections=`,
//! `like_name=`, ...). A parameter that a list does not know is ignored, and so is an empty one.

mod listing;
mod paged;
#[cfg(test)]
mod tests;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    body::{BodyError, Invalid, Rule},
    error::ApiError,
};
pub(super) use listing::Paging;
pub(super) use paged::Paged;

/// Parameters that one query string may hold.
const MAX_PARAMETERS: usize = 500;

/// Conditions in it: each is tested for every row.
const MAX_CONDITIONS: usize = 20;

/// Fields that a list is sorted by.
const MAX_SORT: usize = 10;

/// The last page, and the most entries that are left out: the database counts them.
const MAX_PAGE: u64 = 100_000;
const MAX_OFFSET: u64 = 10_000_000;

/// The parameters of a query string, in its order, without empty ones. `in_name[]` and `in_name[0]` are `in_name`.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    fn parse(text: &str) -> Self {
        let parameters = url::form_urlencoded::parse(text.as_bytes());
        let parameters = parameters
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(key, value)| {
                let name = key.split_once('[').map_or(&*key, |(name, _)| name);
                (name.to_owned(), value.into_owned())
            });
        Self(parameters.collect())
    }

    /// The query, if what it asks for has an end.
    fn bounded(self) -> Result<Self, Invalid> {
        let most = |name: &str, number: usize, most: usize| match number > most {
            true => Err(Invalid::new(name, Rule::TooManyItems(most))),
            false => Ok(()),
        };
        most("query", self.0.len(), MAX_PARAMETERS)?;
        let names = self.0.iter().map(|(name, _)| name.as_str());
        let conditions = listing::conditions_among(names);
        most("where", conditions, MAX_CONDITIONS)?;
        most("sort", self.sort_names().count(), MAX_SORT)?;
        for (name, most) in [("page", MAX_PAGE), ("offset", MAX_OFFSET)] {
            if self.number(name).is_some_and(|number| number > most) {
                return Err(Invalid::new(name, Rule::Above(most as f64)));
            }
        }
        Ok(self)
    }

    /// The last value of a parameter, as in JavaScript.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next_back()
    }

    /// All values of a parameter.
    pub(super) fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a reference is to be shown whole.
    pub(super) fn populates(&self, name: &str) -> bool {
        self.all("populates").any(|value| value == name)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?
            .trim()
            .parse()
            .ok()
            .filter(|number| *number > 0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Self::parse(parts.uri.query().unwrap_or_default());
        Ok(query.bounded().map_err(BodyError::from)?)
    }
}

/// Reads a query as the lists do, for the fuzzer: a list that is read asks for a page that exists.
#[cfg(any(test, fuzzing))]
pub(super) fn read_any<F: store::Field>(text: &str, field: fn(&str) -> Option<F>) {
    let Ok(query) = Query::parse(text).bounded() else {
        return;
    };
    let paging = query.paging(Some(10), 200);
    if let Some(listing) = query.listing(paging, field) {
        assert!(listing.limit <= 200 && listing.conditions.len() <= MAX_PARAMETERS);
    }
    let _ = paged::Pagination::new(paging, u64::MAX);
}

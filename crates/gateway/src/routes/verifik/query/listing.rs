//! From parameters to what the store is asked for.

use std::collections::BTreeSet;

use store::{Comparison, Condition, Field, Listing, Sort};

use super::Query;

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::routes::verifik) struct Paging {
    /// Entries to leave out.
    pub(super) offset: u64,
    /// Most entries of a page; `None` is all in one.
    pub(super) limit: Option<u32>,
}

/// The prefixes of conditions.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("where_", Comparison::Equal),
    ("wherenot_", Comparison::NotEqual),
    ("where>_", Comparison::Greater),
    ("where<_", Comparison::Less),
    ("in_", Comparison::In),
    ("like_", Comparison::Contains),
];

/// How many of these names of parameters are conditions; those of one set count once.
pub(super) fn conditions_among<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    let (mut sets, mut others) = (BTreeSet::new(), 0);
    for name in names {
        if name.starts_with("in_") {
            sets.insert(name);
        } else if name == "search" || COMPARISONS.iter().any(|(word, _)| name.starts_with(word)) {
            others += 1;
        }
    }
    sets.len() + others
}

impl Query {
    /// The page that is asked for: `default` entries where the query does not say, never more than `most`.
    pub(in crate::routes::verifik) fn paging(&self, default: Option<u32>, most: u32) -> Paging {
        let asked = self.number("limit").or_else(|| self.number("perPage"));
        let limit = asked.map(|number| u32::try_from(number).unwrap_or(most).min(most));
        let limit = limit.or(default);
        let page = self.number("page").unwrap_or(1);
        let before = (page - 1).saturating_mul(u64::from(limit.unwrap_or(0)));
        let offset = self.number("offset").unwrap_or(before);
        // More than the databases count to.
        let offset = offset.min(i64::MAX as u64);
        Paging { offset, limit }
    }

    /// The list that is asked for, with the fields that `field` knows by name. `None` when a condition asks for a value that
    /// its field cannot have: nothing fulfils it.
    pub(in crate::routes::verifik) fn listing<F: Field>(
        &self,
        paging: Paging,
        field: impl Fn(&str) -> Option<F>,
    ) -> Option<Listing<F>> {
        Some(Listing {
            conditions: self.conditions(&field)?,
            sort: self.sort(&field),
            offset: paging.offset,
            limit: paging.limit.unwrap_or(u32::MAX),
        })
    }

    fn conditions<F: Field>(&self, field: impl Fn(&str) -> Option<F>) -> Option<Vec<Condition<F>>> {
        let mut conditions = Vec::new();
        let mut seen = Vec::new();
        for (name, value) in &self.0 {
            let asked = COMPARISONS.iter().find_map(|(prefix, comparison)| {
                Some((*comparison, field(name.strip_prefix(prefix)?)?))
            });
            let (comparison, field) = match asked {
                Some(asked) => asked,
                None if name == "search" => (Comparison::Contains, field("name")?),
                None => continue,
            };
            // The values of a repeated parameter are one set.
            let condition = if comparison != Comparison::In {
                Condition::new(field, comparison, &[value])
            } else if seen.contains(&name) {
                continue;
            } else {
                seen.push(name);
                Condition::new(field, comparison, &self.all(name).collect::<Vec<_>>())
            };
            // No text of the database has a NUL.
            let impossible = match comparison {
                Comparison::In => self.all(name).any(|value| value.contains('\0')),
                _ => value.contains('\0'),
            };
            match condition {
                Ok(condition) if !impossible => conditions.push(condition),
                _ if comparison == Comparison::NotEqual => {}
                _ => return None,
            }
        }
        Some(conditions)
    }

    fn sort<F: Field>(&self, field: impl Fn(&str) -> Option<F>) -> Vec<Sort<F>> {
        let backwards = self
            .text("sortOrder")
            .or_else(|| self.text("order"))
            .is_some_and(|order| order.eq_ignore_ascii_case("desc") || order == "-1");
        self.sort_names()
            .filter_map(|(name, turned)| {
                let backwards = backwards && turned;
                let plain = name.strip_prefix('-').unwrap_or(name);
                Some(Sort {
                    field: field(plain)?,
                    descending: backwards || plain != name,
                })
            })
            .collect()
    }

    /// The names of fields to sort by, each with whether the order of the whole list turns it around.
    pub(super) fn sort_names(&self) -> impl Iterator<Item = (&str, bool)> {
        let named = self.all("sort").map(|names| (names, false));
        let by = self.all("sortBy").chain(self.all("orderBy"));
        let all = named.chain(by.map(|names| (names, true)));
        all.flat_map(|(names, turned)| names.split([',', ' ']).map(move |name| (name, turned)))
    }
}

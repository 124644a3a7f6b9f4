//! Listing by what is sealed. Equal names and external ids are found by their blind indexes; for everything else the account's persons are
//! read one part after the other and looked at here. What is kept meanwhile is the ids and sort keys of one page and all before it.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use serde_json::Value as Json;
use time::Date;

use super::super::listing::Where;
use super::columns::Details;
use super::load::{by_ids, readings};
use crate::db::{Row, Tx, Value};
use crate::error::StoreError;
use crate::ids::{ClientId, PersonId};
use crate::person::{Person, PersonField};
use crate::query::{Comparison, Condition, Listing, Operand, Page, folded};
use crate::vault::Blind;

/// Persons that are read at a time.
const AT_ONCE: i64 = 500;

/// Whether the listing asks for more than the database can read.
pub(super) fn needs_details(listing: &Listing<PersonField>) -> bool {
    let mut fields = listing.conditions.iter().map(|condition| condition.field);
    fields.any(is_sealed) || listing.sort.iter().any(|sort| is_sealed(sort.field))
}

fn is_sealed(field: PersonField) -> bool {
    use PersonField::{CreatedAt, Id, UpdatedAt, Version};
    !matches!(field, Id | Version | CreatedAt | UpdatedAt)
}

/// A value to compare and to sort by; none is the least.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    None,
    Integer(i64),
    Date(Date),
    Text(String),
}

impl From<&Operand> for Key {
    fn from(operand: &Operand) -> Self {
        match operand {
            Operand::Text(text) => Self::Text(text.clone()),
            Operand::Integer(number) => Self::Integer(*number),
            Operand::Date(date) => Self::Date(*date),
            // No field of a person is one.
            Operand::Uuid(_) => Self::None,
        }
    }
}

fn text(text: Option<&String>) -> Key {
    text.map_or(Key::None, |text| Key::Text(text.clone()))
}

/// A list as the database would hold it.
fn list(items: &[String]) -> Key {
    Key::Text(Json::from(items).to_string())
}

fn key(field: PersonField, row: &Row, details: &Details) -> Result<Key, StoreError> {
    Ok(match field {
        PersonField::Id => Key::Text(row.get("id")?),
        PersonField::ExternalId => text(details.external_id.as_ref()),
        PersonField::Name => Key::Text(folded(&details.name)),
        PersonField::Gender => match details.gender()? {
            Some(gender) => Key::Text(gender.as_str().to_owned()),
            None => Key::None,
        },
        PersonField::DateOfBirth => details.date_of_birth()?.map_or(Key::None, Key::Date),
        PersonField::Nationality => text(details.nationality.as_ref()),
        PersonField::Notes => text(details.notes.as_ref()),
        PersonField::Emails => list(&details.emails),
        PersonField::Phones => list(&details.phones),
        PersonField::Version => Key::Integer(row.get("version")?),
        PersonField::CreatedAt => Key::Integer(row.get("created_at")?),
        PersonField::UpdatedAt => Key::Integer(row.get("updated_at")?),
    })
}

/// As SQL would have it (module `listing`).
fn holds(
    condition: &Condition<PersonField>,
    row: &Row,
    details: &Details,
) -> Result<bool, StoreError> {
    let value = key(condition.field, row, details)?;
    let Some(first) = condition.operands.first() else {
        return Ok(condition.comparison != Comparison::In);
    };
    let equals = |operand: &Operand| match (condition.field, operand) {
        (PersonField::Emails, Operand::Text(member)) => details.emails.contains(member),
        (PersonField::Phones, Operand::Text(member)) => details.phones.contains(member),
        _ => value != Key::None && value == Key::from(operand),
    };
    Ok(match condition.comparison {
        Comparison::Equal => equals(first),
        Comparison::NotEqual => !equals(first),
        Comparison::In => condition.operands.iter().any(equals),
        Comparison::Greater => value != Key::None && value > Key::from(first),
        Comparison::Less => value != Key::None && value < Key::from(first),
        Comparison::Contains => match (&value, first) {
            (Key::Text(value), Operand::Text(part)) => {
                value.to_lowercase().contains(&part.to_lowercase()) || value.contains(part)
            }
            _ => false,
        },
    })
}

/// The column in which, and the hashes by which, those can be found who may fulfil a condition.
fn blind(
    blind: &Blind,
    client: ClientId,
    condition: &Condition<PersonField>,
) -> Option<(&'static str, Vec<Value>)> {
    if !matches!(condition.comparison, Comparison::Equal | Comparison::In) {
        return None;
    }
    let operands = match condition.comparison {
        Comparison::Equal => condition.operands.get(..1)?,
        _ => &condition.operands[..],
    };
    let texts = operands.iter().filter_map(|operand| match operand {
        Operand::Text(text) => Some(text.as_str()),
        _ => None,
    });
    match condition.field {
        PersonField::Name => {
            let hashes = texts.map(|name| blind.name(client, name).into());
            Some(("name_index", hashes.collect()))
        }
        PersonField::ExternalId => {
            let hashes = texts.map(|id| blind.external_id(client, id).into());
            Some(("external_index", hashes.collect()))
        }
        _ => None,
    }
}

/// Somebody who fulfils all conditions, to be put into order.
struct Candidate {
    keys: Vec<Key>,
    /// Which keys count the other way round.
    descending: Arc<[bool]>,
    created_at: i64,
    id: PersonId,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self
            .keys
            .iter()
            .zip(&other.keys)
            .zip(self.descending.iter());
        let by_keys = pairs.map(|((own, other), descending)| match descending {
            false => own.cmp(other),
            true => other.cmp(own),
        });
        by_keys
            .fold(Ordering::Equal, Ordering::then)
            .then(self.created_at.cmp(&other.created_at))
            .then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// One page of an account's persons.
pub(super) async fn page(
    tx: &mut Tx<'_>,
    client: ClientId,
    mut filter: Where,
    listing: Listing<PersonField>,
) -> Result<Page<Person>, StoreError> {
    let vault = tx.vault.clone();
    let mut tested = Vec::new();
    for condition in &listing.conditions {
        if !is_sealed(condition.field) {
            filter.and_condition(condition);
            continue;
        }
        let hashes = vault
            .as_ref()
            .and_then(|vault| blind(&vault.blind, client, condition));
        if let Some((column, hashes)) = hashes {
            filter.and_in(&format!("{column} IN ({{}})"), hashes);
        }
        // As if the database were asked.
        for operand in &condition.operands {
            Value::from(operand).check()?;
        }
        tested.push(condition);
    }
    let descending: Arc<[bool]> = listing.sort.iter().map(|sort| sort.descending).collect();
    let keep = listing.offset.saturating_add(u64::from(listing.limit));
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let (mut total, mut after, mut best) = (0, String::new(), BinaryHeap::new());
    loop {
        let rows = tx.rows(filter.part("persons", &after, AT_ONCE)).await?;
        let Some(last) = rows.last() else { break };
        after = last.get("id")?;
        let readings = readings(tx, &rows).await?;
        for row in &rows {
            let id = row.id("id")?;
            let Some(reading) = readings.get(&id).filter(|reading| !reading.is_erased()) else {
                continue;
            };
            let details = Details::read(row, reading.key())?;
            let mut fits = true;
            for condition in &tested {
                fits = fits && holds(condition, row, &details)?;
            }
            if !fits {
                continue;
            }
            total += 1;
            let keys = listing
                .sort
                .iter()
                .map(|sort| key(sort.field, row, &details));
            best.push(Candidate {
                keys: keys.collect::<Result<_, _>>()?,
                descending: Arc::clone(&descending),
                created_at: row.get("created_at")?,
                id,
            });
            if best.len() > keep {
                best.pop();
            }
        }
    }
    let offset = usize::try_from(listing.offset).unwrap_or(usize::MAX);
    let wanted = best.into_sorted_vec().into_iter().skip(offset);
    let wanted = wanted.map(|candidate| candidate.id).collect();
    Ok(Page {
        items: by_ids(tx, client, wanted).await?,
        total,
    })
}

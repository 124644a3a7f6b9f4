//! Who is in which collection.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::{CHUNK, persons};
use crate::change::ChangeKind;
use crate::db::{Row, Tx, Value, in_list, sql};
use crate::error::{Cause, StoreError};
use crate::ids::{ClientId, CollectionId, PersonId};

fn ids<T: std::str::FromStr + Ord>(rows: &[Row], column: &str) -> Result<BTreeSet<T>, StoreError> {
    rows.iter().map(|row| row.id(column)).collect()
}

fn texts(people: &[PersonId]) -> Vec<Value> {
    people
        .iter()
        .map(|id| Value::from(id.to_string()))
        .collect()
}

/// The persons of a collection.
pub(super) async fn members(
    tx: &mut Tx<'_>,
    client: ClientId,
    collection: CollectionId,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let statement =
        sql("SELECT person_id FROM memberships WHERE client_id = $1 AND collection_id = $2");
    ids(
        &tx.rows(
            statement
                .bind(client.to_string())
                .bind(collection.to_string()),
        )
        .await?,
        "person_id",
    )
}

/// Those of `people` who are in a collection.
pub(super) async fn members_among(
    tx: &mut Tx<'_>,
    client: ClientId,
    collection: CollectionId,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut present = BTreeSet::new();
    for part in people.chunks(CHUNK) {
        let (list, values) = in_list(3, texts(part));
        let text = format!(
            "SELECT person_id FROM memberships WHERE client_id = $1 AND collection_id = $2 AND person_id IN ({list})"
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(client.to_string())
            .bind(collection.to_string())
            .bind_all(values);
        present.append(&mut ids(&tx.rows(statement).await?, "person_id")?);
    }
    Ok(present)
}

/// The collections of a person.
pub(super) async fn of_person(
    tx: &mut Tx<'_>,
    client: ClientId,
    person: PersonId,
) -> Result<BTreeSet<CollectionId>, StoreError> {
    let statement =
        sql("SELECT collection_id FROM memberships WHERE client_id = $1 AND person_id = $2");
    ids(
        &tx.rows(statement.bind(client.to_string()).bind(person.to_string()))
            .await?,
        "collection_id",
    )
}

/// Says `PersonNotFound` when one of these is not a person of the account.
pub(super) async fn require(
    tx: &mut Tx<'_>,
    client: ClientId,
    people: &[PersonId],
) -> Result<(), StoreError> {
    for part in people.chunks(CHUNK) {
        let (list, values) = in_list(2, texts(part));
        let text = format!(
            "SELECT COUNT(*) AS there FROM persons WHERE client_id = $1 AND id IN ({list})"
        );
        let row = tx
            .row(
                sql(AssertSqlSafe(text))
                    .bind(client.to_string())
                    .bind_all(values),
            )
            .await?;
        let there: i64 = row.map_or(Ok(0), |row| row.get("there"))?;
        if usize::try_from(there).ok() != Some(part.len()) {
            return Err(StoreError::PersonNotFound);
        }
    }
    Ok(())
}

/// Puts persons into a collection in which they are not. `PersonNotFound`, or `PersonAlreadySet` when it has another one of
/// the same identity.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    client: ClientId,
    collection: CollectionId,
    people: Vec<PersonId>,
    added_at: OffsetDateTime,
) -> Result<(), StoreError> {
    require(tx, client, &people).await?;
    for part in people.chunks(CHUNK) {
        let (list, values) = in_list(4, texts(part));
        let text = format!(
            "INSERT INTO memberships (collection_id, person_id, client_id, identity, added_at)
             SELECT $1, id, client_id, identity, $3 FROM persons WHERE client_id = $2 AND id IN ({list})
             ON CONFLICT (collection_id, identity) DO NOTHING RETURNING person_id"
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(collection.to_string())
            .bind(client.to_string())
            .bind(added_at)
            .bind_all(values);
        let added: BTreeSet<PersonId> = ids(&tx.rows(statement).await?, "person_id")?;
        if let Some(&refused) = part.iter().find(|id| !added.contains(id)) {
            return Err(conflict(tx, client, collection, refused).await?);
        }
        tx.changes.extend(
            part.iter()
                .map(|&person| (client, ChangeKind::MembershipAdded { person, collection })),
        );
    }
    Ok(())
}

/// Why a person was not put into a collection.
async fn conflict(
    tx: &mut Tx<'_>,
    client: ClientId,
    collection: CollectionId,
    refused: PersonId,
) -> Result<StoreError, StoreError> {
    let statement = sql("SELECT * FROM persons WHERE client_id = $1 AND id IN
                           (SELECT m.person_id FROM memberships m JOIN persons p ON p.identity = m.identity
                            WHERE m.collection_id = $2 AND p.id = $3)")
    .bind(client.to_string())
    .bind(collection.to_string())
    .bind(refused.to_string());
    let rows = tx.rows(statement).await?;
    let existing = persons::assemble(tx, client, &rows)
        .await?
        .into_iter()
        .next();
    // The other one may have left in between.
    Ok(existing.filter(|person| person.id != refused).map_or_else(
        || StoreError::Contended(Cause::new("membership")),
        |person| StoreError::PersonAlreadySet(Box::new(person)),
    ))
}

/// Takes persons out of a collection; those who were in it.
pub(super) async fn remove(
    tx: &mut Tx<'_>,
    client: ClientId,
    collection: CollectionId,
    people: Vec<PersonId>,
) -> Result<usize, StoreError> {
    let mut removed = 0;
    for part in people.chunks(CHUNK) {
        let (list, values) = in_list(3, texts(part));
        let text = format!(
            "DELETE FROM memberships WHERE client_id = $1 AND collection_id = $2 AND person_id IN ({list})
             RETURNING person_id"
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(client.to_string())
            .bind(collection.to_string())
            .bind_all(values);
        let gone: BTreeSet<PersonId> = ids(&tx.rows(statement).await?, "person_id")?;
        removed += gone.len();
        tx.changes.extend(
            gone.into_iter()
                .map(|person| (client, ChangeKind::MembershipRemoved { person, collection })),
        );
    }
    Ok(removed)
}

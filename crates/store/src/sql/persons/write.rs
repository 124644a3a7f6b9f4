//! Changing persons. Each function is the body of one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::super::{collections, faces, memberships, now};
use super::columns::{COLUMNS, Details, assignments};
use super::load::{assemble, by_id, is_namesake, readings};
use crate::change::ChangeKind;
use crate::collection::CollectionRef;
use crate::db::{Row, Tx, sql};
use crate::error::StoreError;
use crate::face::NewFace;
use crate::ids::{ClientId, CollectionId, FaceId, PersonId};
use crate::person::{Detached, NewPerson, Person, PersonUpdate};
use crate::vault::{DataKey, Reading};

async fn reread(tx: &mut Tx<'_>, client: ClientId, id: PersonId) -> Result<Person, StoreError> {
    by_id(tx, client, id)
        .await?
        .ok_or(StoreError::PersonNotFound)
}

/// When a person was made and changed, and how often.
pub(in crate::sql) struct History {
    pub(in crate::sql) version: i64,
    pub(in crate::sql) created_at: OffsetDateTime,
    pub(in crate::sql) updated_at: OffsetDateTime,
}

impl History {
    fn begins() -> Self {
        let now = now();
        Self {
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }
}

/// The row of a new person, without collections and faces. False when the id is taken.
pub(in crate::sql) async fn insert_row(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    key: Option<&DataKey>,
    new: &NewPerson,
    history: History,
) -> Result<bool, StoreError> {
    let values = Details::from(new).values(tx, client, id, new.namesakes, key)?;
    let columns = COLUMNS.join(", ");
    // Those of the table's own, before the details.
    const OWN: usize = 6;
    let details: Vec<String> = (OWN + 1..)
        .take(COLUMNS.len())
        .map(|number| format!("${number}"))
        .collect();
    let text = format!(
        "INSERT INTO persons (id, client_id, liveness_score, version, created_at, updated_at, {columns})
         SELECT $1, id, $3, $4, $5, $6, {} FROM clients WHERE id = $2
         ON CONFLICT (id) DO NOTHING RETURNING id",
        details.join(", ")
    );
    let statement = sql(AssertSqlSafe(text))
        .bind(id.to_string())
        .bind(client.to_string())
        .bind(new.liveness_score)
        .bind(history.version)
        .bind(history.created_at)
        .bind(history.updated_at)
        .bind_all(values);
    Ok(tx.row(statement).await?.is_some())
}

pub(super) async fn create(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    key: Option<&DataKey>,
    new: &NewPerson,
    faces: &[(FaceId, NewFace)],
) -> Result<Person, StoreError> {
    let wanted = collections::resolve_all(tx, client, &new.collections).await?;
    if !insert_row(tx, client, id, key, new, History::begins()).await? {
        return Err(StoreError::ClientNotFound);
    }
    join(tx, client, id, &wanted).await?;
    faces::insert(tx, client, id, key, faces).await?;
    reread(tx, client, id).await
}

/// Puts a person into collections in which it is not.
async fn join(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    collections: &BTreeSet<CollectionId>,
) -> Result<(), StoreError> {
    let moment = now();
    for &collection in collections {
        memberships::add(tx, client, collection, vec![id], moment).await?;
    }
    Ok(())
}

/// Takes the person's lock and counts the update: concurrent changes of one person come one after the other.
async fn touch(tx: &mut Tx<'_>, client: ClientId, id: PersonId) -> Result<Row, StoreError> {
    let statement = sql("UPDATE persons SET version = version + 1, updated_at = $3
                         WHERE client_id = $1 AND id = $2 RETURNING *")
    .bind(client.to_string())
    .bind(id.to_string())
    .bind(now());
    tx.row(statement).await?.ok_or(StoreError::PersonNotFound)
}

/// How a person is sealed whose row this is.
async fn reading(tx: &Tx<'_>, row: &Row) -> Result<Reading, StoreError> {
    let mut readings = readings(tx, std::slice::from_ref(row)).await?;
    let reading = readings.remove(&row.id("id")?);
    reading
        .filter(|reading| !reading.is_erased())
        .ok_or(StoreError::PersonNotFound)
}

/// What an update does to the faces, in this order.
pub(super) struct FaceChanges {
    /// These and no others.
    pub(super) all: Option<Vec<(FaceId, NewFace)>>,
    /// Without these.
    pub(super) removed: Vec<FaceId>,
    /// With these.
    pub(super) added: Vec<(FaceId, NewFace)>,
}

impl FaceChanges {
    async fn write(
        &self,
        tx: &mut Tx<'_>,
        client: ClientId,
        id: PersonId,
        key: Option<&DataKey>,
    ) -> Result<(), StoreError> {
        if let Some(all) = &self.all {
            faces::remove(tx, client, id, None).await?;
            faces::insert(tx, client, id, key, all).await?;
        }
        for &face in &self.removed {
            if faces::remove(tx, client, id, Some(face)).await? == 0 {
                return Err(StoreError::FaceNotFound);
            }
        }
        if self.added.is_empty() {
            return Ok(());
        }
        faces::insert(tx, client, id, key, &self.added).await
    }
}

pub(super) async fn update(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    update: Arc<PersonUpdate>,
    face_changes: Arc<FaceChanges>,
) -> Result<Person, StoreError> {
    let row = touch(tx, client, id).await?;
    let (namesakes, reading) = (is_namesake(&row)?, reading(tx, &row).await?);
    let rows = [row];
    let Some(person) = assemble(tx, client, &rows).await?.into_iter().next() else {
        return Err(StoreError::PersonNotFound);
    };
    let wanted = match &update.collections {
        Some(wanted) => Some(collections::resolve_all(tx, client, wanted).await?),
        None => None,
    };
    // Leave first: then the new name need not fit into collections that are left.
    let present = memberships::of_person(tx, client, id).await?;
    if let Some(wanted) = &wanted {
        for &left in present.difference(wanted) {
            memberships::remove(tx, client, left, vec![id]).await?;
        }
    }
    write_fields(tx, person, namesakes, &update, reading.key()).await?;
    if let Some(wanted) = &wanted {
        join(
            tx,
            client,
            id,
            &wanted.difference(&present).copied().collect(),
        )
        .await?;
    }
    face_changes.write(tx, client, id, reading.key()).await?;
    reread(tx, client, id).await
}

/// Writes the columns of an updated person, or says `PersonAlreadySet`.
async fn write_fields(
    tx: &mut Tx<'_>,
    person: Person,
    namesakes: bool,
    update: &PersonUpdate,
    key: Option<&DataKey>,
) -> Result<(), StoreError> {
    let (client, id) = (person.client, person.id);
    let liveness_score = update.liveness_score.unwrap_or(person.liveness_score);
    let mut details = Details::from(person);
    details.apply(update);
    let identity = details.identity(tx, client, id, namesakes)?;
    let same = sql("SELECT * FROM persons WHERE client_id = $1 AND id <> $2 AND id IN
                      (SELECT other.person_id FROM memberships other JOIN memberships own ON own.collection_id = other.collection_id
                       WHERE own.person_id = $2 AND other.identity = $3) ORDER BY id")
    .bind(client.to_string())
    .bind(id.to_string())
    .bind(identity);
    let rows = tx.rows(same).await?;
    if let Some(existing) = assemble(tx, client, &rows).await?.into_iter().next() {
        return Err(StoreError::PersonAlreadySet(Box::new(existing)));
    }
    let values = details.values(tx, client, id, namesakes, key)?;
    let text = format!(
        "UPDATE persons SET liveness_score = $3, {} WHERE client_id = $1 AND id = $2",
        assignments(4)
    );
    let statement = sql(AssertSqlSafe(text))
        .bind(client.to_string())
        .bind(id.to_string())
        .bind(liveness_score)
        .bind_all(values);
    tx.run(statement).await.map(drop)
}

pub(super) async fn add_faces(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    new: Arc<Vec<(FaceId, NewFace)>>,
) -> Result<Person, StoreError> {
    let row = touch(tx, client, id).await?;
    let reading = reading(tx, &row).await?;
    faces::insert(tx, client, id, reading.key(), &new).await?;
    reread(tx, client, id).await
}

pub(super) async fn remove_face(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    face: FaceId,
) -> Result<Person, StoreError> {
    touch(tx, client, id).await?;
    if faces::remove(tx, client, id, Some(face)).await? == 0 {
        return Err(StoreError::FaceNotFound);
    }
    reread(tx, client, id).await
}

pub(super) async fn attach(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    wanted: CollectionRef,
) -> Result<(), StoreError> {
    touch(tx, client, id).await?;
    let collection = collections::resolve(tx, client, wanted).await?;
    if memberships::of_person(tx, client, id)
        .await?
        .contains(&collection)
    {
        return Ok(());
    }
    memberships::add(tx, client, collection, vec![id], now()).await
}

pub(super) async fn detach(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    wanted: CollectionRef,
) -> Result<Detached, StoreError> {
    touch(tx, client, id).await?;
    let collection = collections::resolve(tx, client, wanted).await?;
    let mut present = memberships::of_person(tx, client, id).await?;
    if !present.remove(&collection) {
        return Err(StoreError::NotAMember);
    }
    if present.is_empty() {
        delete(tx, client, id).await?;
        return Ok(Detached::Deleted);
    }
    memberships::remove(tx, client, collection, vec![id]).await?;
    Ok(Detached::Kept)
}

pub(super) async fn delete(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM persons WHERE client_id = $1 AND id = $2 RETURNING data_key");
    let row = tx
        .row(statement.bind(client.to_string()).bind(id.to_string()))
        .await?;
    let row = row.ok_or(StoreError::PersonNotFound)?;
    tx.erased.extend(row.data_key()?);
    tx.changes
        .push((client, ChangeKind::PersonRemoved { person: id }));
    Ok(())
}

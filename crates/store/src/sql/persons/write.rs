//! Changing persons. Each function is the body of one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;
use time::OffsetDateTime;

use super::super::{collections, faces, memberships, now};
use super::load::{assemble, by_id, is_namesake};
use super::{identity, own_identity};
use crate::change::ChangeKind;
use crate::collection::CollectionRef;
use crate::db::{Row, Tx, sql};
use crate::error::StoreError;
use crate::face::NewFace;
use crate::ids::{ClientId, CollectionId, FaceId, PersonId};
use crate::person::{Detached, NewPerson, Person, PersonUpdate};

async fn reread(tx: &mut Tx<'_>, client: ClientId, id: PersonId) -> Result<Person, StoreError> {
    by_id(tx, client, id)
        .await?
        .ok_or(StoreError::PersonNotFound)
}

fn texts(list: &[String]) -> Json {
    Json::from(list.to_vec())
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
    new: &NewPerson,
    history: History,
) -> Result<bool, StoreError> {
    let identity = if new.namesakes {
        own_identity(id)
    } else {
        identity(&new.name, new.date_of_birth)
    };
    let statement = sql("INSERT INTO persons (id, client_id, external_id, name, search_name, identity, gender, date_of_birth,
                             nationality, notes, emails, phones, metadata, liveness_score, version, created_at, updated_at)
                         SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
                         FROM clients WHERE id = $2
                         ON CONFLICT (id) DO NOTHING RETURNING id")
    .bind(id.to_string())
    .bind(client.to_string())
    .bind(new.external_id.clone())
    .bind(new.name.as_str())
    .bind(crate::query::folded(&new.name))
    .bind(identity)
    .bind(new.gender.map(|gender| gender.as_str().to_owned()))
    .bind(new.date_of_birth)
    .bind(new.nationality.clone())
    .bind(new.notes.clone())
    .bind(texts(&new.emails))
    .bind(texts(&new.phones))
    .bind(Json::Object(new.metadata.clone()))
    .bind(new.liveness_score)
    .bind(history.version)
    .bind(history.created_at)
    .bind(history.updated_at);
    Ok(tx.row(statement).await?.is_some())
}

pub(super) async fn create(
    tx: &mut Tx<'_>,
    client: ClientId,
    new: Arc<NewPerson>,
    faces: Arc<Vec<(FaceId, NewFace)>>,
) -> Result<Person, StoreError> {
    let wanted = collections::resolve_all(tx, client, &new.collections).await?;
    let id = PersonId::random();
    if !insert_row(tx, client, id, &new, History::begins()).await? {
        return Err(StoreError::ClientNotFound);
    }
    join(tx, client, id, &wanted).await?;
    faces::insert(tx, client, id, &faces).await?;
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
    ) -> Result<(), StoreError> {
        if let Some(all) = &self.all {
            faces::remove(tx, client, id, None).await?;
            faces::insert(tx, client, id, all).await?;
        }
        for &face in &self.removed {
            if faces::remove(tx, client, id, Some(face)).await? == 0 {
                return Err(StoreError::FaceNotFound);
            }
        }
        if self.added.is_empty() {
            return Ok(());
        }
        faces::insert(tx, client, id, &self.added).await
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
    let namesakes = is_namesake(&row)?;
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
    write_fields(tx, person, namesakes, &update).await?;
    if let Some(wanted) = &wanted {
        join(
            tx,
            client,
            id,
            &wanted.difference(&present).copied().collect(),
        )
        .await?;
    }
    face_changes.write(tx, client, id).await?;
    reread(tx, client, id).await
}

/// Writes the columns of an updated person, or says `PersonAlreadySet`.
async fn write_fields(
    tx: &mut Tx<'_>,
    person: Person,
    namesakes: bool,
    update: &PersonUpdate,
) -> Result<(), StoreError> {
    let (client, id) = (person.client, person.id);
    let name = update.name.clone().unwrap_or(person.name);
    let date_of_birth = update.date_of_birth.unwrap_or(person.date_of_birth);
    let identity = if namesakes {
        own_identity(id)
    } else {
        identity(&name, date_of_birth)
    };
    let same = sql("SELECT * FROM persons WHERE client_id = $1 AND id <> $2 AND id IN
                      (SELECT other.person_id FROM memberships other JOIN memberships own ON own.collection_id = other.collection_id
                       WHERE own.person_id = $2 AND other.identity = $3) ORDER BY id")
    .bind(client.to_string())
    .bind(id.to_string())
    .bind(identity.clone());
    let rows = tx.rows(same).await?;
    if let Some(existing) = assemble(tx, client, &rows).await?.into_iter().next() {
        return Err(StoreError::PersonAlreadySet(Box::new(existing)));
    }
    let gender = update.gender.unwrap_or(person.gender);
    let statement = sql("UPDATE persons SET name = $3, search_name = $4, identity = $5, gender = $6, date_of_birth = $7,
                             nationality = $8, notes = $9, emails = $10, phones = $11, metadata = $12, liveness_score = $13
                         WHERE client_id = $1 AND id = $2")
    .bind(client.to_string())
    .bind(id.to_string())
    .bind(name.as_str())
    .bind(crate::query::folded(&name))
    .bind(identity)
    .bind(gender.map(|gender| gender.as_str().to_owned()))
    .bind(date_of_birth)
    .bind(update.nationality.clone().unwrap_or(person.nationality))
    .bind(update.notes.clone().unwrap_or(person.notes))
    .bind(texts(update.emails.as_ref().unwrap_or(&person.emails)))
    .bind(texts(update.phones.as_ref().unwrap_or(&person.phones)))
    .bind(Json::Object(update.metadata.clone().unwrap_or(person.metadata)))
    .bind(update.liveness_score.unwrap_or(person.liveness_score));
    tx.run(statement).await.map(drop)
}

pub(super) async fn add_faces(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
    new: Arc<Vec<(FaceId, NewFace)>>,
) -> Result<Person, StoreError> {
    touch(tx, client, id).await?;
    faces::insert(tx, client, id, &new).await?;
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
    let statement = sql("DELETE FROM persons WHERE client_id = $1 AND id = $2");
    if tx
        .run(statement.bind(client.to_string()).bind(id.to_string()))
        .await?
        == 0
    {
        return Err(StoreError::PersonNotFound);
    }
    tx.changes
        .push((client, ChangeKind::PersonRemoved { person: id }));
    Ok(())
}

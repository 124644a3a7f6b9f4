//! Export and import of accounts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use sqlx::AssertSqlSafe;

use super::collections::collection;
use super::persons::{self, History};
use super::stream::Pieces;
use super::{collections, faces, memberships};
use crate::backup::{Backup, Imported, PersonRecord, Record};
use crate::change::Committed;
use crate::collection::{Collection, CollectionRef};
use crate::db::{Database, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::face::NewFace;
use crate::ids::{ClientId, FaceId, PersonId};
use crate::person::NewPerson;
use crate::query::folded;

/// Persons that are read at once; with large kept pictures they are not small.
const PERSONS_AT_ONCE: i64 = 32;

async fn export(
    tx: &mut Tx<'_>,
    client: ClientId,
    pieces: Pieces<Record>,
) -> Result<(), StoreError> {
    let statement =
        sql("SELECT * FROM collections WHERE client_id = $1 ORDER BY id").bind(client.to_string());
    for row in pieces.in_time(tx.rows(statement)).await? {
        if !pieces.send(Record::Collection(collection(&row)?)).await {
            return Ok(());
        }
    }
    let mut after = String::new();
    loop {
        let records = pieces.in_time(person_records(tx, client, &after)).await?;
        let Some(last) = records.last() else {
            return Ok(());
        };
        after = last.person.id.to_string();
        for record in records {
            if !pieces.send(Record::Person(Box::new(record))).await {
                return Ok(());
            }
        }
    }
}

async fn person_records(
    tx: &mut Tx<'_>,
    client: ClientId,
    after: &str,
) -> Result<Vec<PersonRecord>, StoreError> {
    let statement =
        sql("SELECT * FROM persons WHERE client_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    let rows = tx
        .rows(
            statement
                .bind(client.to_string())
                .bind(after)
                .bind(PERSONS_AT_ONCE),
        )
        .await?;
    let namesakes = rows
        .iter()
        .map(persons::is_namesake)
        .collect::<Result<Vec<_>, _>>()?;
    let people = persons::assemble(tx, client, &rows).await?;
    let mut faces = faces_of(tx, client, people.iter().map(|person| person.id)).await?;
    let records = people
        .into_iter()
        .zip(namesakes)
        .map(|(mut person, namesakes)| {
            person.faces = Vec::new();
            PersonRecord {
                namesakes,
                faces: faces.remove(&person.id).unwrap_or_default(),
                person,
            }
        });
    Ok(records.collect())
}

type FacesByPerson = HashMap<PersonId, Vec<(FaceId, NewFace)>>;

async fn faces_of(
    tx: &mut Tx<'_>,
    client: ClientId,
    people: impl Iterator<Item = PersonId>,
) -> Result<FacesByPerson, StoreError> {
    let (list, values) = in_list(2, people.map(|id| Value::from(id.to_string())).collect());
    let text = format!(
        "SELECT f.*, i.thumbnail, i.crop, i.crop_landmarks, i.original FROM faces f JOIN face_images i ON i.face_id = f.id
         WHERE f.client_id = $1 AND f.person_id IN ({list}) ORDER BY f.position, f.id"
    );
    let mut found = FacesByPerson::new();
    for row in tx
        .rows(
            sql(AssertSqlSafe(text))
                .bind(client.to_string())
                .bind_all(values),
        )
        .await?
    {
        let face = NewFace {
            thumbnail: row.get("thumbnail")?,
            crop: faces::crop(&row)?,
            original: row.get("original")?,
            embedding: faces::from_bytes(&row.get::<Vec<u8>>("embedding")?)?,
            model: faces::model(&row)?,
            quality: row.get("quality")?,
        };
        found
            .entry(row.id("person_id")?)
            .or_default()
            .push((row.uuid("id")?, face));
    }
    Ok(found)
}

async fn import(
    tx: &mut Tx<'_>,
    client: ClientId,
    record: Arc<Record>,
) -> Result<Imported, StoreError> {
    match record.as_ref() {
        Record::Collection(collection) => import_collection(tx, client, collection).await,
        Record::Person(record) => import_person(tx, client, record).await,
    }
}

async fn import_collection(
    tx: &mut Tx<'_>,
    client: ClientId,
    collection: &Collection,
) -> Result<Imported, StoreError> {
    let statement = sql("INSERT INTO collections (id, code, client_id, name, search_name, description, project, version, created_at, updated_at)
                         SELECT $1, $2, id, $4, $5, $6, $7, $8, $9, $10 FROM clients WHERE id = $3
                         ON CONFLICT (id) DO NOTHING RETURNING id")
    .bind(collection.id.to_string())
    .bind(collection.code.uuid())
    .bind(client.to_string())
    .bind(collection.name.as_str())
    .bind(folded(&collection.name))
    .bind(collection.description.clone())
    .bind(collection.project.clone())
    .bind(collection.version)
    .bind(collection.created_at)
    .bind(collection.updated_at);
    if tx.row(statement).await?.is_some() {
        return Ok(Imported::Created);
    }
    match collections::find(tx, client, CollectionRef::Id(collection.id)).await? {
        Some(_) => Ok(Imported::Existed),
        None => Err(StoreError::IdTaken),
    }
}

async fn import_person(
    tx: &mut Tx<'_>,
    client: ClientId,
    record: &PersonRecord,
) -> Result<Imported, StoreError> {
    let person = &record.person;
    let wanted: Vec<CollectionRef> = person
        .collections
        .iter()
        .map(|membership| membership.id.into())
        .collect();
    collections::resolve_all(tx, client, &wanted).await?;
    let new = NewPerson {
        external_id: person.external_id.clone(),
        name: person.name.clone(),
        gender: person.gender,
        date_of_birth: person.date_of_birth,
        nationality: person.nationality.clone(),
        notes: person.notes.clone(),
        emails: person.emails.clone(),
        phones: person.phones.clone(),
        metadata: person.metadata.clone(),
        liveness_score: person.liveness_score,
        collections: Vec::new(),
        faces: Vec::new(),
        namesakes: record.namesakes,
    };
    let history = History {
        version: person.version,
        created_at: person.created_at,
        updated_at: person.updated_at,
    };
    if !persons::insert_row(tx, client, person.id, &new, history).await? {
        let there = persons::by_id(tx, client, person.id).await?;
        return there.map(|_| Imported::Existed).ok_or(StoreError::IdTaken);
    }
    // In the order in which all transactions do it.
    let joined: BTreeMap<_, _> = person
        .collections
        .iter()
        .map(|one| (one.id, one.added_at))
        .collect();
    for (collection, added_at) in joined {
        memberships::add(tx, client, collection, vec![person.id], added_at).await?;
    }
    faces::insert(tx, client, person.id, &record.faces).await?;
    Ok(Imported::Created)
}

#[async_trait]
impl Backup for Database {
    fn export_account(&self, client: ClientId) -> BoxStream<'static, Result<Record, StoreError>> {
        self.stream(move |tx, pieces| Box::pin(export(tx, client, pieces)))
    }

    async fn import_record(
        &self,
        client: ClientId,
        record: Record,
    ) -> Result<Committed<Imported>, StoreError> {
        let record = Arc::new(record);
        self.change(move |tx| Box::pin(import(tx, client, record.clone())))
            .await
    }
}

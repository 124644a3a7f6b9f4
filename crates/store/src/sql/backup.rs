//! Export and import of accounts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use sqlx::AssertSqlSafe;

use super::collections::collection;
use super::persons::{self, History, Readings};
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
use crate::vault::{DataKey, Purpose, Reading, unseal};

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
        let read = pieces.in_time(person_records(tx, client, &after)).await?;
        let Some((records, last)) = read else {
            return Ok(());
        };
        after = last;
        for record in records {
            if !pieces.send(Record::Person(Box::new(record))).await {
                return Ok(());
            }
        }
    }
}

/// Some persons after `after`, and the id of the last one; nothing at the end.
async fn person_records(
    tx: &mut Tx<'_>,
    client: ClientId,
    after: &str,
) -> Result<Option<(Vec<PersonRecord>, String)>, StoreError> {
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
    let mut namesakes: HashSet<PersonId> = HashSet::new();
    for row in &rows {
        if persons::is_namesake(row)? {
            namesakes.insert(row.id("id")?);
        }
    }
    let last = match rows.last() {
        Some(row) => row.get("id")?,
        None => return Ok(None),
    };
    let readings = persons::readings(tx, &rows).await?;
    let people = persons::assemble(tx, client, &rows).await?;
    let mut faces = faces_of(tx, client, people.iter().map(|person| person.id), &readings).await?;
    let records = people.into_iter().map(|mut person| {
        person.faces = Vec::new();
        PersonRecord {
            namesakes: namesakes.contains(&person.id),
            faces: faces.remove(&person.id).unwrap_or_default(),
            person,
        }
    });
    Ok(Some((records.collect(), last)))
}

type FacesByPerson = HashMap<PersonId, Vec<(FaceId, NewFace)>>;

async fn faces_of(
    tx: &mut Tx<'_>,
    client: ClientId,
    people: impl Iterator<Item = PersonId>,
    readings: &Readings,
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
        let (id, person): (FaceId, PersonId) = (row.uuid("id")?, row.id("person_id")?);
        let (key, model) = (
            readings.get(&person).and_then(Reading::key),
            faces::model(&row)?,
        );
        let original: Option<Vec<u8>> = row.get("original")?;
        let original = original.map(|bytes| unseal(key, Purpose::Original(id), bytes));
        let template = unseal(key, Purpose::Template(id, model), row.get("embedding")?)?;
        let face = NewFace {
            thumbnail: unseal(key, Purpose::Thumbnail(id), row.get("thumbnail")?)?,
            crop: faces::crop(&row, id, key)?,
            original: original.transpose()?,
            embedding: faces::from_bytes(&template)?,
            model,
            quality: row.get("quality")?,
        };
        found.entry(person).or_default().push((id, face));
    }
    Ok(found)
}

async fn import(
    tx: &mut Tx<'_>,
    client: ClientId,
    key: Option<Arc<DataKey>>,
    record: Arc<Record>,
) -> Result<Imported, StoreError> {
    match record.as_ref() {
        Record::Collection(collection) => import_collection(tx, client, collection).await,
        Record::Person(record) => import_person(tx, client, key.as_deref(), record).await,
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
    key: Option<&DataKey>,
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
    if !persons::insert_row(tx, client, person.id, key, &new, history).await? {
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
    faces::insert(tx, client, person.id, key, &record.faces).await?;
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
        let key = match &record {
            Record::Person(record) => self.new_key(record.person.id).await?,
            Record::Collection(_) => None,
        };
        let (used, record) = (key.clone(), Arc::new(record));
        let imported = self
            .change(move |tx| Box::pin(import(tx, client, used.clone(), record.clone())))
            .await;
        match &imported {
            Ok(committed) if committed.value == Imported::Existed => {
                self.settle(key, Some(&StoreError::IdTaken)).await;
            }
            imported => self.settle(key, imported.as_ref().err()).await,
        }
        imported
    }
}

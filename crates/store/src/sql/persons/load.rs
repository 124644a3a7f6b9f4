//! Reading persons with what belongs to them.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::super::CHUNK;
use super::super::listing::{self, Where};
use super::columns::Details;
use super::find;
use crate::collection::CollectionRef;
use crate::db::{Row, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::face::Face;
use crate::ids::{ClientId, FaceId, PersonId};
use crate::person::{Membership, Person, PersonField};
use crate::query::{Listing, Page};
use crate::vault::{DataKey, DataKeyId, DataKeys, Purpose, Reading, unseal};

/// How some persons are to be read.
pub(in crate::sql) type Readings = HashMap<PersonId, Reading>;

/// How the persons of these rows, which have an `id` and a `data_key`, are to be read.
pub(in crate::sql) async fn readings(tx: &Tx<'_>, rows: &[Row]) -> Result<Readings, StoreError> {
    let mut named: Vec<(PersonId, Option<DataKeyId>)> = Vec::with_capacity(rows.len());
    for row in rows {
        named.push((row.id("id")?, row.data_key()?));
    }
    let mut keys = DataKeys::default();
    let wanted: Vec<DataKeyId> = named.iter().filter_map(|(_, key)| *key).collect();
    if !wanted.is_empty() {
        let vault = tx.vault.as_ref();
        let vault = vault.ok_or(StoreError::Corrupt(
            "a person is sealed and there is no key",
        ))?;
        keys = vault.keys(wanted).await?;
    }
    let mut lost = 0;
    let reading = |(person, key)| {
        let reading = keys.reading(key).unwrap_or_else(|| {
            lost += 1;
            Reading::Erased
        });
        (person, reading)
    };
    let readings = named.into_iter().map(reading).collect();
    if lost > 0 {
        tracing::error!(
            persons = lost,
            "the key store lacks keys of persons: it is an older copy than the database, and they are left out"
        );
    }
    Ok(readings)
}

/// How these persons are to be read, as far as they are there.
pub(in crate::sql) async fn readings_of(
    tx: &mut Tx<'_>,
    people: &[PersonId],
) -> Result<Readings, StoreError> {
    let mut found = Readings::new();
    for part in people.chunks(CHUNK) {
        let (list, values) = in_list(
            1,
            part.iter().map(|id| Value::from(id.to_string())).collect(),
        );
        let text = format!("SELECT id, data_key FROM persons WHERE id IN ({list})");
        let rows = tx.rows(sql(AssertSqlSafe(text)).bind_all(values)).await?;
        found.extend(readings(tx, &rows).await?);
    }
    Ok(found)
}

/// A row of `persons`, without collections and faces.
fn person(row: &Row, key: Option<&DataKey>) -> Result<Person, StoreError> {
    let details = Details::read(row, key)?;
    Ok(Person {
        id: row.id("id")?,
        client: row.id("client_id")?,
        gender: details.gender()?,
        date_of_birth: details.date_of_birth()?,
        external_id: details.external_id,
        name: details.name,
        nationality: details.nationality,
        notes: details.notes,
        emails: details.emails,
        phones: details.phones,
        metadata: details.metadata,
        liveness_score: row.get("liveness_score")?,
        collections: Vec::new(),
        faces: Vec::new(),
        version: row.get("version")?,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
    })
}

/// Whether this row of `persons` is of one who may have namesakes.
pub(in crate::sql) fn is_namesake(row: &Row) -> Result<bool, StoreError> {
    let id: PersonId = row.id("id")?;
    Ok(row.get::<Vec<u8>>("identity")? == super::own_identity(id))
}

/// Rows of `persons` of one account, with collections and faces, in the order of the rows. Who cannot be read any more, because the data
/// key is destroyed, is left out.
pub(in crate::sql) async fn assemble(
    tx: &mut Tx<'_>,
    client: ClientId,
    rows: &[Row],
) -> Result<Vec<Person>, StoreError> {
    let readings = readings(tx, rows).await?;
    let mut persons = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(reading) = readings
            .get(&row.id("id")?)
            .filter(|reading| !reading.is_erased())
        {
            persons.push(person(row, reading.key())?);
        }
    }
    for part in persons.chunks_mut(CHUNK) {
        let ids: Vec<Value> = part
            .iter()
            .map(|person| Value::from(person.id.to_string()))
            .collect();
        let mut memberships: HashMap<PersonId, Vec<Membership>> = HashMap::new();
        let (list, values) = in_list(2, ids.clone());
        let text = format!(
            "SELECT m.person_id, m.added_at, c.id, c.code, c.name FROM memberships m JOIN collections c ON c.id = m.collection_id
             WHERE m.client_id = $1 AND m.person_id IN ({list}) ORDER BY m.added_at, c.created_at, c.id"
        );
        for row in tx
            .rows(
                sql(AssertSqlSafe(text))
                    .bind(client.to_string())
                    .bind_all(values),
            )
            .await?
        {
            let membership = Membership {
                id: row.id("id")?,
                code: row.uuid("code")?,
                name: row.get("name")?,
                added_at: row.moment("added_at")?,
            };
            memberships
                .entry(row.id("person_id")?)
                .or_default()
                .push(membership);
        }
        let mut faces: HashMap<PersonId, Vec<Face>> = HashMap::new();
        let (list, values) = in_list(2, ids);
        let text = format!(
            "SELECT f.person_id, f.id, f.quality, f.created_at, i.thumbnail
             FROM faces f JOIN face_images i ON i.face_id = f.id
             WHERE f.client_id = $1 AND f.person_id IN ({list}) ORDER BY f.position, f.id"
        );
        for row in tx
            .rows(
                sql(AssertSqlSafe(text))
                    .bind(client.to_string())
                    .bind_all(values),
            )
            .await?
        {
            let (id, person): (FaceId, PersonId) = (row.uuid("id")?, row.id("person_id")?);
            let key = readings.get(&person).and_then(Reading::key);
            let face = Face {
                id,
                thumbnail: unseal(key, Purpose::Thumbnail(id), row.get("thumbnail")?)?,
                quality: row.get("quality")?,
                created_at: row.moment("created_at")?,
            };
            faces.entry(person).or_default().push(face);
        }
        for person in part {
            person.collections = memberships.remove(&person.id).unwrap_or_default();
            person.faces = faces.remove(&person.id).unwrap_or_default();
        }
    }
    Ok(persons)
}

pub(in crate::sql) async fn by_id(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: PersonId,
) -> Result<Option<Person>, StoreError> {
    let statement = sql("SELECT * FROM persons WHERE client_id = $1 AND id = $2");
    let rows = tx
        .rows(statement.bind(client.to_string()).bind(id.to_string()))
        .await?;
    Ok(assemble(tx, client, &rows).await?.into_iter().next())
}

pub(super) async fn by_external_id(
    tx: &mut Tx<'_>,
    client: ClientId,
    external_id: String,
) -> Result<Option<Person>, StoreError> {
    Value::from(external_id.as_str()).check()?;
    let statement = match &tx.vault {
        Some(vault) => sql("SELECT * FROM persons WHERE client_id = $1 AND external_index = $2")
            .bind(client.to_string())
            .bind(vault.blind.external_id(client, &external_id)),
        None => sql("SELECT * FROM persons WHERE client_id = $1 AND external_id = $2")
            .bind(client.to_string())
            .bind(external_id),
    };
    let rows = tx.rows(statement).await?;
    Ok(assemble(tx, client, &rows).await?.into_iter().next())
}

pub(super) async fn by_ids(
    tx: &mut Tx<'_>,
    client: ClientId,
    ids: Vec<PersonId>,
) -> Result<Vec<Person>, StoreError> {
    let mut found: HashMap<PersonId, Person> = HashMap::new();
    for part in ids.chunks(CHUNK) {
        let (list, values) = in_list(
            2,
            part.iter().map(|id| Value::from(id.to_string())).collect(),
        );
        let text = format!("SELECT * FROM persons WHERE client_id = $1 AND id IN ({list})");
        let rows = tx
            .rows(
                sql(AssertSqlSafe(text))
                    .bind(client.to_string())
                    .bind_all(values),
            )
            .await?;
        found.extend(
            assemble(tx, client, &rows)
                .await?
                .into_iter()
                .map(|person| (person.id, person)),
        );
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

pub(super) async fn list(
    tx: &mut Tx<'_>,
    client: ClientId,
    collections: Option<Vec<CollectionRef>>,
    listing: Listing<PersonField>,
) -> Result<Page<Person>, StoreError> {
    let mut filter = Where::client(client);
    if let Some(collections) = collections {
        let mut ids = Vec::new();
        // One that is not there has no members.
        for wanted in collections {
            if let Some(collection) = super::super::collections::find(tx, client, wanted).await? {
                ids.push(Value::from(collection.id.to_string()));
            }
        }
        filter.and_in(
            "id IN (SELECT person_id FROM memberships WHERE collection_id IN ({}))",
            ids,
        );
    }
    if tx.vault.is_some() && find::needs_details(&listing) {
        return find::page(tx, client, filter, listing).await;
    }
    let page = listing::page(tx, "persons", filter, &listing).await?;
    Ok(Page {
        items: assemble(tx, client, &page.items).await?,
        total: page.total,
    })
}

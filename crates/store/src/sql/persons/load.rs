//! Reading persons with what belongs to them.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::super::CHUNK;
use super::super::listing::{self, Where};
use crate::collection::CollectionRef;
use crate::db::{Row, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::face::Face;
use crate::ids::{ClientId, PersonId};
use crate::person::{Membership, Person, PersonField};
use crate::query::{Listing, Page};

/// A row of `persons`, without collections and faces.
fn person(row: &Row) -> Result<Person, StoreError> {
    let gender = row.get::<Option<String>>("gender")?;
    let gender = gender
        .map(|letter| letter.parse().map_err(|_| StoreError::Corrupt("a gender")))
        .transpose()?;
    Ok(Person {
        id: row.id("id")?,
        client: row.id("client_id")?,
        external_id: row.get("external_id")?,
        name: row.get("name")?,
        gender,
        date_of_birth: row.get("date_of_birth")?,
        nationality: row.get("nationality")?,
        notes: row.get("notes")?,
        emails: row.json("emails")?,
        phones: row.json("phones")?,
        metadata: row.json("metadata")?,
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

/// Rows of `persons` of one account, with collections and faces, in the order of the rows.
pub(in crate::sql) async fn assemble(
    tx: &mut Tx<'_>,
    client: ClientId,
    rows: &[Row],
) -> Result<Vec<Person>, StoreError> {
    let mut persons = rows.iter().map(person).collect::<Result<Vec<_>, _>>()?;
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
            let face = Face {
                id: row.uuid("id")?,
                thumbnail: row.get("thumbnail")?,
                quality: row.get("quality")?,
                created_at: row.moment("created_at")?,
            };
            faces.entry(row.id("person_id")?).or_default().push(face);
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
    let statement = sql("SELECT * FROM persons WHERE client_id = $1 AND external_id = $2");
    let rows = tx
        .rows(statement.bind(client.to_string()).bind(external_id))
        .await?;
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
    let page = listing::page(tx, "persons", filter, &listing).await?;
    Ok(Page {
        items: assemble(tx, client, &page.items).await?,
        total: page.total,
    })
}

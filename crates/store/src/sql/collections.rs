//! Collections.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::listing::{self, Where};
use super::{memberships, now};
use crate::change::{ChangeKind, Committed};
use crate::collection::{
    Collection, CollectionField, CollectionRef, CollectionUpdate, Collections, NewCollection,
};
use crate::db::{Database, Row, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionCode, CollectionId, PersonId};
use crate::query::{Listing, Page, folded};

pub(super) fn collection(row: &Row) -> Result<Collection, StoreError> {
    Ok(Collection {
        id: row.id("id")?,
        code: row.uuid("code")?,
        client: row.id("client_id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        project: row.get("project")?,
        version: row.get("version")?,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
    })
}

pub(super) async fn find(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<Option<Collection>, StoreError> {
    let statement = match wanted {
        CollectionRef::Id(id) => sql("SELECT * FROM collections WHERE client_id = $1 AND id = $2")
            .bind(client.to_string())
            .bind(id.to_string()),
        CollectionRef::Code(code) => {
            sql("SELECT * FROM collections WHERE client_id = $1 AND code = $2")
                .bind(client.to_string())
                .bind(code.uuid())
        }
    };
    tx.row(statement)
        .await?
        .as_ref()
        .map(collection)
        .transpose()
}

/// The id of a collection that must be there.
pub(super) async fn resolve(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<CollectionId, StoreError> {
    find(tx, client, wanted)
        .await?
        .map(|collection| collection.id)
        .ok_or(StoreError::CollectionNotFound)
}

/// The ids of collections that must all be there, each once and in one order for all: two transactions that insert into
/// several collections then wait for each other, and do not lock each other out.
pub(super) async fn resolve_all(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: &[CollectionRef],
) -> Result<BTreeSet<CollectionId>, StoreError> {
    let mut ids = BTreeSet::new();
    let wanted: HashSet<CollectionRef> = wanted.iter().copied().collect();
    for one in wanted {
        ids.insert(resolve(tx, client, one).await?);
    }
    Ok(ids)
}

async fn insert(
    tx: &mut Tx<'_>,
    client: ClientId,
    new: NewCollection,
) -> Result<Collection, StoreError> {
    if new.only_of_name {
        lock_names(tx, client).await?;
        if !by_name(tx, client, new.name.clone()).await?.is_empty() {
            return Err(StoreError::CollectionNameTaken);
        }
    }
    let statement = sql("INSERT INTO collections (id, code, client_id, name, search_name, description, project, created_at, updated_at)
                         SELECT $1, $2, id, $4, $5, $6, $7, $8, $8 FROM clients WHERE id = $3 RETURNING *")
    .bind(CollectionId::random().to_string())
    .bind(CollectionCode::random().uuid())
    .bind(client.to_string())
    .bind(new.name.as_str())
    .bind(folded(&new.name))
    .bind(new.description)
    .bind(new.project)
    .bind(now());
    collection(&tx.row(statement).await?.ok_or(StoreError::ClientNotFound)?)
}

/// Whoever looks whether a name is free does so one after the other.
async fn lock_names(tx: &mut Tx<'_>, client: ClientId) -> Result<(), StoreError> {
    let statement = sql("UPDATE clients SET updated_at = updated_at WHERE id = $1");
    tx.run(statement.bind(client.to_string())).await.map(drop)
}

async fn by_name(
    tx: &mut Tx<'_>,
    client: ClientId,
    name: String,
) -> Result<Vec<Collection>, StoreError> {
    let statement =
        sql("SELECT * FROM collections WHERE client_id = $1 AND name = $2 ORDER BY created_at, id");
    tx.rows(statement.bind(client.to_string()).bind(name))
        .await?
        .iter()
        .map(collection)
        .collect()
}

async fn list(
    tx: &mut Tx<'_>,
    client: ClientId,
    listing: Listing<CollectionField>,
) -> Result<Page<Collection>, StoreError> {
    let page = listing::page(tx, "collections", Where::client(client), &listing).await?;
    Ok(Page {
        items: page
            .items
            .iter()
            .map(collection)
            .collect::<Result<_, _>>()?,
        total: page.total,
    })
}

async fn count(
    tx: &mut Tx<'_>,
    client: ClientId,
    ids: Vec<CollectionId>,
) -> Result<HashMap<CollectionId, u64>, StoreError> {
    let (list, values) = in_list(
        2,
        ids.iter().map(|id| Value::from(id.to_string())).collect(),
    );
    let text = format!(
        "SELECT c.id, (SELECT COUNT(*) FROM memberships m WHERE m.collection_id = c.id) AS people
         FROM collections c WHERE c.client_id = $1 AND c.id IN ({list})"
    );
    let rows = tx
        .rows(
            sql(sqlx::AssertSqlSafe(text))
                .bind(client.to_string())
                .bind_all(values),
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.id("id")?,
                row.get::<i64>("people")?.try_into().unwrap_or(0),
            ))
        })
        .collect()
}

/// Takes the row's lock and counts the update; whoever changes a collection's members as a whole starts so.
async fn touch(
    tx: &mut Tx<'_>,
    client: ClientId,
    id: CollectionId,
) -> Result<Collection, StoreError> {
    let statement = sql(
        "UPDATE collections SET version = version + 1, updated_at = $3
                         WHERE client_id = $1 AND id = $2 RETURNING *",
    )
    .bind(client.to_string())
    .bind(id.to_string())
    .bind(now());
    collection(
        &tx.row(statement)
            .await?
            .ok_or(StoreError::CollectionNotFound)?,
    )
}

async fn update(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: CollectionRef,
    update: CollectionUpdate,
) -> Result<Collection, StoreError> {
    let id = resolve(tx, client, wanted).await?;
    let mut collection = touch(tx, client, id).await?;
    collection.name = update.name.unwrap_or(collection.name);
    collection.description = update.description.unwrap_or(collection.description);
    collection.project = update.project.unwrap_or(collection.project);
    let statement = sql(
        "UPDATE collections SET name = $3, search_name = $4, description = $5, project = $6
                         WHERE client_id = $1 AND id = $2",
    )
    .bind(client.to_string())
    .bind(id.to_string())
    .bind(collection.name.as_str())
    .bind(folded(&collection.name))
    .bind(collection.description.clone())
    .bind(collection.project.clone());
    tx.run(statement).await?;
    if let Some(people) = update.people {
        let wanted: BTreeSet<PersonId> = people.into_iter().collect();
        let present = memberships::members(tx, client, id).await?;
        memberships::remove(
            tx,
            client,
            id,
            present.difference(&wanted).copied().collect(),
        )
        .await?;
        memberships::add(
            tx,
            client,
            id,
            wanted.difference(&present).copied().collect(),
            now(),
        )
        .await?;
    }
    Ok(collection)
}

async fn delete(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<Collection, StoreError> {
    let id = resolve(tx, client, wanted).await?;
    let statement = sql("DELETE FROM collections WHERE client_id = $1 AND id = $2 RETURNING *");
    let row = tx
        .row(statement.bind(client.to_string()).bind(id.to_string()))
        .await?;
    let collection = collection(&row.ok_or(StoreError::CollectionNotFound)?)?;
    tx.changes
        .push((client, ChangeKind::CollectionRemoved { collection: id }));
    Ok(collection)
}

async fn delete_with_people(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<Collection, StoreError> {
    let id = resolve(tx, client, wanted).await?;
    touch(tx, client, id).await?;
    let statement = sql("DELETE FROM persons WHERE client_id = $1 AND id IN
                           (SELECT here.person_id FROM memberships here WHERE here.collection_id = $2 AND NOT EXISTS
                              (SELECT 1 FROM memberships other WHERE other.person_id = here.person_id AND other.collection_id <> $2))
                         RETURNING id, data_key")
    .bind(client.to_string())
    .bind(id.to_string());
    for row in tx.rows(statement).await? {
        let person = row.id("id")?;
        tx.erased.extend(row.data_key()?);
        tx.changes
            .push((client, ChangeKind::PersonRemoved { person }));
    }
    delete(tx, client, id.into()).await
}

async fn change_people(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: CollectionRef,
    joining: &BTreeSet<PersonId>,
    leaving: &[PersonId],
) -> Result<Vec<PersonId>, StoreError> {
    let id = resolve(tx, client, wanted).await?;
    touch(tx, client, id).await?;
    let left: Vec<PersonId> = memberships::members_among(tx, client, id, leaving)
        .await?
        .into_iter()
        .collect();
    memberships::remove(tx, client, id, left.clone()).await?;
    let asked: Vec<PersonId> = joining.iter().copied().collect();
    let present = memberships::members_among(tx, client, id, &asked).await?;
    let new = joining.difference(&present).copied().collect();
    memberships::add(tx, client, id, new, now()).await?;
    Ok(left)
}

async fn move_people(
    tx: &mut Tx<'_>,
    client: ClientId,
    from: CollectionRef,
    to: CollectionRef,
    people: Vec<PersonId>,
) -> Result<Vec<PersonId>, StoreError> {
    let (from, to) = (
        resolve(tx, client, from).await?,
        resolve(tx, client, to).await?,
    );
    // One order for all, see `resolve_all`.
    for id in BTreeSet::from([from, to]) {
        touch(tx, client, id).await?;
    }
    let people: Vec<PersonId> = people
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    memberships::require(tx, client, &people).await?;
    let moved: Vec<PersonId> = memberships::members_among(tx, client, from, &people)
        .await?
        .into_iter()
        .collect();
    if from != to {
        let there = memberships::members_among(tx, client, to, &moved).await?;
        let new = moved
            .iter()
            .filter(|id| !there.contains(id))
            .copied()
            .collect();
        memberships::add(tx, client, to, new, now()).await?;
        memberships::remove(tx, client, from, moved.clone()).await?;
    }
    Ok(moved)
}

#[async_trait]
impl Collections for Database {
    async fn create_collection(
        &self,
        client: ClientId,
        new: NewCollection,
    ) -> Result<Collection, StoreError> {
        self.write(move |tx| Box::pin(insert(tx, client, new.clone())))
            .await
    }

    async fn collection(
        &self,
        client: ClientId,
        wanted: CollectionRef,
    ) -> Result<Option<Collection>, StoreError> {
        self.look(move |tx| Box::pin(find(tx, client, wanted)))
            .await
    }

    async fn collections_by_name(
        &self,
        client: ClientId,
        name: &str,
    ) -> Result<Vec<Collection>, StoreError> {
        let name = name.to_owned();
        self.read(move |tx| Box::pin(by_name(tx, client, name.clone())))
            .await
    }

    async fn collections(
        &self,
        client: ClientId,
        listing: Listing<CollectionField>,
    ) -> Result<Page<Collection>, StoreError> {
        self.read(move |tx| Box::pin(list(tx, client, listing.clone())))
            .await
    }

    async fn count_people(
        &self,
        client: ClientId,
        ids: Vec<CollectionId>,
    ) -> Result<HashMap<CollectionId, u64>, StoreError> {
        self.read(move |tx| Box::pin(count(tx, client, ids.clone())))
            .await
    }

    async fn update_collection(
        &self,
        client: ClientId,
        wanted: CollectionRef,
        changed: CollectionUpdate,
    ) -> Result<Committed<Collection>, StoreError> {
        self.change(move |tx| Box::pin(update(tx, client, wanted, changed.clone())))
            .await
    }

    async fn delete_collection(
        &self,
        client: ClientId,
        wanted: CollectionRef,
    ) -> Result<Committed<Collection>, StoreError> {
        self.change(move |tx| Box::pin(delete(tx, client, wanted)))
            .await
    }

    async fn delete_collection_with_people(
        &self,
        client: ClientId,
        wanted: CollectionRef,
    ) -> Result<Committed<Collection>, StoreError> {
        self.change(move |tx| Box::pin(delete_with_people(tx, client, wanted)))
            .await
    }

    async fn change_people(
        &self,
        client: ClientId,
        wanted: CollectionRef,
        joining: Vec<PersonId>,
        leaving: Vec<PersonId>,
    ) -> Result<Committed<Vec<PersonId>>, StoreError> {
        let lists = Arc::new((joining.into_iter().collect::<BTreeSet<_>>(), leaving));
        self.change(move |tx| {
            let lists = lists.clone();
            Box::pin(async move { change_people(tx, client, wanted, &lists.0, &lists.1).await })
        })
        .await
    }

    async fn move_people(
        &self,
        client: ClientId,
        from: CollectionRef,
        to: CollectionRef,
        people: Vec<PersonId>,
    ) -> Result<Committed<Vec<PersonId>>, StoreError> {
        self.change(move |tx| Box::pin(move_people(tx, client, from, to, people.clone())))
            .await
    }
}

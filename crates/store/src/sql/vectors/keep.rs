//! Keeping vectors in step with faces and memberships, in the transaction that changes those.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::super::faces;
use super::{Table, Tables};
use crate::change::ChangeKind;
use crate::db::{Tx, Value, in_list, insert_many, sql};
use crate::error::StoreError;
use crate::face::Template;
use crate::ids::{ClientId, CollectionId, FaceId, PersonId};

/// Persons whose vectors are written at a time.
const PERSONS: usize = 128;

/// Whose vectors a transaction may have made wrong.
#[derive(Debug, Default)]
pub(in crate::sql) struct Touched {
    persons: BTreeSet<PersonId>,
    /// Collections that are gone: whoever was in one may be in none now.
    ended: Vec<CollectionId>,
}

impl Touched {
    pub(in crate::sql) fn by(changes: &[(ClientId, ChangeKind)]) -> Self {
        let mut touched = Self::default();
        for (_, kind) in changes {
            match kind {
                ChangeKind::FaceAdded { person, .. }
                | ChangeKind::FaceRemoved { person, .. }
                | ChangeKind::MembershipAdded { person, .. }
                | ChangeKind::MembershipRemoved { person, .. }
                | ChangeKind::PersonRemoved { person } => drop(touched.persons.insert(*person)),
                ChangeKind::CollectionRemoved { collection } => touched.ended.push(*collection),
            }
        }
        touched
    }
}

/// Brings the vectors of whom a transaction touched to what it leaves behind.
pub(in crate::sql) async fn keep(
    tx: &mut Tx<'_>,
    tables: &Tables,
    touched: &Touched,
) -> Result<(), StoreError> {
    let persons: Vec<_> = touched.persons.iter().copied().collect();
    for table in &*tables.all {
        for collection in &touched.ended {
            end(tx, table, *collection).await?;
        }
        write(tx, table, &persons).await?;
    }
    Ok(())
}

/// Takes away the vectors of a collection that is gone: whoever is in no other one is loose now. All in SQL, for they may be very many.
async fn end(tx: &mut Tx<'_>, table: &Table, collection: CollectionId) -> Result<(), StoreError> {
    let name = &table.name;
    let statements = [
        // As in `write`.
        format!(
            "SELECT id FROM persons WHERE id IN (SELECT person_id FROM {name} WHERE scope = $1) ORDER BY id FOR NO KEY UPDATE"
        ),
        // A face that counts by this collection counts by another one.
        format!(
            "WITH again AS (DELETE FROM {name} o USING
                (SELECT c.face_id, MIN(other.scope) AS scope FROM {name} c JOIN {name} other ON other.face_id = c.face_id AND other.scope <> c.scope
                 WHERE c.scope = $1 AND c.main GROUP BY c.face_id) n
                WHERE o.face_id = n.face_id AND o.scope = n.scope RETURNING o.*)
             INSERT INTO {name} SELECT scope, face_id, person_id, client_id, TRUE, embedding, exact FROM again"
        ),
        format!(
            "WITH gone AS (DELETE FROM {name} WHERE scope = $1 RETURNING *)
             INSERT INTO {name} SELECT '{LOOSE}' || client_id, face_id, person_id, client_id, TRUE, embedding, exact FROM gone
             WHERE NOT EXISTS (SELECT 1 FROM {name} other WHERE other.face_id = gone.face_id AND other.scope <> $1)"
        ),
    ];
    for statement in statements {
        let statement = sql(AssertSqlSafe(statement)).bind(collection.to_string());
        tx.run(statement).await?;
    }
    Ok(())
}

/// A vector: its scope, its face, and whether it is the one by which the face counts in its account.
type Key = (String, FaceId, bool);

/// Brings the vectors of these persons, in the order of their ids, to what their faces and collections are now.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    table: &Table,
    persons: &[PersonId],
) -> Result<(), StoreError> {
    for part in persons.chunks(PERSONS) {
        let ids = || part.iter().map(|id| Value::from(id.to_string())).collect();
        // From here on two transactions that change one person's collections come one after the other, and the second sees what the
        // first did.
        let (list, values) = in_list(1, ids());
        let text =
            format!("SELECT id FROM persons WHERE id IN ({list}) ORDER BY id FOR NO KEY UPDATE");
        tx.rows(sql(AssertSqlSafe(text)).bind_all(values)).await?;
        let mut there: BTreeSet<Key> = BTreeSet::new();
        let (list, values) = in_list(1, ids());
        let text = format!(
            "SELECT scope, face_id, main FROM {} WHERE person_id IN ({list})",
            table.name
        );
        for row in tx.rows(sql(AssertSqlSafe(text)).bind_all(values)).await? {
            there.insert((row.get("scope")?, row.uuid("face_id")?, row.get("main")?));
        }
        let templates = faces::of_persons(tx, table.model, part).await?;
        let mut wanted: BTreeMap<Key, &Template> = BTreeMap::new();
        for template in &templates {
            for (number, scope) in scopes(template).into_iter().enumerate() {
                wanted.insert((scope, template.face, number == 0), template);
            }
        }
        there.retain(|key| wanted.remove(key).is_none());
        remove(tx, table, &there).await?;
        insert(tx, table, &wanted).await?;
    }
    Ok(())
}

/// Where a face is searched.
fn scopes(template: &Template) -> Vec<String> {
    match template.collections.as_slice() {
        [] => vec![format!("{LOOSE}{}", template.client)],
        some => some.iter().map(ToString::to_string).collect(),
    }
}

/// How the scope of an account's persons that are in no collection begins; the account follows.
const LOOSE: &str = "l";

async fn remove(tx: &mut Tx<'_>, table: &Table, gone: &BTreeSet<Key>) -> Result<(), StoreError> {
    let rows = gone.iter();
    let rows = rows.map(|(scope, face, _)| vec![scope.as_str().into(), face.uuid().into()]);
    let head = format!("DELETE FROM {} v USING (", table.name);
    let tail = ") AS gone WHERE v.scope = gone.column1 AND v.face_id = gone.column2";
    for statement in insert_many(&head, rows.collect(), tail) {
        tx.run(statement).await?;
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx<'_>,
    table: &Table,
    new: &BTreeMap<Key, &Template>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for ((scope, face, main), template) in new {
        let Some(vector) = text_of(&template.embedding, table.dimension) else {
            tracing::error!(%face, "a stored template cannot be searched");
            continue;
        };
        rows.push(vec![
            scope.as_str().into(),
            face.uuid().into(),
            template.person.to_string().into(),
            template.client.to_string().into(),
            (*main).into(),
            vector.into(),
        ]);
    }
    let head = format!(
        "INSERT INTO {} (scope, face_id, person_id, client_id, main, embedding, exact)
         SELECT column1, column2, column3, column4, column5, column6::{}, column6::{} FROM (",
        table.name,
        table.half(),
        table.single()
    );
    for statement in insert_many(&head, rows, ") AS new") {
        tx.run(statement).await?;
    }
    Ok(())
}

/// A template at unit length as pgvector reads it; nothing when it has none, or another number of components.
pub(super) fn text_of(template: &[f32], dimension: usize) -> Option<String> {
    let squares = template.iter().map(|one| f64::from(*one) * f64::from(*one));
    let norm = squares.sum::<f64>().sqrt();
    if template.len() != dimension || !norm.is_finite() || norm < 1e-12 {
        return None;
    }
    let mut text = String::with_capacity(dimension * 14);
    for (number, value) in template.iter().enumerate() {
        text.push(if number == 0 { '[' } else { ',' });
        // Writing to a text does not fail.
        let _ = write!(text, "{}", (f64::from(*value) / norm) as f32);
    }
    text.push(']');
    Some(text)
}

//! Searching in SQL.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::super::changes;
use super::keep::text_of;
use super::{Table, absent};
use crate::db::{Tx, Value, sql};
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::vectors::{VectorAnswer, VectorHit, VectorQuery};

/// By how much a cosine of half-precision vectors can be off: each component of either is rounded by 2^-11 of itself at most, and the
/// products of two unit vectors' components add up to 1 at most; with something for numbers that are too small for that.
const SLACK: f64 = 1.1e-3;

/// Rows that are read first, beyond some for each person that is asked for.
const AHEAD: usize = 32;

/// How many candidates the index keeps on its way: more find more, and take longer. 200 of 100,000 find what the exact scan finds in
/// nearly all cases (docs/BENCHMARKS.md).
const BREADTH: usize = 200;

/// Rows to search: a table, and which of its rows.
struct Place {
    table: String,
    filter: String,
    values: Vec<Value>,
    /// Whether it has an index of vectors.
    indexed: bool,
}

pub(super) async fn find(
    tx: &mut Tx<'_>,
    table: &Table,
    query: &VectorQuery,
) -> Result<VectorAnswer, StoreError> {
    let revision = changes::newest(tx).await?;
    let scope = query.collection.map(|id| id.to_string());
    let text = format!(
        "SELECT COALESCE(SUM(faces), 0)::BIGINT AS faces FROM {}_counts WHERE client_id = $1 AND scope = $2",
        table.name
    );
    let count = sql(AssertSqlSafe(text))
        .bind(query.client.to_string())
        .bind(scope.clone().unwrap_or_default());
    let row = tx.row(count).await?;
    let faces: i64 = row.map_or(Ok(0), |row| row.get("faces"))?;
    let faces = u64::try_from(faces).unwrap_or(0);
    let mut hits = vec![Vec::new(); query.probes.len()];
    if faces > 0 && query.limit > 0 && !query.probes.is_empty() {
        let least = f64::from((query.least)(faces));
        let places = places(tx, table, query, scope).await?;
        for (probe, found) in query.probes.iter().zip(&mut hits) {
            let probe = text_of(probe, table.dimension).ok_or_else(absent)?;
            *found = search(tx, table, &places, &probe, query, least).await?;
        }
    }
    Ok(VectorAnswer {
        revision,
        faces,
        hits,
    })
}

/// Where the rows of the account, or of the collection if it is the account's, are. Those without an index come first.
async fn places(
    tx: &mut Tx<'_>,
    table: &Table,
    query: &VectorQuery,
    scope: Option<String>,
) -> Result<Vec<Place>, StoreError> {
    let text = format!(
        "SELECT name, scope FROM {}_parts WHERE client_id = $1",
        table.name
    );
    let client = query.client.to_string();
    let rows = tx
        .rows(sql(AssertSqlSafe(text)).bind(client.as_str()))
        .await?;
    let mut parts = Vec::with_capacity(rows.len());
    for row in &rows {
        parts.push((row.get::<String>("name")?, row.get::<String>("scope")?));
    }
    let part = |name: String, filter: &str| Place {
        table: name,
        filter: filter.to_owned(),
        values: Vec::new(),
        indexed: true,
    };
    let rest = |filter: &str, values: Vec<Value>| Place {
        table: table.rest(),
        filter: filter.to_owned(),
        values,
        indexed: false,
    };
    let Some(scope) = scope else {
        let mut all = vec![rest("client_id = $3 AND main", vec![client.into()])];
        all.extend(parts.into_iter().map(|(name, _)| part(name, "main")));
        return Ok(all);
    };
    let own = parts.into_iter().find(|(_, of)| *of == scope);
    Ok(match own {
        Some((name, _)) => vec![part(name, "TRUE")],
        None => vec![rest(
            "scope = $3 AND client_id = $4",
            vec![scope.into(), client.into()],
        )],
    })
}

async fn search(
    tx: &mut Tx<'_>,
    table: &Table,
    places: &[Place],
    probe: &str,
    query: &VectorQuery,
    least: f64,
) -> Result<Vec<VectorHit>, StoreError> {
    let mut best = HashMap::new();
    for place in places {
        let by_index = place.indexed && query.fast;
        if place.indexed {
            plan(tx, by_index, query.limit).await?;
        }
        search_place(
            tx,
            table,
            place,
            probe,
            query.limit,
            least,
            by_index,
            &mut best,
        )
        .await?;
    }
    let mut hits: Vec<VectorHit> = best.into_values().collect();
    hits.retain(|hit| f64::from(hit.cosine) >= least);
    hits.sort_by(|a, b| {
        let by_cosine = b.cosine.total_cmp(&a.cosine);
        by_cosine.then_with(|| a.person.cmp(&b.person))
    });
    hits.truncate(query.limit);
    Ok(hits)
}

/// For the rest of the transaction: by the index of vectors, or past it.
async fn plan(tx: &mut Tx<'_>, by_index: bool, limit: usize) -> Result<(), StoreError> {
    let breadth = (limit * 2).clamp(BREADTH, 1000);
    let (index, rows) = if by_index {
        ("on", "off")
    } else {
        ("off", "on")
    };
    let text = format!(
        "SELECT set_config('enable_indexscan', '{index}', TRUE), set_config('enable_seqscan', '{rows}', TRUE),
                set_config('hnsw.iterative_scan', 'strict_order', TRUE), set_config('hnsw.ef_search', '{breadth}', TRUE)"
    );
    tx.rows(sql(AssertSqlSafe(text))).await.map(drop)
}

/// Adds the best persons of a place: asks for more rows until no other row can be of one of them.
#[expect(clippy::too_many_arguments, reason = "one step of one search")]
async fn search_place(
    tx: &mut Tx<'_>,
    table: &Table,
    place: &Place,
    probe: &str,
    limit: usize,
    least: f64,
    by_index: bool,
    best: &mut HashMap<PersonId, VectorHit>,
) -> Result<(), StoreError> {
    let (half, single, operator) = (table.half(), table.single(), table.operator());
    // The probe is read once, not for every row.
    let text = format!(
        "SELECT person_id, face_id, -far AS near, -(exact {operator} (SELECT $1::TEXT::{single})) AS cosine FROM
            (SELECT person_id, face_id, exact, embedding {operator} (SELECT $1::TEXT::{half}) AS far FROM {} WHERE {}
             ORDER BY embedding {operator} (SELECT $1::TEXT::{half}) LIMIT $2) AS likest",
        place.table, place.filter
    );
    let mut wanted = limit * 2 + AHEAD;
    loop {
        let statement = sql(AssertSqlSafe(text.clone()))
            .bind(probe)
            .bind(wanted as i64)
            .bind_all(place.values.iter().cloned());
        let rows = tx.rows(statement).await?;
        let mut worst = f64::INFINITY;
        let mut here: HashMap<PersonId, f32> = HashMap::new();
        for row in &rows {
            worst = worst.min(row.get("near")?);
            let hit = VectorHit {
                person: row.id("person_id")?,
                face: row.uuid("face_id")?,
                cosine: row.get::<f64>("cosine")? as f32,
            };
            let cosine = here.entry(hit.person).or_insert(hit.cosine);
            *cosine = cosine.max(hit.cosine);
            let known = best.entry(hit.person).or_insert(hit);
            // Of equal faces the one with the smaller id, as the indexes in memory have it.
            if (hit.cosine, known.face) > (known.cosine, hit.face) {
                *known = hit;
            }
        }
        let mut cosines: Vec<f32> = here.into_values().collect();
        cosines.sort_by(|a, b| b.total_cmp(a));
        let last = cosines.get(limit - 1).copied();
        // What an index leaves out is its own affair; of what it gives, the order is that of the cosines of half precision.
        let slack = if by_index { 0.0 } else { SLACK };
        let enough = last.is_some_and(|last| by_index || f64::from(last) > worst + slack);
        if rows.len() < wanted || enough || worst + SLACK < least {
            return Ok(());
        }
        wanted *= 4;
    }
}

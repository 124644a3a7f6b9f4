//! The vectors of what was there before them.

use sqlx::AssertSqlSafe;

use super::{Table, absent, keep::write};
use crate::db::{Tx, sql};
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::vectors::VectorFill;

/// Makes those of the next persons, and notes how far it came, in one transaction: whoever is killed here loses only that.
pub(super) async fn some(
    tx: &mut Tx<'_>,
    table: &Table,
    limit: u32,
) -> Result<VectorFill, StoreError> {
    // Nodes take turns.
    let place =
        sql("SELECT filled, filled_to FROM vector_tables WHERE model_id = $1 FOR NO KEY UPDATE");
    let place = tx.row(place.bind(table.model.digest().to_vec())).await?;
    let place = place.ok_or_else(absent)?;
    let mut complete: bool = place.get("filled")?;
    if !complete {
        let next = sql("SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(place.get::<String>("filled_to")?)
            .bind(i64::from(limit.max(1)));
        let rows = tx.rows(next).await?;
        let persons = rows.iter().map(|row| row.id("id"));
        let persons = persons.collect::<Result<Vec<PersonId>, StoreError>>()?;
        write(tx, table, &persons).await?;
        complete = persons.is_empty();
        let moved = match persons.last() {
            Some(last) => sql("UPDATE vector_tables SET filled_to = $2 WHERE model_id = $1")
                .bind(table.model.digest().to_vec())
                .bind(last.to_string()),
            None => sql("UPDATE vector_tables SET filled = TRUE WHERE model_id = $1")
                .bind(table.model.digest().to_vec()),
        };
        tx.run(moved).await?;
    }
    let text = format!(
        "SELECT COALESCE(SUM(faces), 0)::BIGINT AS faces FROM {}_counts WHERE scope = ''",
        table.name
    );
    let row = tx.row(sql(AssertSqlSafe(text))).await?;
    let faces: i64 = row.map_or(Ok(0), |row| row.get("faces"))?;
    Ok(VectorFill {
        complete,
        faces: faces.try_into().unwrap_or(0),
    })
}

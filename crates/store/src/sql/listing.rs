//! Filters, sorting and paging as SQL. Columns come from the fields, everything that a caller chose goes into placeholders.

use sqlx::AssertSqlSafe;

use crate::db::{Row, Statement, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::query::{Comparison, Condition, Field, FieldKind, Listing, Operand, Page};

/// Conditions that all must hold, and their values from `$1` on.
pub(super) struct Where {
    text: String,
    values: Vec<Value>,
}

impl Where {
    /// The rows of one account.
    pub(super) fn client(client: crate::ids::ClientId) -> Self {
        Self {
            text: "client_id = $1".to_owned(),
            values: vec![client.to_string().into()],
        }
    }

    /// `text` with `{}` where the placeholders of the `IN` list go.
    pub(super) fn and_in(&mut self, text: &str, values: Vec<Value>) {
        let (list, values) = in_list(self.values.len() + 1, values);
        self.and(&text.replace("{}", &list));
        self.values.extend(values);
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" AND (");
        self.text.push_str(condition);
        self.text.push(')');
    }

    fn placeholder(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Rows for which a condition holds.
    pub(super) fn and_condition<F: Field>(&mut self, condition: &Condition<F>) {
        let (column, kind) = condition.field.column();
        let text = match (condition.comparison, kind) {
            (Comparison::In, FieldKind::List) => {
                let each: Vec<String> = condition
                    .operands
                    .iter()
                    .map(|operand| self.has_member(column, operand))
                    .collect();
                if each.is_empty() {
                    "1 = 0".to_owned()
                } else {
                    each.join(" OR ")
                }
            }
            (Comparison::In, _) => {
                return self.and_in(
                    &format!("{column} IN ({{}})"),
                    condition.operands.iter().map(Value::from).collect(),
                );
            }
            (comparison, kind) => {
                let Some(operand) = condition.operands.first() else {
                    return;
                };
                self.single(column, kind, comparison, operand)
            }
        };
        self.and(&text);
    }

    fn single(
        &mut self,
        column: &str,
        kind: FieldKind,
        comparison: Comparison,
        operand: &Operand,
    ) -> String {
        match (comparison, kind) {
            (Comparison::Contains, _) => {
                let Operand::Text(text) = operand else {
                    return "1 = 0".to_owned();
                };
                let lower = self.placeholder(format!("%{}%", escaped(&text.to_lowercase())));
                // Not every database knows the lower case of every letter: as it was typed may hit then.
                let typed = self.placeholder(format!("%{}%", escaped(text)));
                let column = format!("CAST({column} AS TEXT)");
                format!(
                    "LOWER({column}) LIKE {lower} ESCAPE '!' OR {column} LIKE {typed} ESCAPE '!'"
                )
            }
            (Comparison::NotEqual, FieldKind::List) => {
                format!("NOT ({})", self.has_member(column, operand))
            }
            (_, FieldKind::List) => self.has_member(column, operand),
            (Comparison::NotEqual, _) => format!(
                "{column} IS NULL OR {column} <> {}",
                self.placeholder(operand)
            ),
            (Comparison::Greater, _) => format!("{column} > {}", self.placeholder(operand)),
            (Comparison::Less, _) => format!("{column} < {}", self.placeholder(operand)),
            (Comparison::Equal | Comparison::In, _) => {
                format!("{column} = {}", self.placeholder(operand))
            }
        }
    }

    /// A list is JSON text, in which a member stands in quotes.
    fn has_member(&mut self, column: &str, operand: &Operand) -> String {
        let Operand::Text(text) = operand else {
            return "1 = 0".to_owned();
        };
        let member = serde_json::Value::from(text.as_str()).to_string();
        let pattern = self.placeholder(format!("%{}%", escaped(&member)));
        format!("CAST({column} AS TEXT) LIKE {pattern} ESCAPE '!'")
    }

    /// At most `limit` rows of a table after the id `after`, in the order of their ids.
    pub(super) fn part(&self, table: &'static str, after: &str, limit: i64) -> Statement {
        let next = self.values.len() + 1;
        let rest = format!("AND id > ${next} ORDER BY id LIMIT ${}", next + 1);
        self.statement(&format!("SELECT * FROM {table}"), &rest)
            .bind(after)
            .bind(limit)
    }

    fn statement(&self, before: &str, after: &str) -> Statement {
        sql(AssertSqlSafe(format!(
            "{before} WHERE {} {after}",
            self.text
        )))
        .bind_all(self.values.iter().cloned())
    }
}

/// A text in which the wildcards of LIKE stand for themselves. `!`, because a backslash is special in JSON already.
fn escaped(text: &str) -> String {
    text.replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
}

fn order<F: Field>(listing: &Listing<F>) -> String {
    let mut order = String::from("ORDER BY ");
    for sort in &listing.sort {
        let direction = if sort.descending {
            "DESC NULLS LAST"
        } else {
            "ASC NULLS FIRST"
        };
        order.push_str(&format!("{} {direction}, ", sort.field.column().0));
    }
    order.push_str("created_at, id");
    order
}

/// One page of a table, as rows, and the number of rows in all.
pub(super) async fn page<F: Field>(
    tx: &mut Tx<'_>,
    table: &'static str,
    mut filter: Where,
    listing: &Listing<F>,
) -> Result<Page<Row>, StoreError> {
    for condition in &listing.conditions {
        filter.and_condition(condition);
    }
    let count = filter.statement(&format!("SELECT COUNT(*) AS total FROM {table}"), "");
    let total: i64 = tx.row(count).await?.map_or(Ok(0), |row| row.get("total"))?;
    let (limit, offset) = (
        i64::from(listing.limit),
        i64::try_from(listing.offset).unwrap_or(i64::MAX),
    );
    let next = filter.values.len() + 1;
    let after = format!("{} LIMIT ${next} OFFSET ${}", order(listing), next + 1);
    let select = filter
        .statement(&format!("SELECT * FROM {table}"), &after)
        .bind(limit)
        .bind(offset);
    Ok(Page {
        items: tx.rows(select).await?,
        total: total.try_into().unwrap_or(0),
    })
}

//! Statements with their values, and rows: the part of `sqlx` that the store uses, over both databases at once.
//! Placeholders are `$1`, `$2`, ... in both.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::types::Json;
use sqlx::{Arguments, AssertSqlSafe, Decode, Postgres, Row as _, SqlSafeStr, Sqlite, Type};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::fault::from_sqlx;
use crate::error::{Cause, StoreError};
use crate::query::{Operand, to_millis};
use crate::vault::DataKeyId;

/// A value for a placeholder. Every kind knows its SQL type, also when it is null.
#[derive(Clone)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Real(Option<f32>),
    Boolean(bool),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Date(Option<Date>),
    Json(serde_json::Value),
}

impl Value {
    /// Postgres has no NUL in texts; so that both databases take the same, SQLite gets none either.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let nul = match self {
            Self::Text(Some(text)) => text.contains('\0'),
            Self::Json(json) => has_nul(json),
            _ => false,
        };
        if nul {
            Err(StoreError::InvalidValue("a text with a NUL character"))
        } else {
            Ok(())
        }
    }
}

fn has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

macro_rules! value_from {
    ($($from:ty => |$value:ident| $to:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        })*
    };
}

value_from! {
    &str => |text| Value::Text(Some(text.to_owned()));
    String => |text| Value::Text(Some(text));
    Option<String> => |text| Value::Text(text);
    i64 => |number| Value::Integer(Some(number));
    Option<i64> => |number| Value::Integer(number);
    f32 => |number| Value::Real(Some(number));
    Option<f32> => |number| Value::Real(number);
    bool => |yes| Value::Boolean(yes);
    Vec<u8> => |bytes| Value::Bytes(Some(bytes));
    Option<Vec<u8>> => |bytes| Value::Bytes(bytes);
    Uuid => |uuid| Value::Uuid(Some(uuid));
    Option<Uuid> => |uuid| Value::Uuid(uuid);
    Option<Date> => |date| Value::Date(date);
    serde_json::Value => |json| Value::Json(json);
    OffsetDateTime => |moment| Value::Integer(Some(to_millis(moment)));
    &Operand => |operand| match operand {
        Operand::Text(text) => text.as_str().into(),
        Operand::Integer(number) => (*number).into(),
        Operand::Date(date) => Some(*date).into(),
        Operand::Uuid(uuid) => (*uuid).into(),
    };
}

/// A statement and the values of its placeholders.
pub(crate) struct Statement {
    text: sqlx::SqlStr,
    values: Vec<Value>,
}

/// A statement without values yet. Text put together at run time must hold placeholders for all that a caller chose.
pub(crate) fn sql(text: impl SqlSafeStr) -> Statement {
    Statement {
        text: text.into_sql_str(),
        values: Vec::new(),
    }
}

impl Statement {
    /// The value of the next placeholder.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The values of the next placeholders.
    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    pub(super) fn for_postgres(self) -> Result<(sqlx::SqlStr, PgArguments), StoreError> {
        let mut arguments = PgArguments::default();
        for value in self.values {
            value.check()?;
            match value {
                Value::Text(value) => arguments.add(value),
                Value::Integer(value) => arguments.add(value),
                Value::Real(value) => arguments.add(value),
                Value::Boolean(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
                Value::Uuid(value) => arguments.add(value),
                Value::Date(value) => arguments.add(value),
                Value::Json(value) => arguments.add(Json(value)),
            }
            .map_err(|_| StoreError::Database(Cause::new("a value cannot be sent")))?;
        }
        Ok((self.text, arguments))
    }

    pub(super) fn for_sqlite(self) -> Result<(sqlx::SqlStr, SqliteArguments), StoreError> {
        let mut arguments = SqliteArguments::default();
        for value in self.values {
            value.check()?;
            match value {
                Value::Text(value) => arguments.add(value),
                Value::Integer(value) => arguments.add(value),
                Value::Real(value) => arguments.add(value),
                Value::Boolean(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
                Value::Uuid(value) => arguments.add(value),
                Value::Date(value) => arguments.add(value),
                Value::Json(value) => arguments.add(Json(value)),
            }
            .map_err(|_| StoreError::Database(Cause::new("a value cannot be sent")))?;
        }
        Ok((self.text, arguments))
    }
}

/// Placeholders for the values of an `IN` list, from `$first` on. The list is filled up to a power of two, so that lists of
/// all lengths make only a few different statements; an empty one matches nothing.
pub(crate) fn in_list(first: usize, values: Vec<Value>) -> (String, Vec<Value>) {
    let Some(last) = values.last().cloned() else {
        return ("NULL".to_owned(), values);
    };
    let mut values = values;
    values.resize(values.len().next_power_of_two(), last);
    (placeholders(first, values.len()), values)
}

/// `$first, $first+1, ...`, `count` of them.
fn placeholders(first: usize, count: usize) -> String {
    let list: Vec<String> = (first..first + count)
        .map(|number| format!("${number}"))
        .collect();
    list.join(", ")
}

/// Statements that insert many rows, each of as many as the databases take at once. `head` is all before the
/// placeholders, `tail` all after them.
pub(crate) fn insert_many(head: &str, rows: Vec<Vec<Value>>, tail: &str) -> Vec<Statement> {
    let width = rows.first().map_or(1, Vec::len).max(1);
    let mut statements = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let part: Vec<Vec<Value>> = rows.by_ref().take(MAX_VALUES / width).collect();
        let groups: Vec<String> = (0..part.len())
            .map(|number| format!("({})", placeholders(number * width + 1, width)))
            .collect();
        statements.push(
            sql(AssertSqlSafe(format!(
                "{head} VALUES {} {tail}",
                groups.join(", ")
            )))
            .bind_all(part.into_iter().flatten()),
        );
    }
    statements
}

/// Far below the limit of SQLite, 32766, and large enough that more would not be faster.
const MAX_VALUES: usize = 4096;

/// A row of either database.
pub(crate) enum Row {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

/// A type that columns of both databases can be read as.
pub(crate) trait Columns:
    for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>
{
}

impl<T> Columns for T where
    T: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>
{
}

impl Row {
    /// The value of a column; `Option` for one that may be null.
    pub(crate) fn get<T: Columns>(&self, column: &str) -> Result<T, StoreError> {
        match self {
            Self::Postgres(row) => row.try_get(column),
            Self::Sqlite(row) => row.try_get(column),
        }
        .map_err(from_sqlx)
    }

    /// An identifier that is stored as text.
    pub(crate) fn id<T: std::str::FromStr>(&self, column: &str) -> Result<T, StoreError> {
        self.get::<String>(column)?
            .parse()
            .map_err(|_| StoreError::Corrupt("an identifier"))
    }

    /// An identifier that is stored as a UUID.
    pub(crate) fn uuid<T: From<Uuid>>(&self, column: &str) -> Result<T, StoreError> {
        self.get::<Uuid>(column).map(T::from)
    }

    /// The data key of a row of `persons`, if it is sealed.
    pub(crate) fn data_key(&self) -> Result<Option<DataKeyId>, StoreError> {
        let key: Option<Vec<u8>> = self.get("data_key")?;
        key.map(DataKeyId::read).transpose()
    }

    /// A moment that is stored as milliseconds.
    pub(crate) fn moment(&self, column: &str) -> Result<OffsetDateTime, StoreError> {
        let nanos = i128::from(self.get::<i64>(column)?) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .map_err(|_| StoreError::Corrupt("a moment in time"))
    }

    /// A moment, where there is one.
    pub(crate) fn optional_moment(
        &self,
        column: &str,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        match self.get::<Option<i64>>(column)? {
            Some(_) => self.moment(column).map(Some),
            None => Ok(None),
        }
    }

    /// A JSON value.
    pub(crate) fn json<T: serde::de::DeserializeOwned + Send + Unpin + 'static>(
        &self,
        column: &str,
    ) -> Result<T, StoreError> {
        self.get::<Json<T>>(column).map(|json| json.0)
    }
}

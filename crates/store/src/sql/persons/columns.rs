//! What is written of a person, in the clear or sealed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use time::Date;

use super::{own_identity, plain_identity};
use crate::db::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::ids::{ClientId, PersonId};
use crate::person::{Gender, NewPerson, Person, PersonUpdate};
use crate::query::folded;
use crate::vault::{DataKey, Purpose};

/// What is personal of a person: what is sealed as a whole.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Details {
    #[serde(rename = "x")]
    pub(super) external_id: Option<String>,
    #[serde(rename = "n")]
    pub(super) name: String,
    #[serde(rename = "g")]
    gender: Option<String>,
    /// Year, and day of the year: a text of it would have to say what it does before the year 0.
    #[serde(rename = "b")]
    born: Option<(i32, u16)>,
    #[serde(rename = "c")]
    pub(super) nationality: Option<String>,
    #[serde(rename = "t")]
    pub(super) notes: Option<String>,
    #[serde(rename = "e")]
    pub(super) emails: Vec<String>,
    #[serde(rename = "p")]
    pub(super) phones: Vec<String>,
    #[serde(rename = "m")]
    pub(super) metadata: Map<String, Json>,
}

impl From<&NewPerson> for Details {
    fn from(new: &NewPerson) -> Self {
        Self {
            external_id: new.external_id.clone(),
            name: new.name.clone(),
            gender: new.gender.map(|gender| gender.as_str().to_owned()),
            born: new.date_of_birth.map(|date| date.to_ordinal_date()),
            nationality: new.nationality.clone(),
            notes: new.notes.clone(),
            emails: new.emails.clone(),
            phones: new.phones.clone(),
            metadata: new.metadata.clone(),
        }
    }
}

impl From<Person> for Details {
    fn from(person: Person) -> Self {
        Self {
            external_id: person.external_id,
            name: person.name,
            gender: person.gender.map(|gender| gender.as_str().to_owned()),
            born: person.date_of_birth.map(|date| date.to_ordinal_date()),
            nationality: person.nationality,
            notes: person.notes,
            emails: person.emails,
            phones: person.phones,
            metadata: person.metadata,
        }
    }
}

impl Details {
    /// Those of a row, which is sealed with `key` or in the clear.
    pub(super) fn read(row: &Row, key: Option<&DataKey>) -> Result<Self, StoreError> {
        let Some(key) = key else {
            let born: Option<Date> = row.get("date_of_birth")?;
            return Ok(Self {
                external_id: row.get("external_id")?,
                name: row.get("name")?,
                gender: row.get("gender")?,
                born: born.map(|date| date.to_ordinal_date()),
                nationality: row.get("nationality")?,
                notes: row.get("notes")?,
                emails: row.json("emails")?,
                phones: row.json("phones")?,
                metadata: row.json("metadata")?,
            });
        };
        let sealed: Option<Vec<u8>> = row.get("sealed")?;
        let sealed = sealed.ok_or(StoreError::Corrupt("the details of a person are missing"))?;
        let details = key.open(Purpose::Person(row.id("id")?), sealed)?;
        serde_json::from_slice(&details).map_err(|_| StoreError::Corrupt("the details of a person"))
    }

    pub(super) fn gender(&self) -> Result<Option<Gender>, StoreError> {
        let letter = self.gender.as_deref();
        letter
            .map(|letter| letter.parse().map_err(|_| StoreError::Corrupt("a gender")))
            .transpose()
    }

    pub(super) fn date_of_birth(&self) -> Result<Option<Date>, StoreError> {
        self.born
            .map(|(year, day)| {
                Date::from_ordinal_date(year, day).map_err(|_| StoreError::Corrupt("a date"))
            })
            .transpose()
    }

    /// Changes what an update gives. The external id stays.
    pub(super) fn apply(&mut self, update: &PersonUpdate) {
        if let Some(name) = &update.name {
            self.name.clone_from(name);
        }
        if let Some(gender) = update.gender {
            self.gender = gender.map(|gender| gender.as_str().to_owned());
        }
        if let Some(date) = update.date_of_birth {
            self.born = date.map(|date| date.to_ordinal_date());
        }
        if let Some(nationality) = &update.nationality {
            self.nationality.clone_from(nationality);
        }
        if let Some(notes) = &update.notes {
            self.notes.clone_from(notes);
        }
        if let Some(emails) = &update.emails {
            self.emails.clone_from(emails);
        }
        if let Some(phones) = &update.phones {
            self.phones.clone_from(phones);
        }
        if let Some(metadata) = &update.metadata {
            self.metadata.clone_from(metadata);
        }
    }

    /// What no two persons of one collection may share.
    pub(super) fn identity(
        &self,
        tx: &Tx<'_>,
        client: ClientId,
        id: PersonId,
        namesakes: bool,
    ) -> Result<Vec<u8>, StoreError> {
        if namesakes {
            return Ok(own_identity(id));
        }
        let plain = plain_identity(&self.name, self.date_of_birth()?);
        Ok(match &tx.vault {
            Some(vault) => vault.blind.identity(client, &plain),
            None => plain,
        })
    }

    /// The values of [`COLUMNS`].
    pub(super) fn values(
        self,
        tx: &Tx<'_>,
        client: ClientId,
        id: PersonId,
        namesakes: bool,
        key: Option<&DataKey>,
    ) -> Result<Vec<Value>, StoreError> {
        let identity = self.identity(tx, client, id, namesakes)?;
        let name = folded(&self.name);
        let blind = tx.vault.as_ref().map(|vault| &vault.blind);
        let name_index = blind.map(|blind| blind.name(client, &name));
        let external_index = blind
            .zip(self.external_id.as_deref())
            .map(|(blind, id)| blind.external_id(client, id));
        let Some(key) = key else {
            let born = self.date_of_birth()?;
            return Ok(vec![
                self.external_id.into(),
                self.name.into(),
                name.into(),
                identity.into(),
                self.gender.into(),
                born.into(),
                self.nationality.into(),
                self.notes.into(),
                Json::from(self.emails).into(),
                Json::from(self.phones).into(),
                Json::Object(self.metadata).into(),
                Value::Bytes(None),
                Value::Bytes(None),
                name_index.into(),
                external_index.into(),
            ]);
        };
        let details = serde_json::to_value(&self)
            .map_err(|_| StoreError::InvalidValue("the details of a person"))?;
        let details = Value::Json(details);
        // As if it were stored in the clear.
        details.check()?;
        let Value::Json(details) = details else {
            return Err(StoreError::InvalidValue("the details of a person"));
        };
        let sealed = key.seal(Purpose::Person(id), details.to_string().as_bytes())?;
        let empty = || Value::Json(Json::Array(Vec::new()));
        Ok(vec![
            Value::Text(None),
            "".into(),
            "".into(),
            identity.into(),
            Value::Text(None),
            Value::Date(None),
            Value::Text(None),
            Value::Text(None),
            empty(),
            empty(),
            Json::Object(Map::new()).into(),
            key.id.bytes().to_vec().into(),
            sealed.into(),
            name_index.into(),
            external_index.into(),
        ])
    }
}

/// The columns of a person that depend on its details.
pub(super) const COLUMNS: [&str; 15] = [
    "external_id",
    "name",
    "search_name",
    "identity",
    "gender",
    "date_of_birth",
    "nationality",
    "notes",
    "emails",
    "phones",
    "metadata",
    "data_key",
    "sealed",
    "name_index",
    "external_index",
];

/// `column = $3, ...` for all of them.
pub(super) fn assignments(first: usize) -> String {
    let each = COLUMNS.iter().zip(first..);
    let each: Vec<String> = each
        .map(|(column, number)| format!("{column} = ${number}"))
        .collect();
    each.join(", ")
}

/// Seals the row of a person in the clear.
pub(in crate::sql) async fn seal_row(
    tx: &mut Tx<'_>,
    row: &Row,
    key: &DataKey,
) -> Result<(), StoreError> {
    let (client, id) = (row.id("client_id")?, row.id("id")?);
    let namesakes = super::is_namesake(row)?;
    let values = Details::read(row, None)?.values(tx, client, id, namesakes, Some(key))?;
    let text = format!("UPDATE persons SET {} WHERE id = $1", assignments(2));
    let statement = sql(sqlx::AssertSqlSafe(text))
        .bind(id.to_string())
        .bind_all(values);
    tx.run(statement).await.map(drop)
}

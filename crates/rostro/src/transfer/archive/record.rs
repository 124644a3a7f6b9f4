//! Collections and persons as lines of JSON.

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use store::{
    ClientId, Collection, CollectionCode, CollectionId, Crop, FaceId, Membership, ModelId, NewFace,
    Person, PersonId, PersonRecord, Record,
};
use time::{Date, OffsetDateTime, macros::format_description};

/// One line of an archive.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    Collection(CollectionLine),
    Person(Box<PersonLine>),
    /// A person, sealed with the person's own data key.
    Sealed(SealedLine),
}

#[derive(Serialize, Deserialize)]
pub(super) struct SealedLine {
    pub(super) id: PersonId,
    /// A `PersonLine` as JSON, compressed and then sealed.
    #[serde(with = "blob")]
    pub(super) data: Vec<u8>,
    /// Of the person's templates: known while it is written.
    #[serde(skip)]
    pub(super) models: Vec<ModelId>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CollectionLine {
    id: CollectionId,
    code: CollectionCode,
    name: String,
    description: Option<String>,
    project: Option<String>,
    version: i64,
    #[serde(with = "moment")]
    created_at: OffsetDateTime,
    #[serde(with = "moment")]
    updated_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PersonLine {
    id: PersonId,
    external_id: Option<String>,
    name: String,
    gender: Option<String>,
    date_of_birth: Option<String>,
    nationality: Option<String>,
    notes: Option<String>,
    emails: Vec<String>,
    phones: Vec<String>,
    metadata: Map<String, Value>,
    liveness_score: Option<f32>,
    namesakes: bool,
    version: i64,
    #[serde(with = "moment")]
    created_at: OffsetDateTime,
    #[serde(with = "moment")]
    updated_at: OffsetDateTime,
    /// Oldest membership first.
    collections: Vec<MembershipLine>,
    faces: Vec<FaceLine>,
}

#[derive(Serialize, Deserialize)]
struct MembershipLine {
    id: CollectionId,
    #[serde(with = "moment")]
    added_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct FaceLine {
    id: FaceId,
    model: ModelId,
    quality: Option<f32>,
    #[serde(with = "floats")]
    template: Vec<f32>,
    #[serde(with = "blob")]
    thumbnail: Vec<u8>,
    #[serde(
        with = "optional_blob",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    crop: Option<Vec<u8>>,
    /// Where the crop's landmarks are; without them it is of no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    landmarks: Option<[[f32; 2]; 5]>,
    #[serde(
        with = "optional_blob",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    original: Option<Vec<u8>>,
}

impl Line {
    /// The models of a person's templates; one for each face.
    pub(super) fn models(&self) -> Vec<ModelId> {
        match self {
            Self::Collection(_) => Vec::new(),
            Self::Person(person) => person.faces.iter().map(|face| face.model).collect(),
            Self::Sealed(person) => person.models.clone(),
        }
    }

    /// The record, for this account; `None` when a field is not what it must be.
    pub(super) fn into_record(self, client: ClientId) -> Option<Record> {
        match self {
            Self::Collection(line) => Some(Record::Collection(line.into_collection(client))),
            Self::Person(line) => Some(Record::Person(Box::new(line.into_person(client)?))),
            // It was to be opened before.
            Self::Sealed(_) => None,
        }
    }
}

impl From<Record> for Line {
    fn from(record: Record) -> Self {
        match record {
            Record::Collection(collection) => Self::Collection(collection.into()),
            Record::Person(record) => Self::Person(Box::new((*record).into())),
        }
    }
}

impl From<Collection> for CollectionLine {
    fn from(collection: Collection) -> Self {
        Self {
            id: collection.id,
            code: collection.code,
            name: collection.name,
            description: collection.description,
            project: collection.project,
            version: collection.version,
            created_at: collection.created_at,
            updated_at: collection.updated_at,
        }
    }
}

impl CollectionLine {
    fn into_collection(self, client: ClientId) -> Collection {
        Collection {
            id: self.id,
            code: self.code,
            client,
            name: self.name,
            description: self.description,
            project: self.project,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

impl From<PersonRecord> for PersonLine {
    fn from(record: PersonRecord) -> Self {
        let person = record.person;
        Self {
            id: person.id,
            external_id: person.external_id,
            name: person.name,
            gender: person.gender.map(|gender| gender.as_str().to_owned()),
            date_of_birth: person.date_of_birth.map(|date| date.to_string()),
            nationality: person.nationality,
            notes: person.notes,
            emails: person.emails,
            phones: person.phones,
            metadata: person.metadata,
            liveness_score: person.liveness_score,
            namesakes: record.namesakes,
            version: person.version,
            created_at: person.created_at,
            updated_at: person.updated_at,
            collections: person
                .collections
                .into_iter()
                .map(|one| MembershipLine {
                    id: one.id,
                    added_at: one.added_at,
                })
                .collect(),
            faces: record
                .faces
                .into_iter()
                .map(|(id, face)| FaceLine {
                    id,
                    model: face.model,
                    quality: face.quality,
                    template: face.embedding,
                    thumbnail: face.thumbnail,
                    landmarks: face.crop.as_ref().map(|crop| crop.landmarks),
                    crop: face.crop.map(|crop| crop.image),
                    original: face.original,
                })
                .collect(),
        }
    }
}

impl PersonLine {
    fn into_person(self, client: ClientId) -> Option<PersonRecord> {
        let gender = self.gender.map(|text| text.parse()).transpose().ok()?;
        let date = self
            .date_of_birth
            .map(|text| date(&text))
            .transpose()
            .ok()?;
        let membership = |line: MembershipLine| Membership {
            id: line.id,
            // The collection itself says these.
            code: CollectionCode::random(),
            name: String::new(),
            added_at: line.added_at,
        };
        let person = Person {
            id: self.id,
            client,
            external_id: self.external_id,
            name: self.name,
            gender,
            date_of_birth: date,
            nationality: self.nationality,
            notes: self.notes,
            emails: self.emails,
            phones: self.phones,
            metadata: self.metadata,
            liveness_score: self.liveness_score,
            collections: self.collections.into_iter().map(membership).collect(),
            faces: Vec::new(),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        let faces = self.faces.into_iter().map(|line| {
            let face = NewFace {
                thumbnail: line.thumbnail,
                crop: line
                    .crop
                    .zip(line.landmarks)
                    .map(|(image, landmarks)| Crop { image, landmarks }),
                original: line.original,
                embedding: line.template,
                model: line.model,
                quality: line.quality,
            };
            (line.id, face)
        });
        Some(PersonRecord {
            person,
            namesakes: self.namesakes,
            faces: faces.collect(),
        })
    }
}

/// `YYYY-MM-DD`
pub(in crate::transfer) fn date(text: &str) -> Result<Date, time::error::Parse> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
}

mod moment {
    use super::{Deserialize, Deserializer, OffsetDateTime, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(at: &OffsetDateTime, to: S) -> Result<S::Ok, S::Error> {
        let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
        to.serialize_i64(i64::try_from(millis).map_err(serde::ser::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<OffsetDateTime, D::Error> {
        let nanos = i128::from(i64::deserialize(from)?) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(D::Error::custom)
    }
}

mod blob {
    use base64::Engine as _;

    use super::{Deserialize, Deserializer, STANDARD, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map_err(|_| D::Error::custom("not base64"))
    }
}

mod optional_blob {
    use super::{Deserializer, Serializer, blob};

    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => blob::serialize(bytes, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        blob::deserialize(from).map(Some)
    }
}

mod floats {
    use super::{Deserializer, Serializer, blob};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(values: &[f32], to: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        blob::serialize(&bytes, to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
        let bytes = blob::deserialize(from)?;
        let (chunks, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(D::Error::custom("not 32-bit floats"));
        }
        Ok(chunks
            .iter()
            .map(|chunk| f32::from_le_bytes(*chunk))
            .collect())
    }
}

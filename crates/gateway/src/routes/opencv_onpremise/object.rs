//! Persons as this dialect shows them.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use store::{ClientId, Person};
use utoipa::ToSchema;

use super::scale;
use service::{App, Found, ServiceError, kept_pictures, person_key};

/// A person.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = OnPremisePerson)]
pub(super) struct PersonObject {
    /// The caller's own id; 24 hex digits for who was enrolled through another dialect without one.
    #[schema(example = "F12345")]
    person_id: String,
    #[schema(example = "John Doe")]
    person_name: String,
    /// The caller's own data.
    metadata: BTreeMap<String, String>,
    /// The stored picture in base64: as it came (`StoreFullImage`), or the face as a 112 x 112 JPEG (`StoreThumbnails`); null
    /// with `NoStorage`.
    face_base_64: Option<String>,
}

/// A person who was found.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = OnPremiseMatch)]
pub(super) struct MatchObject {
    #[serde(flatten)]
    person: PersonObject,
    /// 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1, example = 0.93)]
    similarity_score: f64,
}

// By hand: personal data.
impl fmt::Debug for PersonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonObject(***)")
    }
}

impl PersonObject {
    /// Persons with their stored pictures, in their order.
    pub(super) async fn all(
        app: &App,
        client: ClientId,
        persons: &[&Person],
    ) -> Result<Vec<Self>, ServiceError> {
        let mut pictures = kept_pictures(app, client, persons).await?;
        let object = |person: &&Person| {
            let picture = pictures.remove(&person.id);
            Self::new(person, picture.as_deref())
        };
        Ok(persons.iter().map(object).collect())
    }

    /// One person with the stored picture.
    pub(super) async fn one(
        app: &App,
        client: ClientId,
        person: &Person,
    ) -> Result<Self, ServiceError> {
        let mut pictures = kept_pictures(app, client, &[person]).await?;
        Ok(Self::new(person, pictures.remove(&person.id).as_deref()))
    }

    fn new(person: &Person, picture: Option<&[u8]>) -> Self {
        // What is no text is another's.
        let texts = person.metadata.iter().filter_map(|(name, value)| {
            let text = value.as_str()?;
            Some((name.clone(), text.to_owned()))
        });
        Self {
            person_id: person_key(person),
            person_name: person.name.clone(),
            metadata: texts.collect(),
            face_base_64: picture.map(|bytes| base64_simd::STANDARD.encode_to_string(bytes)),
        }
    }
}

impl MatchObject {
    /// Whoever was found, in the order given. Somebody may be there more than once.
    pub(super) async fn all(
        app: &App,
        client: ClientId,
        found: &[Found],
    ) -> Result<Vec<Self>, ServiceError> {
        let persons: Vec<&Person> = found.iter().map(|one| &one.person).collect();
        let pictures = kept_pictures(app, client, &persons).await?;
        let matched = |one: &Found| Self {
            person: PersonObject::new(&one.person, pictures.get(&one.person.id).map(Vec::as_slice)),
            similarity_score: scale::shown(one.score),
        };
        Ok(found.iter().map(matched).collect())
    }
}

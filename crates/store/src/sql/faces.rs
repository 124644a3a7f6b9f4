//! Faces: enrolment, pictures, and the reading of templates.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::StreamExt;
use sqlx::AssertSqlSafe;

use super::persons::{self, Readings};
use super::stream::Pieces;
use super::{CHUNK, changes, now};
use crate::change::{ChangeKind, Revision};
use crate::db::{Database, Row, Tx, Value, in_list, insert_many, sql};
use crate::error::{Cause, StoreError};
use crate::face::{Crop, FaceImage, Faces, NewFace, Template, TemplateScan};
use crate::ids::{ClientId, CollectionId, FaceId, ModelId, PersonId};
use crate::vault::{DataKey, Purpose, Reading, seal, unseal};

/// The form in which embeddings are stored.
pub(super) fn to_bytes(embedding: &[f32]) -> Result<Vec<u8>, StoreError> {
    if embedding.is_empty() || !embedding.iter().all(|number| number.is_finite()) {
        return Err(StoreError::InvalidValue("an embedding"));
    }
    Ok(embedding
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect())
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<Vec<f32>, StoreError> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if numbers.is_empty() || !rest.is_empty() {
        return Err(StoreError::Corrupt("an embedding"));
    }
    Ok(numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect())
}

/// The crop of a row of `face_images`, whose person has this key.
pub(super) fn crop(
    row: &Row,
    face: FaceId,
    key: Option<&DataKey>,
) -> Result<Option<Crop>, StoreError> {
    let image: Option<Vec<u8>> = row.get("crop")?;
    let landmarks: Option<Vec<u8>> = row.get("crop_landmarks")?;
    let (Some(image), Some(landmarks)) = (image, landmarks) else {
        return Ok(None);
    };
    let image = unseal(key, Purpose::Crop(face), image)?;
    let landmarks = unseal(key, Purpose::Landmarks(face), landmarks)?;
    let numbers = from_bytes(&landmarks)?;
    let (points, rest) = numbers.as_chunks::<2>();
    let landmarks = <[[f32; 2]; 5]>::try_from(points).ok();
    let whole = landmarks.filter(|_| rest.is_empty());
    let landmarks = whole.ok_or(StoreError::Corrupt("the landmarks of a face"))?;
    Ok(Some(Crop { image, landmarks }))
}

/// The model of a row of `faces`.
pub(super) fn model(row: &Row) -> Result<ModelId, StoreError> {
    let digest: [u8; 32] = row
        .get::<Vec<u8>>("model_id")?
        .try_into()
        .map_err(|_| StoreError::Corrupt("the id of a model"))?;
    Ok(ModelId::from(digest))
}

/// Enrols faces of a person who has this key, after those that it has, under these ids.
pub(super) async fn insert(
    tx: &mut Tx<'_>,
    client: ClientId,
    person: PersonId,
    key: Option<&DataKey>,
    new: &[(FaceId, NewFace)],
) -> Result<(), StoreError> {
    let last = sql("SELECT MAX(position) AS last FROM faces WHERE person_id = $1")
        .bind(person.to_string());
    let last = tx
        .row(last)
        .await?
        .map_or(Ok(None), |row| row.get::<Option<i64>>("last"))?
        .unwrap_or(-1);
    let moment = now();
    let (mut faces, mut images) = (Vec::with_capacity(new.len()), Vec::with_capacity(new.len()));
    for ((id, face), position) in new.iter().zip(last + 1..) {
        faces.push(vec![
            id.uuid().into(),
            client.to_string().into(),
            person.to_string().into(),
            position.into(),
            face.model.digest().to_vec().into(),
            face.quality.into(),
            seal(
                key,
                Purpose::Template(*id, face.model),
                to_bytes(&face.embedding)?,
            )?
            .into(),
            moment.into(),
        ]);
        let landmarks = face.crop.as_ref();
        let landmarks = landmarks.map(|crop| to_bytes(crop.landmarks.as_flattened()));
        let landmarks = landmarks.transpose()?;
        let sealed = |purpose, bytes: Option<Vec<u8>>| {
            bytes.map(|bytes| seal(key, purpose, bytes)).transpose()
        };
        let crop = face.crop.as_ref().map(|crop| crop.image.clone());
        images.push(vec![
            id.uuid().into(),
            seal(key, Purpose::Thumbnail(*id), face.thumbnail.clone())?.into(),
            sealed(Purpose::Crop(*id), crop)?.into(),
            sealed(Purpose::Landmarks(*id), landmarks)?.into(),
            sealed(Purpose::Original(*id), face.original.clone())?.into(),
        ]);
        tx.changes
            .push((client, ChangeKind::FaceAdded { person, face: *id }));
    }
    let head = "INSERT INTO faces (id, client_id, person_id, position, model_id, quality, embedding, created_at)";
    for statement in insert_many(head, faces, "") {
        tx.run(statement).await?;
    }
    for statement in insert_many(
        "INSERT INTO face_images (face_id, thumbnail, crop, crop_landmarks, original)",
        images,
        "",
    ) {
        tx.run(statement).await?;
    }
    Ok(())
}

/// Removes all faces of a person, or one of them; how many there were.
pub(super) async fn remove(
    tx: &mut Tx<'_>,
    client: ClientId,
    person: PersonId,
    only: Option<FaceId>,
) -> Result<usize, StoreError> {
    let statement = match only {
        None => sql("DELETE FROM faces WHERE client_id = $1 AND person_id = $2 RETURNING id"),
        Some(_) => sql(
            "DELETE FROM faces WHERE client_id = $1 AND person_id = $2 AND id = $3 RETURNING id",
        ),
    };
    let statement = statement.bind(client.to_string()).bind(person.to_string());
    let statement = statement.bind_all(only.map(|face| Value::from(face.uuid())));
    let rows = tx.rows(statement).await?;
    for row in &rows {
        tx.changes.push((
            client,
            ChangeKind::FaceRemoved {
                person,
                face: row.uuid("id")?,
            },
        ));
    }
    Ok(rows.len())
}

/// Rows of templates of a model with the collections of their persons; without those that cannot be read any more.
async fn templates(
    tx: &mut Tx<'_>,
    model: ModelId,
    rows: &[Row],
) -> Result<Vec<Template>, StoreError> {
    let mut people: Vec<PersonId> = rows
        .iter()
        .map(|row| row.id("person_id"))
        .collect::<Result<_, _>>()?;
    people.dedup();
    let mut collections: HashMap<PersonId, Vec<CollectionId>> = HashMap::new();
    // Without a vault nobody is sealed.
    let readings = match tx.vault {
        Some(_) => persons::readings_of(tx, &people).await?,
        None => Readings::new(),
    };
    for part in people.chunks(CHUNK) {
        let (list, values) = in_list(
            1,
            part.iter().map(|id| Value::from(id.to_string())).collect(),
        );
        let text = format!(
            "SELECT person_id, collection_id FROM memberships WHERE person_id IN ({list}) ORDER BY collection_id"
        );
        for row in tx.rows(sql(AssertSqlSafe(text)).bind_all(values)).await? {
            collections
                .entry(row.id("person_id")?)
                .or_default()
                .push(row.id("collection_id")?);
        }
    }
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (face, person): (FaceId, PersonId) = (row.uuid("id")?, row.id("person_id")?);
        let reading = readings.get(&person).unwrap_or(&Reading::Clear);
        if reading.is_erased() {
            continue;
        }
        let stored = row.get("embedding")?;
        found.push(Template {
            face,
            person,
            client: row.id("client_id")?,
            collections: collections.get(&person).cloned().unwrap_or_default(),
            embedding: from_bytes(&unseal(
                reading.key(),
                Purpose::Template(face, model),
                stored,
            )?)?,
        });
    }
    Ok(found)
}

/// The text that reads every template of the model `$1`, made at enrolment or later, of the faces that `which` picks. In it,
/// `{face}` and `{person}` are the ids of a face and of its person, and `f` is the row of `faces`.
fn select(which: &str, rest: &str) -> String {
    let first = which
        .replace("{face}", "f.id")
        .replace("{person}", "f.person_id");
    let further = which
        .replace("{face}", "t.face_id")
        .replace("{person}", "t.person_id");
    format!(
        "SELECT f.id, f.person_id, f.client_id, f.position, f.embedding FROM faces f WHERE f.model_id = $1 AND {first}
         UNION ALL SELECT t.face_id AS id, t.person_id, f.client_id, f.position, t.embedding
         FROM further_templates t JOIN faces f ON f.id = t.face_id WHERE t.model_id = $1 AND {further}
         {rest}"
    )
}

async fn of_ids(
    tx: &mut Tx<'_>,
    model: ModelId,
    ids: Vec<FaceId>,
) -> Result<Vec<Template>, StoreError> {
    let ids = ids.iter().map(|id| Value::from(id.uuid()));
    of_those(tx, model, "{face}", ids.collect()).await
}

/// The templates of these persons, those of each in the order of enrolment.
pub(super) async fn of_persons(
    tx: &mut Tx<'_>,
    model: ModelId,
    people: &[PersonId],
) -> Result<Vec<Template>, StoreError> {
    let ids = people.iter().map(|id| Value::from(id.to_string()));
    of_those(tx, model, "{person}", ids.collect()).await
}

/// The templates whose `column` is one of these.
async fn of_those(
    tx: &mut Tx<'_>,
    model: ModelId,
    column: &str,
    ids: Vec<Value>,
) -> Result<Vec<Template>, StoreError> {
    let mut found = Vec::new();
    for part in ids.chunks(CHUNK) {
        let (list, values) = in_list(2, part.to_vec());
        let text = select(
            &format!("{column} IN ({list})"),
            "ORDER BY person_id, position, id",
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(model.digest().to_vec())
            .bind_all(values);
        let rows = tx.rows(statement).await?;
        found.extend(templates(tx, model, &rows).await?);
    }
    Ok(found)
}

async fn of_person(
    tx: &mut Tx<'_>,
    client: ClientId,
    person: PersonId,
    model: ModelId,
) -> Result<Vec<Template>, StoreError> {
    let text = select(
        "f.client_id = $2 AND {person} = $3",
        "ORDER BY position, id",
    );
    let statement = sql(AssertSqlSafe(text))
        .bind(model.digest().to_vec())
        .bind(client.to_string())
        .bind(person.to_string());
    let rows = tx.rows(statement).await?;
    templates(tx, model, &rows).await
}

async fn images(
    tx: &mut Tx<'_>,
    client: ClientId,
    wanted: Vec<FaceId>,
    image: FaceImage,
) -> Result<HashMap<FaceId, Vec<u8>>, StoreError> {
    let column = match image {
        FaceImage::Thumbnail => "thumbnail",
        FaceImage::Crop => "crop",
        FaceImage::Original => "original",
    };
    let mut found = HashMap::new();
    for part in wanted.chunks(CHUNK) {
        let (list, values) = in_list(2, part.iter().map(|id| Value::from(id.uuid())).collect());
        let text = format!(
            "SELECT f.id AS face, i.{column} AS bytes, p.id, p.data_key
             FROM face_images i JOIN faces f ON f.id = i.face_id JOIN persons p ON p.id = f.person_id
             WHERE f.client_id = $1 AND i.{column} IS NOT NULL AND f.id IN ({list})"
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(client.to_string())
            .bind_all(values);
        let rows = tx.rows(statement).await?;
        let readings = persons::readings(tx, &rows).await?;
        for row in &rows {
            let face = row.uuid("face")?;
            let purpose = match image {
                FaceImage::Thumbnail => Purpose::Thumbnail(face),
                FaceImage::Crop => Purpose::Crop(face),
                FaceImage::Original => Purpose::Original(face),
            };
            let reading = readings.get(&row.id("id")?);
            if let Some(reading) = reading.filter(|reading| !reading.is_erased()) {
                found.insert(face, unseal(reading.key(), purpose, row.get("bytes")?)?);
            }
        }
    }
    Ok(found)
}

async fn count(tx: &mut Tx<'_>) -> Result<Vec<(ModelId, u64)>, StoreError> {
    let rows = tx
        .rows(sql(
            "SELECT model_id, COUNT(*) AS faces FROM faces GROUP BY model_id ORDER BY model_id",
        ))
        .await?;
    let entry = |row: &Row| {
        Ok((
            model(row)?,
            row.get::<i64>("faces")?.try_into().unwrap_or(0),
        ))
    };
    rows.iter().map(entry).collect()
}

/// What a scan sends: first where it stands, then the templates.
enum Scanned {
    Start { revision: Revision, faces: u64 },
    Batch(Vec<Template>),
}

/// Reads on until all is read or nobody listens.
async fn scan(
    tx: &mut Tx<'_>,
    model: ModelId,
    batch: u32,
    pieces: Pieces<Scanned>,
) -> Result<(), StoreError> {
    let revision = changes::newest(tx).await?;
    let total = tx.row(sql("SELECT COUNT(*) AS faces FROM faces")).await?;
    let faces = total
        .map_or(Ok(0), |row| row.get::<i64>("faces"))?
        .try_into()
        .unwrap_or(0);
    if !pieces.send(Scanned::Start { revision, faces }).await {
        return Ok(());
    }
    let mut after = (String::new(), uuid::Uuid::nil());
    loop {
        let next = select(
            "({person}, {face}) > ($2, $3)",
            "ORDER BY person_id, id LIMIT $4",
        );
        let statement = sql(AssertSqlSafe(next))
            .bind(model.digest().to_vec())
            .bind(after.0.as_str())
            .bind(after.1)
            .bind(i64::from(batch.max(1)));
        let read = async {
            let mut rows = tx.rows(statement).await?;
            if let Some(last) = rows.last() {
                let rest = select("{person} = $2 AND {face} > $3", "ORDER BY id");
                let rest = sql(AssertSqlSafe(rest))
                    .bind(model.digest().to_vec())
                    .bind(last.get::<String>("person_id")?)
                    .bind(last.get::<uuid::Uuid>("id")?);
                rows.extend(tx.rows(rest).await?);
            }
            let Some(last) = rows.last() else {
                return Ok(None);
            };
            let last = (last.get("person_id")?, last.get("id")?);
            Ok(Some((templates(tx, model, &rows).await?, last)))
        };
        let Some((templates, last)) = pieces.in_time(read).await? else {
            return Ok(());
        };
        after = last;
        if !pieces.send(Scanned::Batch(templates)).await {
            return Ok(());
        }
    }
}

#[async_trait]
impl Faces for Database {
    async fn scan_templates(&self, model: ModelId, batch: u32) -> Result<TemplateScan, StoreError> {
        let mut pieces = self.stream(move |tx, pieces| Box::pin(scan(tx, model, batch, pieces)));
        let Some(Scanned::Start { revision, faces }) = pieces.next().await.transpose()? else {
            return Err(StoreError::Unavailable(Cause::new(
                "a scan ended before it began",
            )));
        };
        let batches = pieces.filter_map(async |piece| match piece {
            Ok(Scanned::Batch(templates)) => Some(Ok(templates)),
            Ok(Scanned::Start { .. }) => None,
            Err(error) => Some(Err(error)),
        });
        Ok(TemplateScan {
            revision,
            faces,
            batches: batches.boxed(),
        })
    }

    async fn templates(
        &self,
        model: ModelId,
        faces: Vec<FaceId>,
    ) -> Result<Vec<Template>, StoreError> {
        self.read(move |tx| Box::pin(of_ids(tx, model, faces.clone())))
            .await
    }

    async fn templates_of_person(
        &self,
        client: ClientId,
        person: PersonId,
        model: ModelId,
    ) -> Result<Vec<Template>, StoreError> {
        self.read(move |tx| Box::pin(of_person(tx, client, person, model)))
            .await
    }

    async fn face_image(
        &self,
        client: ClientId,
        face: FaceId,
        wanted: FaceImage,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut found = self.face_images(client, vec![face], wanted).await?;
        Ok(found.remove(&face))
    }

    async fn face_images(
        &self,
        client: ClientId,
        faces: Vec<FaceId>,
        wanted: FaceImage,
    ) -> Result<HashMap<FaceId, Vec<u8>>, StoreError> {
        self.read(move |tx| Box::pin(images(tx, client, faces.clone(), wanted)))
            .await
    }

    async fn count_faces(&self) -> Result<Vec<(ModelId, u64)>, StoreError> {
        self.read(|tx| Box::pin(count(tx))).await
    }
}

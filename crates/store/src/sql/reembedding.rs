//! Templates by further models.

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::faces::{crop, to_bytes};
use super::{CHUNK, now, persons};
use crate::change::{ChangeKind, Committed};
use crate::db::{Database, Row, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::ids::{FaceId, ModelId};
use crate::reembedding::{Reembedding, Untemplated};
use crate::vault::{Purpose, Reading, seal, unseal};

/// What `f` is when it has no template of the model `$1`.
const LACKS: &str = "f.model_id <> $1 AND NOT EXISTS (SELECT 1 FROM further_templates t
                     WHERE t.model_id = $1 AND t.person_id = f.person_id AND t.face_id = f.id)";

const PICTURES: &str = "SELECT f.id AS face, i.thumbnail, i.crop, i.crop_landmarks, p.id, p.data_key
                        FROM faces f JOIN face_images i ON i.face_id = f.id JOIN persons p ON p.id = f.person_id";

async fn untemplated(tx: &Tx<'_>, rows: &[Row]) -> Result<Vec<Untemplated>, StoreError> {
    let readings = persons::readings(tx, rows).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let face = row.uuid("face")?;
        let reading = readings.get(&row.id("id")?);
        if let Some(reading) = reading.filter(|reading| !reading.is_erased()) {
            let key = reading.key();
            found.push(Untemplated {
                face,
                thumbnail: unseal(key, Purpose::Thumbnail(face), row.get("thumbnail")?)?,
                crop: crop(row, face, key)?,
            });
        }
    }
    Ok(found)
}

async fn page(
    tx: &mut Tx<'_>,
    model: ModelId,
    after: Option<FaceId>,
    limit: u32,
) -> Result<Vec<Untemplated>, StoreError> {
    let text = format!("{PICTURES} WHERE {LACKS} AND f.id > $2 ORDER BY f.id LIMIT $3");
    let statement = sql(AssertSqlSafe(text))
        .bind(model.digest().to_vec())
        .bind(after.map_or(uuid::Uuid::nil(), FaceId::uuid))
        .bind(i64::from(limit.max(1)));
    let rows = tx.rows(statement).await?;
    untemplated(tx, &rows).await
}

async fn among(
    tx: &mut Tx<'_>,
    model: ModelId,
    faces: &[FaceId],
) -> Result<Vec<Untemplated>, StoreError> {
    let mut found = Vec::new();
    for part in faces.chunks(CHUNK) {
        let (list, values) = in_list(2, part.iter().map(|id| Value::from(id.uuid())).collect());
        let text = format!("{PICTURES} WHERE {LACKS} AND f.id IN ({list})");
        let statement = sql(AssertSqlSafe(text))
            .bind(model.digest().to_vec())
            .bind_all(values);
        let rows = tx.rows(statement).await?;
        found.extend(untemplated(tx, &rows).await?);
    }
    Ok(found)
}

async fn count(tx: &mut Tx<'_>, model: ModelId) -> Result<u64, StoreError> {
    let text = format!("SELECT COUNT(*) AS faces FROM faces f WHERE {LACKS}");
    let statement = sql(AssertSqlSafe(text)).bind(model.digest().to_vec());
    let row = tx.row(statement).await?;
    let faces: i64 = row.map_or(Ok(0), |row| row.get("faces"))?;
    Ok(faces.try_into().unwrap_or(0))
}

/// How the person of a face is to be sealed; nothing when the face is gone.
async fn reading(tx: &mut Tx<'_>, face: FaceId) -> Result<Option<Reading>, StoreError> {
    if tx.vault.is_none() {
        return Ok(Some(Reading::Clear));
    }
    let owner =
        "SELECT p.id, p.data_key FROM persons p JOIN faces f ON f.person_id = p.id WHERE f.id = $1";
    let mut rows = tx.rows(sql(owner).bind(face.uuid())).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    if row.data_key()?.is_none() {
        // Somebody may be sealing it: after this nobody is, until the end of the transaction.
        let lock = sql("UPDATE persons SET version = version WHERE id = $1 RETURNING id, data_key");
        let id: String = row.get("id")?;
        rows = tx.rows(lock.bind(id)).await?;
    }
    let readings = persons::readings(tx, &rows).await?;
    Ok(readings.into_values().find(|reading| !reading.is_erased()))
}

async fn add(
    tx: &mut Tx<'_>,
    model: ModelId,
    templates: &[(FaceId, Vec<f32>)],
) -> Result<u64, StoreError> {
    let mut added = 0;
    for (face, embedding) in templates {
        let Some(reading) = reading(tx, *face).await? else {
            continue;
        };
        let embedding = to_bytes(embedding)?;
        let embedding = seal(reading.key(), Purpose::Template(*face, model), embedding)?;
        let text = format!(
            "INSERT INTO further_templates (model_id, person_id, face_id, embedding, created_at)
             SELECT $1, f.person_id, f.id, $3, $4 FROM faces f WHERE f.id = $2 AND {LACKS}
             ON CONFLICT DO NOTHING RETURNING person_id"
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(model.digest().to_vec())
            .bind(face.uuid())
            .bind(embedding)
            .bind(now());
        let Some(row) = tx.row(statement).await? else {
            continue;
        };
        let person = row.id("person_id")?;
        let owner = sql("SELECT client_id FROM faces WHERE id = $1").bind(face.uuid());
        let Some(owner) = tx.row(owner).await? else {
            continue;
        };
        added += 1;
        // To whom it is no news, because their model is another, it does no harm.
        let change = ChangeKind::FaceAdded {
            person,
            face: *face,
        };
        tx.changes.push((owner.id("client_id")?, change));
    }
    Ok(added)
}

#[async_trait]
impl Reembedding for Database {
    async fn untemplated(
        &self,
        model: ModelId,
        after: Option<FaceId>,
        limit: u32,
    ) -> Result<Vec<Untemplated>, StoreError> {
        self.read(move |tx| Box::pin(page(tx, model, after, limit)))
            .await
    }

    async fn untemplated_among(
        &self,
        model: ModelId,
        faces: Vec<FaceId>,
    ) -> Result<Vec<Untemplated>, StoreError> {
        let faces = std::sync::Arc::<[FaceId]>::from(faces);
        self.read(move |tx| {
            let faces = faces.clone();
            Box::pin(async move { among(tx, model, &faces).await })
        })
        .await
    }

    async fn count_untemplated(&self, model: ModelId) -> Result<u64, StoreError> {
        self.read(move |tx| Box::pin(count(tx, model))).await
    }

    async fn add_templates(
        &self,
        model: ModelId,
        templates: Vec<(FaceId, Vec<f32>)>,
    ) -> Result<Committed<u64>, StoreError> {
        let templates = std::sync::Arc::<[_]>::from(templates);
        self.change(move |tx| {
            let templates = templates.clone();
            Box::pin(async move { add(tx, model, &templates).await })
        })
        .await
    }
}

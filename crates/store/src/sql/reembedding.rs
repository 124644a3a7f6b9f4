//! Templates by further models.

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::faces::{crop, to_bytes};
use super::{CHUNK, now};
use crate::change::{ChangeKind, Committed};
use crate::db::{Database, Row, Tx, Value, in_list, sql};
use crate::error::StoreError;
use crate::ids::{FaceId, ModelId};
use crate::reembedding::{Reembedding, Untemplated};

/// What `f` is when it has no template of the model `$1`.
const LACKS: &str = "f.model_id <> $1 AND NOT EXISTS (SELECT 1 FROM further_templates t
                     WHERE t.model_id = $1 AND t.person_id = f.person_id AND t.face_id = f.id)";

const PICTURES: &str = "SELECT f.id, i.thumbnail, i.crop, i.crop_landmarks
                        FROM faces f JOIN face_images i ON i.face_id = f.id";

fn untemplated(row: &Row) -> Result<Untemplated, StoreError> {
    Ok(Untemplated {
        face: row.uuid("id")?,
        thumbnail: row.get("thumbnail")?,
        crop: crop(row)?,
    })
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
    tx.rows(statement).await?.iter().map(untemplated).collect()
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
        for row in tx.rows(statement).await? {
            found.push(untemplated(&row)?);
        }
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

async fn add(
    tx: &mut Tx<'_>,
    model: ModelId,
    templates: &[(FaceId, Vec<f32>)],
) -> Result<u64, StoreError> {
    let mut added = 0;
    for (face, embedding) in templates {
        let text = format!(
            "INSERT INTO further_templates (model_id, person_id, face_id, embedding, created_at)
             SELECT $1, f.person_id, f.id, $3, $4 FROM faces f WHERE f.id = $2 AND {LACKS}
             ON CONFLICT DO NOTHING RETURNING person_id"
        );
        let statement = sql(AssertSqlSafe(text))
            .bind(model.digest().to_vec())
            .bind(face.uuid())
            .bind(to_bytes(embedding)?)
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

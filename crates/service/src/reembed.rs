//! Templates of the pack in use for faces that were enrolled with another one.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use inference::{Embedding, Engine, EngineError, FaceError, ImageBytes, ImageLimits, Point};
use store::{Catalog, FaceId, ModelId, Untemplated};

use super::ServiceError;

/// Faces that are read, computed and written at a time; a kill costs no more than these.
const LOT: usize = 16;
/// How long to leave a full queue to the requests in it.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// What became of some faces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reembedded {
    /// They have a template now.
    pub added: u64,
    /// No template can be made of their pictures; the log says why.
    pub failed: u64,
    /// Another node was faster, or they are gone.
    pub left: u64,
}

impl Reembedded {
    /// All faces that were looked at.
    #[must_use]
    pub fn faces(&self) -> u64 {
        self.added + self.failed + self.left
    }

    fn plus(&mut self, more: Self) {
        self.added += more.added;
        self.failed += more.failed;
        self.left += more.left;
    }
}

/// Makes templates of stored faces. Doing it again, after an end or beside another node, changes nothing.
#[derive(Clone)]
pub struct Reembedder {
    store: Arc<dyn Catalog>,
    engine: Engine,
    model: ModelId,
    limits: ImageLimits,
    at_once: usize,
}

impl Reembedder {
    /// One that has `at_once` jobs of the engine in work.
    ///
    /// # Errors
    /// The embedding model has no identity.
    pub fn new(
        store: Arc<dyn Catalog>,
        engine: Engine,
        limits: ImageLimits,
        at_once: usize,
    ) -> Result<Self, store::InvalidId> {
        let model = engine.info().embedder.parse()?;
        Ok(Self {
            store,
            engine,
            model,
            limits,
            at_once: at_once.max(1),
        })
    }

    /// How many faces of the database wait for a template.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn waiting(&self) -> Result<u64, ServiceError> {
        Ok(self.store.count_untemplated(self.model).await?)
    }

    /// Goes through all faces of the database once. `progress` is told after every few faces what became of these.
    ///
    /// # Errors
    /// The database fails, or the engine stops. What was done stays done.
    pub async fn all(&self, progress: impl Fn(Reembedded)) -> Result<Reembedded, ServiceError> {
        // Nodes that start together begin in different places, and so share the work.
        let middle = FaceId::random();
        let mut total = Reembedded::default();
        for (mut after, last) in [(Some(middle), None), (None, Some(middle))] {
            loop {
                let page = self.store.untemplated(self.model, after, LOT as u32);
                let mut lot = page.await?;
                lot.retain(|one| last.is_none_or(|last| one.face <= last));
                let Some(end) = lot.last() else { break };
                // A face that fails is not met again.
                after = Some(end.face);
                let done = self.lot(lot).await?;
                total.plus(done);
                progress(done);
            }
        }
        Ok(total)
    }

    /// Those of `faces` that wait.
    ///
    /// # Errors
    /// As [`Reembedder::all`].
    pub async fn some(&self, faces: &[FaceId]) -> Result<Reembedded, ServiceError> {
        let mut total = Reembedded::default();
        for part in faces.chunks(LOT) {
            let lot = self.store.untemplated_among(self.model, part.to_vec());
            let lot = lot.await?;
            if !lot.is_empty() {
                total.plus(self.lot(lot).await?);
            }
        }
        Ok(total)
    }

    async fn lot(&self, lot: Vec<Untemplated>) -> Result<Reembedded, ServiceError> {
        let faces = lot.len() as u64;
        let mut made = stream::iter(lot)
            .map(|one| async move { (one.face, self.template(one).await) })
            .buffer_unordered(self.at_once);
        let mut templates = Vec::new();
        let mut done = Reembedded::default();
        while let Some((face, template)) = made.next().await {
            match template? {
                Ok(template) => templates.push((face, template.as_slice().to_vec())),
                Err(error) => {
                    done.failed += 1;
                    tracing::warn!(%face, %error, "a face cannot be re-embedded: searches do not find it");
                }
            }
        }
        if !templates.is_empty() {
            let added = self.store.add_templates(self.model, templates).await?;
            done.added = added.value;
        }
        done.left = faces.saturating_sub(done.added + done.failed);
        Ok(done)
    }

    /// The template, or why none can be made of the picture.
    async fn template(
        &self,
        one: Untemplated,
    ) -> Result<Result<Embedding, FaceError>, ServiceError> {
        let point = |[x, y]: [f32; 2]| Point::new(x, y);
        let (picture, landmarks) = match one.crop {
            Some(crop) => (crop.image, Some(crop.landmarks.map(point))),
            None => (one.thumbnail, None),
        };
        let picture = match ImageBytes::new(picture, &self.limits) {
            Ok(picture) => Arc::new(picture),
            Err(error) => return Ok(Err(error.into())),
        };
        loop {
            let picture = Arc::clone(&picture);
            let job = self
                .engine
                .run(move |pipeline| pipeline.template_of_portrait(&picture, landmarks));
            match job.await {
                Ok(template) => return Ok(template),
                Err(EngineError::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
                Err(error @ (EngineError::Panicked | EngineError::TooLong)) => {
                    return Ok(Err(FaceError::Inference(error.to_string())));
                }
                Err(stopped @ EngineError::Stopped) => return Err(stopped.into()),
            }
        }
    }
}

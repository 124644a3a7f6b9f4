//! Enrolled faces and their templates.

use std::collections::HashMap;
use std::fmt;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use time::OffsetDateTime;

use crate::change::Revision;
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionId, FaceId, ModelId, PersonId};

/// A face to enrol.
#[derive(Clone, PartialEq)]
pub struct NewFace {
    /// JPEG, 112 x 112; empty when no picture may be kept.
    pub thumbnail: Vec<u8>,
    /// The face with a margin, when it is kept.
    pub crop: Option<Crop>,
    /// The picture as it came, when it is kept.
    pub original: Option<Vec<u8>>,
    /// The template: finite numbers, as many as the model makes.
    pub embedding: Vec<f32>,
    /// The model that made it.
    pub model: ModelId,
    /// 0 to 1, when it was measured.
    pub quality: Option<f32>,
}

/// A picture of a face from which any model's template can be made.
#[derive(Clone, PartialEq)]
pub struct Crop {
    /// JPEG.
    pub image: Vec<u8>,
    /// Eyes, nose tip, mouth corners: x and y, in pixels of `image`.
    pub landmarks: [[f32; 2]; 5],
}

/// An enrolled face, as a person shows it.
#[derive(Clone, PartialEq)]
pub struct Face {
    /// Its id, also that of its thumbnail.
    pub id: FaceId,
    /// JPEG, 112 x 112; empty when none was to be kept.
    pub thumbnail: Vec<u8>,
    /// 0 to 1, when it was measured.
    pub quality: Option<f32>,
    /// When it was enrolled.
    pub created_at: OffsetDateTime,
}

/// What a search compares: a template, whose it is, and where it is searched. Identities are of the moment of reading.
#[derive(Clone, PartialEq)]
pub struct Template {
    /// The face.
    pub face: FaceId,
    /// Its person.
    pub person: PersonId,
    /// The owner.
    pub client: ClientId,
    /// The person's collections; possibly none.
    pub collections: Vec<CollectionId>,
    /// The numbers.
    pub embedding: Vec<f32>,
}

/// Pictures and templates are biometric data: none of them in a log.
macro_rules! opaque {
    ($($name:ident { $($shown:ident),* })*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        })*
    };
}

opaque! {
    NewFace { model, quality }
    Crop {}
    Face { id, quality }
    Template { face, person, client, collections }
}

/// All templates of one model, whenever they were made, as of one revision.
pub struct TemplateScan {
    /// Later changes are not in the scan, earlier ones are.
    pub revision: Revision,
    /// How many faces of all models there are.
    pub faces: u64,
    /// The templates, in the order of persons; those of one person are never parted. Who is deleted while it is read may be missing. It
    /// ends after the first error.
    pub batches: BoxStream<'static, Result<Vec<Template>, StoreError>>,
}

/// Which picture of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceImage {
    /// Always there.
    Thumbnail,
    /// The face with a margin, if it is kept.
    Crop,
    /// The picture as it came, if it is kept.
    Original,
}

/// What can be done with faces by themselves; they come and go with [`Persons`](crate::Persons).
#[async_trait]
pub trait Faces {
    /// Reads all templates of a model, `batch` or a few more at a time, without ever holding more than a few batches.
    async fn scan_templates(&self, model: ModelId, batch: u32) -> Result<TemplateScan, StoreError>;

    /// The templates of these faces, as far as they are there and of this model: what a follower of changes asks.
    async fn templates(
        &self,
        model: ModelId,
        faces: Vec<FaceId>,
    ) -> Result<Vec<Template>, StoreError>;

    /// The templates of one person, in the order of enrolment; none for a person of another account.
    async fn templates_of_person(
        &self,
        client: ClientId,
        person: PersonId,
        model: ModelId,
    ) -> Result<Vec<Template>, StoreError>;

    /// A picture of a face, if there is such a face in the account and it is kept.
    async fn face_image(
        &self,
        client: ClientId,
        face: FaceId,
        image: FaceImage,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// A picture of each of these faces, as far as they are in the account and it is kept.
    async fn face_images(
        &self,
        client: ClientId,
        faces: Vec<FaceId>,
        image: FaceImage,
    ) -> Result<HashMap<FaceId, Vec<u8>>, StoreError>;

    /// How many faces of the whole database were enrolled with each model.
    async fn count_faces(&self) -> Result<Vec<(ModelId, u64)>, StoreError>;
}

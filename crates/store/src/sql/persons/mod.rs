//! Persons: what identifies one, reading, and the methods of the catalog.

mod columns;
mod find;
mod load;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::Date;

use crate::change::Committed;
use crate::collection::CollectionRef;
use crate::db::Database;
use crate::error::StoreError;
use crate::face::NewFace;
use crate::ids::{ClientId, FaceId, PersonId};
use crate::person::{Detached, NewPerson, Person, PersonField, PersonUpdate, Persons};
use crate::query::{Listing, Page};
use crate::vault::DataKey;

pub(super) use columns::seal_row;
pub(super) use load::{Readings, assemble, by_id, is_namesake, readings, readings_of};
pub(super) use write::{History, insert_row};

/// What no two persons of one collection may share, before it is hashed with a key. A hash, because names may be longer than an index
/// takes.
fn plain_identity(name: &str, date_of_birth: Option<Date>) -> Vec<u8> {
    let born = date_of_birth
        .map(|date| date.to_string())
        .unwrap_or_default();
    Sha256::digest(format!("{born}\n{}", name.trim())).to_vec()
}

/// The identity of one who may have namesakes: nobody else has it, and it is shorter than any hash.
fn own_identity(id: PersonId) -> Vec<u8> {
    id.bytes().to_vec()
}

fn with_ids(faces: Vec<NewFace>) -> Vec<(FaceId, NewFace)> {
    faces
        .into_iter()
        .map(|face| (FaceId::random(), face))
        .collect()
}

#[async_trait]
impl Persons for Database {
    async fn create_person(
        &self,
        client: ClientId,
        mut new: NewPerson,
    ) -> Result<Committed<Person>, StoreError> {
        let faces = Arc::new(with_ids(std::mem::take(&mut new.faces)));
        let new = Arc::new(new);
        let id = PersonId::random();
        let key = self.new_key(id).await?;
        let used = key.clone();
        let made = self.change(move |tx| {
            let (key, new, faces) = (used.clone(), new.clone(), faces.clone());
            Box::pin(
                async move { write::create(tx, client, id, key.as_deref(), &new, &faces).await },
            )
        });
        let made = made.await;
        self.settle(key, made.as_ref().err()).await;
        made
    }

    async fn person(&self, client: ClientId, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.read(move |tx| Box::pin(by_id(tx, client, id))).await
    }

    async fn person_by_external_id(
        &self,
        client: ClientId,
        external_id: &str,
    ) -> Result<Option<Person>, StoreError> {
        let external_id = external_id.to_owned();
        self.read(move |tx| Box::pin(load::by_external_id(tx, client, external_id.clone())))
            .await
    }

    async fn persons_by_id(
        &self,
        client: ClientId,
        ids: Vec<PersonId>,
    ) -> Result<Vec<Person>, StoreError> {
        self.read(move |tx| Box::pin(load::by_ids(tx, client, ids.clone())))
            .await
    }

    async fn persons(
        &self,
        client: ClientId,
        collections: Option<Vec<CollectionRef>>,
        listing: Listing<PersonField>,
    ) -> Result<Page<Person>, StoreError> {
        self.read(move |tx| Box::pin(load::list(tx, client, collections.clone(), listing.clone())))
            .await
    }

    async fn update_person(
        &self,
        client: ClientId,
        id: PersonId,
        mut update: PersonUpdate,
    ) -> Result<Committed<Person>, StoreError> {
        let faces = Arc::new(write::FaceChanges {
            all: update.faces.take().map(with_ids),
            removed: std::mem::take(&mut update.removed_faces),
            added: with_ids(std::mem::take(&mut update.added_faces)),
        });
        let update = Arc::new(update);
        self.change(move |tx| {
            Box::pin(write::update(tx, client, id, update.clone(), faces.clone()))
        })
        .await
    }

    async fn add_faces(
        &self,
        client: ClientId,
        id: PersonId,
        faces: Vec<NewFace>,
    ) -> Result<Committed<Person>, StoreError> {
        let faces = Arc::new(with_ids(faces));
        self.change(move |tx| Box::pin(write::add_faces(tx, client, id, faces.clone())))
            .await
    }

    async fn remove_face(
        &self,
        client: ClientId,
        id: PersonId,
        face: FaceId,
    ) -> Result<Committed<Person>, StoreError> {
        self.change(move |tx| Box::pin(write::remove_face(tx, client, id, face)))
            .await
    }

    async fn attach_person(
        &self,
        client: ClientId,
        id: PersonId,
        collection: CollectionRef,
    ) -> Result<Committed<()>, StoreError> {
        self.change(move |tx| Box::pin(write::attach(tx, client, id, collection)))
            .await
    }

    async fn detach_person(
        &self,
        client: ClientId,
        id: PersonId,
        collection: CollectionRef,
    ) -> Result<Committed<Detached>, StoreError> {
        self.change(move |tx| Box::pin(write::detach(tx, client, id, collection)))
            .await
    }

    async fn delete_person(
        &self,
        client: ClientId,
        id: PersonId,
    ) -> Result<Committed<()>, StoreError> {
        self.change(move |tx| Box::pin(write::delete(tx, client, id)))
            .await
    }
}

impl Database {
    /// A data key for a new person, when persons are sealed.
    pub(super) async fn new_key(
        &self,
        person: PersonId,
    ) -> Result<Option<Arc<DataKey>>, StoreError> {
        let Some(vault) = self.vault() else {
            return Ok(None);
        };
        Ok(vault.create(&[person]).await?.pop())
    }

    /// Takes a new key back, unless the write that was to use it may have been made.
    pub(super) async fn settle(&self, key: Option<Arc<DataKey>>, error: Option<&StoreError>) {
        let unknown = |error: &&StoreError| {
            matches!(error, StoreError::Unavailable(_) | StoreError::Database(_))
        };
        if let (Some(vault), Some(key), Some(_)) =
            (self.vault(), key, error.filter(|error| !unknown(error)))
        {
            vault.discard(vec![key.id]).await;
        }
    }
}

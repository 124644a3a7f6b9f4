//! Enrolled faces: random templates, written through the store.

use std::{path::Path, str::FromStr as _};

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, TryStreamExt as _};
use packs::InstalledPack;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use store::{
    Catalog, Client, CollectionCode, CollectionRef, ModelId, NewClient, NewCollection, NewFace,
    NewPerson, StoreOptions,
};

use super::process;

/// Faces of one person, so many that filling takes seconds.
const PER_PERSON: usize = 25;
/// Faces of a person who is enrolled while others search.
const OF_ONE_MORE: usize = 3;
/// Enrolments under way.
const AT_ONCE: usize = 4;

/// An open database and the account in it.
pub(crate) struct Filled {
    pub(crate) store: std::sync::Arc<dyn Catalog>,
    pub(crate) client: Client,
    pub(crate) collection: String,
    model: ModelId,
    dimension: usize,
}

impl Filled {
    /// A new database in `data`, with an account named `account` that has so many faces in a collection.
    pub(crate) async fn new(data: &Path, pack: &str, account: &str, faces: usize) -> Result<Self> {
        let installed = InstalledPack::open(&process::models()?.join(pack))?;
        let embedder = &installed.manifest.embedder;
        let file = installed.files.get(&embedder.file).context("no embedder")?;
        let (model, dimension) = (ModelId::from_str(&file.sha256)?, embedder.dimension);
        let url = format!("sqlite://{}/rostro.db", data.display());
        let store = store::open(&url, &StoreOptions::default()).await?;
        let named = NewClient {
            name: account.to_owned(),
            ..NewClient::default()
        };
        let client = store.create_client(named).await?;
        let many = NewCollection {
            name: "many".to_owned(),
            ..NewCollection::default()
        };
        let collection = store.create_collection(client.id, many).await?;
        let filled = Self {
            store,
            client,
            collection: collection.code.to_string(),
            model,
            dimension,
        };
        futures_util::stream::iter(0..faces.div_ceil(PER_PERSON))
            .map(|number| filled.add(number, PER_PERSON, collection.code))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(filled)
    }

    /// Enrols one more person.
    pub(crate) async fn enrol(&self, number: usize, collection: CollectionCode) -> Result<()> {
        self.add(number, OF_ONE_MORE, collection).await
    }

    async fn add(&self, number: usize, faces: usize, collection: CollectionCode) -> Result<()> {
        let mut random = StdRng::seed_from_u64(number as u64);
        let faces = (0..faces).map(|_| {
            let vector: Vec<f32> = (0..self.dimension)
                .map(|_| (0..4).map(|_| random.random_range(-1.0_f32..1.0)).sum())
                .collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            NewFace {
                thumbnail: Vec::new(),
                crop: None,
                original: None,
                embedding: vector.iter().map(|x| x / length).collect(),
                model: self.model,
                quality: None,
            }
        });
        let person = NewPerson {
            name: format!("Person {number}"),
            faces: faces.collect(),
            collections: vec![CollectionRef::Code(collection)],
            ..NewPerson::default()
        };
        self.store.create_person(self.client.id, person).await?;
        Ok(())
    }
}

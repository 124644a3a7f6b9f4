//! An account of a server, and persons enrolled without the routes for that.

use inference::{Effort, FaceRules, ImageBytes, ImageLimits};
use serde_json::Value;
use store::{
    Client, CollectionRef, Gender, ModelId, NewClient, NewCollection, NewFace, NewPerson, Person,
};
use time::macros::date;

use crate::{
    common::{TestServer, answer, shared::RUNTIME},
    pictures::face_file,
};

pub(crate) const SEARCH: &str = "/v2/face-recognition/search";
pub(crate) const CROPS: &str = "/v2/face-recognition/search/crops";
pub(crate) const LIVE_FACE: &str = "/v2/face-recognition/search-live-face";
pub(crate) const ACTIVE_USER: &str = "/v2/face-recognition/search-active-user";
pub(crate) const VERIFY: &str = "/v2/face-recognition/verify";
pub(crate) const DETECT: &str = "/v2/face-recognition/detect";

/// An account of a running server.
pub(crate) struct Account<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) client: Client,
    token: String,
}

impl<'a> Account<'a> {
    pub(crate) async fn new(server: &'a TestServer) -> Self {
        let app = server.app();
        let new = NewClient {
            name: uuid::Uuid::new_v4().to_string(),
            ..NewClient::default()
        };
        let client = app.store.create_client(new).await.unwrap();
        let token = app
            .tokens
            .issue(&client, app.config.auth.token_life)
            .unwrap();
        Self {
            server,
            client,
            token,
        }
    }

    /// Status and body of a POST with the account's token.
    pub(crate) async fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(path, body)).await
    }

    /// A POST with the account's token.
    pub(crate) fn request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let request = self.server.http.post(self.server.url(path));
        request.bearer_auth(&self.token).json(body)
    }

    /// `data` of a POST that succeeds.
    pub(crate) async fn ask(&self, path: &str, body: &Value) -> Value {
        let (status, mut body) = self.call(path, body).await;
        assert_eq!(status, 200, "{path}: {body}");
        body["data"].take()
    }

    pub(crate) async fn collection(&self) -> store::Collection {
        let new = NewCollection {
            name: "people".to_owned(),
            ..NewCollection::default()
        };
        let store = &self.server.app().store;
        store.create_collection(self.client.id, new).await.unwrap()
    }

    /// Enrols composite person `number` with picture 1, as the routes for that do.
    pub(crate) async fn enrol(&self, number: u32, collections: &[&store::Collection]) -> Person {
        self.enrol_pictures(
            &format!("Person {number}"),
            vec![face_file(number, 1)],
            collections,
        )
        .await
    }

    pub(crate) async fn enrol_pictures(
        &self,
        name: &str,
        pictures: Vec<Vec<u8>>,
        collections: &[&store::Collection],
    ) -> Person {
        let app = self.server.app();
        let model: ModelId = app.engine.info().embedder.parse().unwrap();
        let job = move |pipeline: &mut inference::Pipeline| -> Vec<NewFace> {
            let faces = pictures.into_iter().map(|file| {
                let bytes = ImageBytes::new(file, &ImageLimits::default()).unwrap();
                let image = pipeline.decode(&bytes).unwrap();
                let rules = FaceRules::default();
                let face = pipeline
                    .main_face(&image, Effort::Accurate, &rules)
                    .unwrap();
                let faces = std::slice::from_ref(&face);
                let template = pipeline.embed(&image, faces, Effort::Accurate).unwrap();
                NewFace {
                    thumbnail: pipeline.thumbnail(&image, &face).unwrap(),
                    crop: None,
                    original: None,
                    embedding: template[0].as_slice().to_vec(),
                    model,
                    quality: None,
                }
            });
            faces.collect()
        };
        let new = NewPerson {
            name: name.to_owned(),
            gender: Some(Gender::Female),
            date_of_birth: Some(date!(1990 - 01 - 15)),
            nationality: Some("Colombian".to_owned()),
            notes: Some("VIP".to_owned()),
            collections: collections
                .iter()
                .map(|one| CollectionRef::Id(one.id))
                .collect(),
            faces: app.engine.run(job).await.unwrap(),
            namesakes: true,
            ..NewPerson::default()
        };
        let committed = app.store.create_person(self.client.id, new).await.unwrap();
        app.gallery.reached(committed.revision).await.unwrap();
        committed.value
    }
}

/// Runs `test` with an account of a server of its own, on SQLite.
pub(crate) fn with_own_server(
    change: impl FnOnce(&mut service::Config),
    test: impl AsyncFnOnce(&Account<'_>),
) {
    RUNTIME.block_on(async {
        if let Some(server) = TestServer::start_with(change).await {
            test(&Account::new(&server).await).await;
            server.stop().await;
        }
    });
}

/// The `id`s of a list of matches.
pub(crate) fn ids(matches: &Value) -> Vec<String> {
    let list = matches
        .as_array()
        .unwrap_or_else(|| panic!("no list: {matches}"));
    list.iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

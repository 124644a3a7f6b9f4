//! All operations, one after the other.

use service::config::{MailTls, Secret};
use store::NewClient;

use crate::{
    account,
    api::Api,
    collections,
    common::{TestServer, shared::RUNTIME},
    document::{Document, escaped},
    operators, persons, pictures_in, sinks,
};

/// Runs `test` against a server that has every route.
fn with_every_route(test: impl AsyncFnOnce(&TestServer, account::Sinks)) {
    RUNTIME.block_on(async {
        let (port, mails) = sinks::smtp().await;
        let (hook, texts) = sinks::hook().await;
        let server = TestServer::start_with(|config| {
            // The other dialects hold their answers against their documents themselves.
            config.opencv_onpremise.enabled = false;
            config.opencv_cloud.enabled = false;
            config.verifik.demo_routes = true;
            config.mail.server = "127.0.0.1".to_owned();
            config.mail.port = port;
            config.mail.tls = MailTls::None;
            config.mail.from = "no-reply@example.com".to_owned();
            config.sms.url = Secret::new(hook);
        });
        if let Some(server) = server.await {
            test(&server, account::Sinks { mails, texts }).await;
            server.stop().await;
        }
    });
}

#[test]
fn every_operation_answers_as_documented() {
    with_every_route(async |server: &TestServer, sinks| {
        let ana = NewClient {
            name: "ana".to_owned(),
            email: Some(account::ANA.to_owned()),
            phone: None,
        };
        server.app().store.create_client(ana).await.unwrap();
        let api = Api::of(server).await;
        pictures_in::biometrics(&api).await;
        collections::all(&api).await;
        let person = persons::all(&api).await;
        pictures_in::searches(&api, &person).await;
        models(&api).await;
        account::all(&api, sinks).await;
        operators::all(&api).await;
        assert_eq!(api.unseen(), [""; 0]);
    });
}

/// The installed packs.
async fn models(api: &Api<'_>) {
    const MODELS: &str = "/v2/face-recognition/models";
    api.ask(200, "GET", MODELS, None).await;
    api.ask_as_nobody(401, "GET", MODELS, None).await;
}

#[test]
fn the_document_is_sound() {
    with_every_route(async |server: &TestServer, _| {
        let document = Document::of(server).await;
        let version = document.0["openapi"].as_str().map(|version| &version[..3]);
        assert_eq!(version, Some("3.1"));
        let bearer = &document.0["components"]["securitySchemes"]["bearer"];
        assert_eq!(bearer["scheme"], "bearer");
        let schemas = document.0["components"]["schemas"].as_object().unwrap();
        for name in schemas.keys() {
            document.validator(&format!("/components/schemas/{}", escaped(name)));
        }
        let mut ids = Vec::new();
        for (operation, described) in document.operations() {
            let id = described["operationId"].as_str();
            let id = id.unwrap_or_else(|| panic!("{operation} has no id"));
            assert!(!ids.contains(&id), "{id} twice");
            ids.push(id);
            let told = described["summary"]
                .as_str()
                .or(described["description"].as_str());
            assert!(told.is_some(), "{operation} is not described");
        }
    });
}

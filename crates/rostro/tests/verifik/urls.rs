//! Pictures given as addresses.

use std::net::SocketAddr;

use axum::{Router, http::header, response::Redirect, routing::get};
use serde_json::{Value, json};

use crate::{
    common::TestServer, pictures::face, pictures::face_file, with_own_server, with_server,
};

const LIVENESS: &str = "/v2/face-recognition/liveness";
const COMPARE: &str = "/v2/face-recognition/compare";

async fn liveness(server: &TestServer, url: &str) -> (u16, Value) {
    server
        .call(LIVENESS, &json!({ "os": "DESKTOP", "image": url }))
        .await
}

fn told(status: u16, token: &str) -> (u16, Value) {
    (
        status,
        json!({ "message": token, "code": "ERROR", "field": "image" }),
    )
}

#[test]
fn addresses_inside_the_network_are_not_reached() {
    with_own_server(
        |config| {
            let inside = "10.0.0.1".parse().unwrap();
            config
                .fetch
                .pinned_hosts
                .insert("pictures.example.com".to_owned(), inside);
        },
        async |server: &TestServer| {
            for url in [
                "https://127.0.0.1/face.jpg",
                "https://169.254.169.254/latest/meta-data/",
                "https://pictures.example.com/face.jpg",
                "https://[::1]/face.jpg",
                "https://localhost/face.jpg",
                "https://2130706433/face.jpg",
            ] {
                assert_eq!(
                    liveness(server, url).await,
                    told(412, "could_not_fetch_image"),
                    "{url}"
                );
            }
        },
    );
}

#[test]
fn other_schemes_are_insecure() {
    with_server(async |server: &TestServer| {
        for url in [
            "http://example.com/face.jpg",
            "ftp://example.com/face.jpg",
            "file:///etc/passwd",
        ] {
            assert_eq!(
                liveness(server, url).await,
                told(409, "insecure_image_url"),
                "{url}"
            );
        }
    });
}

#[test]
fn nothing_is_fetched_when_that_is_switched_off() {
    with_own_server(
        |config| config.fetch.enabled = false,
        async |server: &TestServer| {
            let answer = liveness(server, "https://example.com/face.jpg").await;
            assert_eq!(answer, told(412, "only_images_in_base64"));
        },
    );
}

#[test]
fn a_picture_is_fetched_where_the_settings_allow_it() {
    with_own_server(
        |config| {
            config.fetch.allow_http = true;
            config.fetch.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        },
        async |server: &TestServer| {
            let host = picture_host().await;
            let url = |path: &str| format!("http://{host}{path}");
            let request =
                json!({ "probe": [url("/face.jpg")], "gallery": [face(1, 1), url("/moved.jpg")] });
            let (status, body) = server.call(COMPARE, &request).await;
            assert_eq!(
                (status, &body["data"]["score"]),
                (200, &json!(1.0)),
                "{body}"
            );
            assert_eq!(
                liveness(server, &url("/text")).await,
                told(412, "only_images_in_base64")
            );
            assert_eq!(
                liveness(server, &url("/none")).await,
                told(412, "could_not_fetch_image")
            );
            assert_eq!(
                liveness(server, &url("/inside")).await,
                told(412, "could_not_fetch_image")
            );
        },
    );
}

/// A host of pictures on this machine.
async fn picture_host() -> SocketAddr {
    let jpeg = || ([(header::CONTENT_TYPE, "image/jpeg")], face_file(1, 1));
    let routes = Router::new()
        .route("/face.jpg", get(async move || jpeg()))
        .route("/moved.jpg", get(async || Redirect::temporary("/face.jpg")))
        .route(
            "/inside",
            get(async || Redirect::temporary("http://169.254.169.254/latest/meta-data/")),
        )
        .route(
            "/text",
            get(async || {
                (
                    [(header::CONTENT_TYPE, "text/plain")],
                    "no picture ".repeat(20),
                )
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

//! Pictures by address, from a real server on this machine.
#![allow(
    clippy::unwrap_used,
    reason = "a fault in a test's setting is a failed test"
)]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use bytesize::ByteSize;
use service::{
    Config,
    config::FetchConfig,
    fetch::{FetchError, Fetcher},
    limits::{BodyMemory, Holder},
};

/// A server that behaves well and badly; counts its requests.
async fn host() -> (SocketAddr, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let routes = Router::new()
        .route(
            "/picture",
            get(async || ([(header::CONTENT_TYPE, "image/png")], "picture")),
        )
        .route(
            "/untyped",
            get(async || Response::new(Body::from("picture"))),
        )
        .route("/page", get(async || axum::response::Html("<p>")))
        .route("/missing", get(async || StatusCode::NOT_FOUND))
        .route(
            "/headers",
            get(async |headers: HeaderMap| {
                (
                    [(header::CONTENT_TYPE, "image/png")],
                    format!("{headers:?}"),
                )
            }),
        )
        .route("/once", get(async || Redirect::temporary("/picture")))
        .route("/loop", get(async || Redirect::temporary("/loop")))
        .route(
            "/metadata",
            get(async || Redirect::temporary("http://169.254.169.254/latest/meta-data/")),
        )
        .route(
            "/inside",
            get(async || Redirect::permanent("http://inside.test/")),
        )
        .route("/file", get(async || Redirect::to("file:///etc/passwd")))
        .route("/nowhere", get(async || StatusCode::FOUND))
        .route("/endless", get(async || endless(Duration::ZERO)))
        .route("/slow", get(async || endless(Duration::from_millis(20))))
        .route(
            "/declared",
            get(async || ([(header::CONTENT_TYPE, "image/png")], vec![0_u8; 65_536])),
        )
        .layer(axum::middleware::map_request(
            move |request: axum::extract::Request| {
                counted.fetch_add(1, Ordering::SeqCst);
                async move { request }
            },
        ));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, routes).into_future());
    (address, requests)
}

/// A body without an end, a chunk each `pause`.
fn endless(pause: Duration) -> Response {
    let chunks = futures_util::stream::unfold((), move |()| async move {
        tokio::time::sleep(pause).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1000])), ()))
    });
    (
        [(header::CONTENT_TYPE, "image/png")],
        Body::from_stream(chunks),
    )
        .into_response()
}

fn open() -> FetchConfig {
    let mut config = Config::defaults().unwrap().fetch;
    config.allow_http = true;
    config.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    config.max_bytes = ByteSize::kib(32);
    config.timeout = Duration::from_secs(10);
    config
}

async fn fetch(config: &FetchConfig, url: &str) -> Result<Vec<u8>, FetchError> {
    let memory = BodyMemory::new(1 << 30);
    let fetcher = Fetcher::new(config);
    let fetched = fetcher.fetch(url, Holder::Strangers, &memory).await?;
    Ok(fetched.to_vec())
}

#[tokio::test]
async fn a_picture_is_fetched() {
    let (address, _) = host().await;
    for path in ["picture", "untyped", "once"] {
        assert_eq!(
            fetch(&open(), &format!("http://{address}/{path}"))
                .await
                .unwrap(),
            b"picture",
            "{path}"
        );
    }
}

#[tokio::test]
async fn names_are_resolved_once_and_connected_to_as_checked() {
    let (address, _) = host().await;
    let mut config = open();
    config
        .pinned_hosts
        .insert("pictures.test".into(), address.ip());
    let url = format!("http://pictures.test:{}/picture", address.port());
    assert_eq!(fetch(&config, &url).await.unwrap(), b"picture");
    config.allow_networks.clear();
    assert_eq!(fetch(&config, &url).await, Err(FetchError::Forbidden));
    assert_eq!(
        fetch(
            &config,
            &format!("http://localhost:{}/picture", address.port())
        )
        .await,
        Err(FetchError::Forbidden)
    );
    assert_eq!(
        fetch(&config, "http://nobody-has-this-name.invalid/").await,
        Err(FetchError::Unresolved)
    );
}

#[tokio::test]
async fn nothing_inside_is_asked() {
    let (address, requests) = host().await;
    let mut config = open();
    config.allow_networks.clear();
    let port = address.port();
    let bits = 0x7f00_0001_u32;
    for url in [
        format!("http://127.0.0.1:{port}/picture"),
        format!("http://{bits}:{port}/picture"),
        format!("http://{bits:#x}:{port}/picture"),
        format!("http://0177.0.0.1:{port}/picture"),
        format!("http://127.1:{port}/picture"),
        format!("http://0.0.0.0:{port}/picture"),
        format!("http://[::ffff:127.0.0.1]:{port}/picture"),
        format!("http://[::1]:{port}/picture"),
        format!("http://localhost:{port}/picture"),
        format!("http://localhost.:{port}/picture"),
        format!("http://127.0.0.1.:{port}/picture"),
        format!("http://①②⑦.⓪.⓪.①:{port}/picture"),
    ] {
        let refused = fetch(&config, &url).await.unwrap_err();
        assert!(
            matches!(refused, FetchError::Forbidden | FetchError::Unresolved),
            "{url}: {refused:?}"
        );
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn redirects_are_checked_and_counted() {
    let (address, requests) = host().await;
    let mut config = open();
    config
        .pinned_hosts
        .insert("inside.test".into(), "10.0.0.1".parse().unwrap());
    let at = |path: &str| format!("http://{address}/{path}");
    assert_eq!(
        fetch(&config, &at("metadata")).await,
        Err(FetchError::Forbidden)
    );
    assert_eq!(
        fetch(&config, &at("inside")).await,
        Err(FetchError::Forbidden)
    );
    assert_eq!(
        fetch(&config, &at("file")).await,
        Err(FetchError::Unsupported)
    );
    assert_eq!(
        fetch(&config, &at("nowhere")).await,
        Err(FetchError::InvalidUrl)
    );
    requests.store(0, Ordering::SeqCst);
    assert_eq!(
        fetch(&config, &at("loop")).await,
        Err(FetchError::TooManyRedirects)
    );
    assert_eq!(requests.load(Ordering::SeqCst), config.max_redirects + 1);
}

#[tokio::test]
async fn bytes_and_time_are_bounded() {
    let (address, _) = host().await;
    let mut config = open();
    let at = |path: &str| format!("http://{address}/{path}");
    assert_eq!(
        fetch(&config, &at("endless")).await,
        Err(FetchError::TooLarge(32 * 1024))
    );
    assert_eq!(
        fetch(&config, &at("declared")).await,
        Err(FetchError::TooLarge(32 * 1024))
    );
    config.timeout = Duration::from_millis(200);
    assert_eq!(fetch(&config, &at("slow")).await, Err(FetchError::TimedOut));
}

#[tokio::test]
async fn other_answers_are_no_picture() {
    let (address, _) = host().await;
    let config = open();
    let at = |path: &str| format!("http://{address}/{path}");
    assert_eq!(
        fetch(&config, &at("missing")).await,
        Err(FetchError::Status(404))
    );
    assert_eq!(
        fetch(&config, &at("page")).await,
        Err(FetchError::NotAPicture)
    );
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(
        fetch(&config, &format!("http://{closed}/")).await,
        Err(FetchError::Unreachable)
    );
}

#[tokio::test]
async fn switches_hold() {
    let (address, requests) = host().await;
    let url = format!("http://{address}/picture");
    let mut config = open();
    config.enabled = false;
    assert_eq!(fetch(&config, &url).await, Err(FetchError::Disabled));
    let mut config = open();
    config.allow_http = false;
    assert_eq!(fetch(&config, &url).await, Err(FetchError::InsecureScheme));
    let mut config = open();
    config.allow_hosts = vec!["cdn.example.com".into()];
    assert_eq!(fetch(&config, &url).await, Err(FetchError::Forbidden));
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nothing_of_ours_is_sent_along() {
    let (address, _) = host().await;
    let sent = String::from_utf8(
        fetch(&open(), &format!("http://{address}/headers"))
            .await
            .unwrap(),
    )
    .unwrap();
    for header in ["authorization", "cookie", "referer", "x-request-id"] {
        assert!(!sent.contains(header), "{sent}");
    }
}

/// How many are asked for at a time, at most.
async fn most_at_a_time(change: impl FnOnce(&mut FetchConfig)) -> usize {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = (Arc::clone(&now), Arc::clone(&most));
    let routes = Router::new().route(
        "/picture",
        get(async move || {
            let (now, most) = seen;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            ([(header::CONTENT_TYPE, "image/png")], "picture")
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, routes).into_future());
    let mut config = open();
    change(&mut config);
    let (fetcher, memory) = (Fetcher::new(&config), BodyMemory::new(1 << 30));
    let url = format!("http://{address}/picture");
    let all = (0..20).map(|_| fetcher.fetch(&url, Holder::Strangers, &memory));
    for fetched in futures_util::future::join_all(all).await {
        assert_eq!(fetched.unwrap(), Bytes::from("picture"));
    }
    most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn one_account_one_host_and_all_together_fetch_so_many_at_a_time() {
    assert_eq!(
        most_at_a_time(|config| config.account_connections = 3).await,
        3
    );
    assert_eq!(
        most_at_a_time(|config| config.host_connections = 2).await,
        2
    );
    let all = |config: &mut FetchConfig| {
        config.max_connections = 4;
        config.account_connections = 10;
        config.host_connections = 10;
    };
    assert_eq!(most_at_a_time(all).await, 4);
}

#[tokio::test]
async fn what_is_fetched_counts_in_the_memory_of_bodies() {
    let (address, _) = host().await;
    let mut config = open();
    config.max_bytes = ByteSize::kib(80);
    let fetcher = Fetcher::new(&config);
    let url = format!("http://{address}/declared");
    let small = BodyMemory::new(100_000);
    let refused = fetcher.fetch(&url, Holder::Strangers, &small).await;
    assert_eq!(refused.unwrap_err(), FetchError::Busy);
    let memory = BodyMemory::new(200_000);
    let held = fetcher
        .fetch(&url, Holder::Strangers, &memory)
        .await
        .unwrap();
    let second = fetcher.fetch(&url, Holder::Strangers, &memory).await;
    assert_eq!(second.unwrap_err(), FetchError::Busy);
    drop(held);
    let third = fetcher.fetch(&url, Holder::Strangers, &memory).await;
    assert_eq!(third.unwrap().len(), 65_536);
}

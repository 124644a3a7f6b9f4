//! The database goes away and comes back.

use std::time::{Duration, Instant};

use store::{NewClient, StoreError, StoreOptions};

use crate::harness::{Bench, on_both, on_postgres, options, someone};
use crate::proxy::{Line, Proxy};

on_both! { closed, bad_addresses, too_long }

async fn closed(bench: Bench) {
    let owner = bench.account("one").await.id;
    let node = bench.another_node().await;
    node.close().await;
    assert!(matches!(
        node.client(owner).await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(matches!(
        node.create_person(owner, someone("a", &[])).await,
        Err(StoreError::Unavailable(_))
    ));
}

async fn bad_addresses(_: Bench) {
    let open = async |url: &str| store::open(url, &StoreOptions::default()).await.map(drop);
    for url in [
        "",
        "rostro.db",
        "mysql://localhost/x",
        "sqlite::memory:",
        "sqlite://",
        "postgres://[bad",
    ] {
        assert!(
            matches!(open(url).await, Err(StoreError::Address(_))),
            "{url:?}"
        );
    }
    assert!(matches!(
        open("sqlite:///dev/null/rostro.db").await,
        Err(StoreError::Unavailable(_))
    ));
}

/// Longer than an index of Postgres takes: an error that says so, or none.
async fn too_long(bench: Bench) {
    // Not compressible, or it might fit after all.
    let name: String = (0..4000)
        .map(|_| store::PersonId::random().to_string())
        .collect();
    match bench
        .catalog
        .create_client(NewClient {
            name,
            ..NewClient::default()
        })
        .await
    {
        Ok(_) => assert_eq!(bench.catalog.kind(), store::DatabaseKind::Sqlite),
        Err(error) => assert!(matches!(error, StoreError::InvalidValue(_)), "{error:?}"),
    }
}

/// Several processes may open a new file at once, as the server and a command beside it do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opened_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("rostro.db").display());
    let openings: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { store::open(&url, &options(&url)).await })
        })
        .collect();
    for (number, opening) in openings.into_iter().enumerate() {
        let catalog = opening.await.unwrap().unwrap();
        let new = NewClient {
            name: number.to_string(),
            ..NewClient::default()
        };
        catalog.create_client(new).await.unwrap();
        catalog.close().await;
    }
}

/// It holds biometric data.
#[cfg(unix)]
#[tokio::test]
async fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let url = format!("sqlite://{}", data.join("rostro.db").display());
    let catalog = store::open(&url, &options(&url)).await.unwrap();
    catalog
        .create_client(NewClient {
            name: "one".to_owned(),
            ..NewClient::default()
        })
        .await
        .unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = data
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(files.len() > 1, "the write-ahead log is there, too");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    catalog.close().await;
}

/// Nobody listens there: a clear error within the time that a client waits.
#[tokio::test]
async fn unreachable() {
    let url = "postgres://rostro@127.0.0.1:1/rostro";
    let options = StoreOptions {
        acquire_timeout: Duration::from_millis(300),
        ..options(url)
    };
    let result = store::open(url, &options).await.map(drop);
    assert!(
        matches!(result, Err(StoreError::Unavailable(_))),
        "{result:?}"
    );
}

/// All connections are cut: what runs fails as unavailable, what comes next works, other nodes still hear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections() {
    on_postgres(|bench| async move {
        let owner = bench.account("one").await.id;
        let node = bench.another_node().await;
        let mut news = node.watch();
        bench.cut_connections().await;
        let start = Instant::now();
        let made = loop {
            match bench.catalog.create_person(owner, someone("a", &[])).await {
                Ok(made) => break made,
                Err(StoreError::Unavailable(_)) if start.elapsed() < Duration::from_secs(30) => {}
                Err(other) => panic!("{other:?}"),
            }
        };
        let heard = tokio::time::timeout(
            Duration::from_secs(30),
            news.wait_for(|newest| *newest >= made.revision),
        )
        .await;
        heard
            .expect("the other node hears of it")
            .expect("it is open");
        node.close().await;
    })
    .await;
}

/// The line goes dead without a word, or the server closes it: every call ends in time, no connection is lost for good, and
/// when the line is back everything works, without a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_line() {
    on_postgres(|bench| async move {
        let Some((server, through)) = bench.address() else {
            eprintln!("SKIPPED: ROSTRO_TEST_POSTGRES_URL does not lead through TCP");
            return;
        };
        let proxy = Proxy::to(server).await;
        let limit = Duration::from_millis(300);
        let options = StoreOptions {
            max_connections: 2,
            acquire_timeout: limit,
            operation_timeout: limit,
            ..options(&bench.url)
        };
        let node = store::open(&through(proxy.port), &options).await.unwrap();
        let owner = bench.account("one").await.id;
        node.client(owner).await.unwrap().unwrap();
        for (outage, line) in [Line::Dead, Line::Closed, Line::Dead]
            .into_iter()
            .enumerate()
        {
            proxy.set(line);
            for number in 0..6 {
                let name = format!("{outage} {number}");
                let (read, write) = tokio::time::timeout(Duration::from_secs(30), async {
                    tokio::join!(
                        node.client(owner),
                        node.create_person(owner, someone(&name, &[]))
                    )
                })
                .await
                .expect("calls end");
                assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
                assert!(
                    matches!(write, Err(StoreError::Unavailable(_))),
                    "{write:?}"
                );
            }
            proxy.set(Line::Open);
            let start = Instant::now();
            while let Err(error) = node.ping().await {
                assert!(start.elapsed() < Duration::from_secs(30), "{error:?}");
            }
        }
        node.close().await;
    })
    .await;
}

//! The disk under the database is full: nothing half-exists, the rest goes on, and writes work when there is space again.

use std::process::Command;

use crate::{
    client::Client,
    common::database::Kind,
    process::Process,
    raw::{self, assert_whole},
    with_server,
};

/// Enrolments until the disk is full, at most.
const MOST: u32 = 99;

/// What a server with a full disk does; `enrolled` are those who are there.
async fn assert_it_goes_on(client: &Client, enrolled: &[String]) {
    for who in [1, 2] {
        let refused = client.enrol("Late", who).await;
        refused.assert_unavailable("database_unavailable");
    }
    assert_eq!(client.everybody().await, enrolled);
    assert_eq!(client.found(1).await, enrolled);
    assert_eq!(client.found(2).await, [""; 0]);
    client.assert_stateless_calls_go_on().await;
}

/// A file-size limit of the process is such a disk for SQLite: no file grows any more.
#[tokio::test]
async fn sqlite() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        eprintln!("SKIPPED: prlimit is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let Some(process) = Process::start(home.path()).await else {
        return;
    };
    let client = &process.client;
    let data = home.path().join("data");
    let log = data.join("rostro.db-wal").metadata().unwrap().len();
    process.limit_files(&(log + 200_000).to_string());
    let mut enrolled = Vec::new();
    let refused = loop {
        // Letters: digits are taken out of names.
        let name = format!("Filler {}", "a".repeat(enrolled.len() + 1));
        let told = client.enrol(&name, 1).await;
        if told.status != 200 {
            break told;
        }
        enrolled.push(name);
        assert!(enrolled.len() < MOST as usize, "the disk does not get full");
    };
    refused.assert_unavailable("database_unavailable");
    assert!(!enrolled.is_empty(), "there was space for some");
    // Now not even what the last attempt left can be written over.
    process.limit_files("1");
    assert_it_goes_on(client, &enrolled).await;

    process.limit_files("unlimited");
    client.enrol("Late", 2).await.data();
    assert_eq!(client.found(2).await, ["Late"]);
    assert_eq!(client.found(1).await, enrolled);
    drop(process);
    let url = format!("sqlite://{}", data.join("rostro.db").display());
    assert_whole(&url, enrolled.len() + 1).await;
}

/// A disk of one's own for Postgres takes root and a tablespace. What Postgres says of a full one is error 53100, and that it
/// says here too, from the last table that an enrolment writes.
#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    with_server(Kind::Postgres, |_| (), async |server| {
        let (client, url) = (Client::of(server), raw::address(server));
        client.enrol("Early", 1).await.data();
        let full = "
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
            END
            $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON face_images EXECUTE FUNCTION full_disk()";
        raw::run(&url, full).await;
        assert_it_goes_on(&client, &["Early".to_owned()]).await;
        raw::run(&url, "DROP TRIGGER full_disk ON face_images").await;
        client.enrol("Late", 2).await.data();
        assert_eq!(client.found(2).await, ["Late"]);
        assert_whole(&url, 2).await;
    })
    .await;
}

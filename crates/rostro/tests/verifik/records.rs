//! Audit records, and a database that goes away.

use std::path::Path;

use serde_json::json;

use crate::{
    common::TestServer,
    pictures::{encode, face, face_file},
    with_own_server,
};

const LIVENESS: &str = "/v2/face-recognition/liveness";
const COMPARE: &str = "/v2/face-recognition/compare";

/// Everything in the files of a folder.
fn contents(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[test]
fn every_answer_leaves_a_record_and_no_picture() {
    with_own_server(
        |_| (),
        async |server: &TestServer| {
            let request = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] });
            let (_, body) = server.call(COMPARE, &request).await;
            server.app().audit.finish().await;
            let id = body["data"]["_id"].as_str().unwrap();
            assert!(id.len() == 24 && id.bytes().all(|c| c.is_ascii_hexdigit()));
            assert_eq!(body["data"]["client"], server.account.id.to_string());
            let kept = contents(&server.app().config.server.data);
            assert!(holds(&kept, id.as_bytes()), "no record of {id}");
            for part in [
                &face_file(1, 1)[200..260],
                &encode(&face_file(1, 2)).as_bytes()[200..260],
            ] {
                assert!(!holds(&kept, part), "a picture was kept");
            }
        },
    );
}

#[test]
fn liveness_and_compare_go_on_without_the_database() {
    with_own_server(
        |_| (),
        async |server: &TestServer| {
            let request = json!({ "os": "DESKTOP", "image": face(1, 1) });
            assert_eq!(server.call(LIVENESS, &request).await.0, 200);
            server.app().store.close().await;
            assert_eq!(server.call(LIVENESS, &request).await.0, 200);
            let request = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] });
            assert_eq!(server.call(COMPARE, &request).await.0, 200);
        },
    );
}

//! There is not enough memory for one picture: its request is told so, and the others go on.

use std::{fs, io::Cursor, process::Command};

use serde_json::json;

use crate::{common::figure::figure, process::Process};

/// A picture at the limit: 49 megapixels, of which the file says little.
fn large() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut file, 7000, 7000);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    for _ in 0..7000 {
        std::io::Write::write_all(&mut stream, &[200; 3 * 7000]).unwrap();
    }
    stream.finish().unwrap();
    writer.finish().unwrap();
    file.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_without_memory_costs_itself_alone() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        eprintln!("SKIPPED: prlimit is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let Some(process) = Process::start(home.path()).await else {
        return;
    };
    let client = &process.client;
    client.enrol("Early", 1).await.data();
    client.assert_stateless_calls_go_on().await;
    let file = large();
    // Another file each time, by bytes behind its end: what the models said of one is remembered, and takes no memory again.
    let body = |number: usize| {
        let file = [file.as_slice(), &vec![0; number]].concat();
        json!({ "os": "DESKTOP", "image": base64_simd::STANDARD.encode_to_string(file) })
    };
    let with_room = client.post("liveness", &body(0)).await;
    assert!(
        with_room.status != 200 && with_room.status < 500,
        "no face in it: {with_room:?}"
    );

    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))
        .unwrap();
    let size: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    process.limit("as", &((size << 10) + (256 << 20)).to_string());
    const TIMES: usize = 10;
    for number in 1..=TIMES {
        let body = body(number);
        let (refused, ()) = tokio::join!(
            client.post("liveness", &body),
            client.assert_stateless_calls_go_on()
        );
        assert_eq!(refused.status, 503, "{refused:?}");
        assert_eq!(client.found(1).await, ["Early"]);
    }
    process.limit("as", "unlimited");
    let again = client.post("liveness", &body(TIMES + 1)).await;
    assert_eq!(again.status, with_room.status);
    figure(
        "memory",
        &format!(
            "{TIMES} pictures of 49 megapixels without memory for them, {} requests beside them, 0 failed",
            3 * TIMES
        ),
    );
}

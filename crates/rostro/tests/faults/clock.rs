//! The clock of the machine jumps: tokens live by it, nothing else does.

use std::path::Path;

use crate::{common::figure::figure, process::Process, raw};

/// Where Debian's package libfaketime puts it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[tokio::test(flavor = "multi_thread")]
async fn jumps_of_the_clock_lose_nothing() {
    if !Path::new(LIBRARY).is_file() {
        eprintln!("SKIPPED: libfaketime is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let clock = home.path().join("clock");
    let set = |time: &str| std::fs::write(&clock, time).unwrap();
    set("+0");
    let settings = [
        ("LD_PRELOAD", LIBRARY),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        // Time-outs go by a clock that does not jump.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let Some(process) = Process::start_with(home.path(), &settings).await else {
        return;
    };
    let client = &process.client;
    let mut names = Vec::new();
    // Back by a day, by ten years, forth by ten days (tokens live for thirty), and to and fro.
    let jumps = [
        "+0", "-1d", "-10y", "+10d", "-1h", "+20d", "+0", "-5m", "+5m", "+0",
    ];
    for (at, jump) in jumps.iter().enumerate() {
        set(jump);
        let name = format!("After {}", "a".repeat(at + 1));
        let who = at as u32 % 4 + 1;
        client.enrol(&name, who).await.data();
        names.push(name);
        names.sort();
        assert_eq!(client.everybody().await, names, "{jump}");
        assert_eq!(client.found(who).await.len(), at / 4 + 1, "{jump}");
        client.assert_stateless_calls_go_on().await;
    }
    // Beyond its life a token is refused, as such, and back within it good again.
    set("+40d");
    let late = client.get("persons").await;
    assert_eq!(
        (late.status, &late.body["message"]),
        (403, &"expired_token".into())
    );
    set("+0");
    assert_eq!(client.everybody().await, names);
    let ids: Vec<String> = client.ids().await;
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(
        distinct.len(),
        names.len(),
        "ids begin with the time, and are still different"
    );
    process.signal("TERM");
    assert!(process.ended_well());
    let url = format!("sqlite://{}", home.path().join("data/rostro.db").display());
    raw::assert_whole(&url, names.len()).await;
    // The chain of the audit does not go by the clock.
    let verify = std::process::Command::new(env!("CARGO_BIN_EXE_rostro"))
        .args(["audit", "verify"])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(
        verify.status.success(),
        "{}",
        String::from_utf8_lossy(&verify.stderr)
    );
    figure(
        "clock",
        &format!(
            "{} jumps by up to ten years, {} enrolments acknowledged, 0 lost, the audit whole",
            jumps.len() + 2,
            names.len()
        ),
    );
}

//! The `rostro` command as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a fault in a test's setting is a failed test, and a skipped one must say so"
)]

#[path = "../common/mod.rs"]
mod common;
mod eval;
mod master_key;
mod remember;
mod secrets;
mod setup;
mod tls;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// `rostro` in the folder `home`, with none of the caller's settings.
fn rostro(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rostro"));
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("ROSTRO_"))
        {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .current_dir(home)
        .env_remove("RUST_BACKTRACE");
    command
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_token_is_all_that_token_issue_prints() {
    let home = tempfile::tempdir().unwrap();
    // Neither models nor ONNX Runtime are needed.
    let issue = || {
        rostro(
            home.path(),
            &["token", "issue", "--client", "acme", "--expires", "5d"],
        )
        .env_remove("ORT_DYLIB_PATH")
        .output()
        .unwrap()
    };
    let (first, second) = (issue(), issue());
    for output in [&first, &second] {
        assert!(output.status.success(), "{}", err(output));
        assert_eq!(out(output).trim().split('.').count(), 3);
        assert_eq!(out(output).lines().count(), 1);
    }
    let account = |output: &Output| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let payload = URL_SAFE_NO_PAD
            .decode(out(output).trim().split('.').nth(1).unwrap())
            .unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(
            claims["expiresAt"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
            5 * 86_400
        );
        claims["clientId"].clone()
    };
    assert_eq!(
        account(&first),
        account(&second),
        "the account is created once"
    );
}

#[test]
fn faults_are_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["config", "--config", "missing.toml"],
        vec!["models"],
        vec!["token", "issue", "--client", " "],
    ] {
        let output = rostro(home.path(), &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(out(&output).is_empty());
        let text = err(&output);
        assert!(
            text.starts_with("error: ") && text.lines().count() == 1,
            "{text}"
        );
    }
}

#[test]
fn the_settings_in_force_are_printed_masked() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(
        home.path().join("own.toml"),
        "[auth]\nsecret = \"a secret of at least 32 bytes, hunter2\"\n",
    )
    .unwrap();
    let output = rostro(home.path(), &["--config", "own.toml", "config"])
        .env(
            "ROSTRO_DATABASE__URL",
            "postgres://rostro:hunter2@db/rostro",
        )
        .env("ROSTRO_MODELS__PACK", "mobilefacenet")
        .output()
        .unwrap();
    let text = out(&output);
    assert!(
        output.status.success() && text.parse::<toml::Table>().is_ok(),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        text.contains("pack = \"mobilefacenet\"")
            && text.contains("postgres://rostro:***@db/rostro"),
        "{text}"
    );
}

#[test]
fn models_lists_what_is_installed_the_pack_in_use_first() {
    let Some((config, _data)) = common::config() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let output = rostro(home.path(), &["models"])
        .env("ROSTRO_MODELS__DIR", &config.models.dir)
        .env("ROSTRO_MODELS__PACK", &config.models.pack)
        .env_remove("ORT_DYLIB_PATH")
        .output()
        .unwrap();
    let text = out(&output);
    assert!(
        output.status.success() && text.starts_with(&format!("{} (in use), ", config.models.pack)),
        "{text}"
    );
    for part in [
        "detector ",
        "embedder ",
        "liveness ",
        "licence ",
        "origin ",
        "sha256 ",
        "similarity measured: ",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // Every pack has the same scale.
    for anchor in [
        ["0.5000", "1e-2", "%"],
        ["0.7500", "1e-4", "%"],
        ["0.8500", "1e-6", "extrapolated"],
    ] {
        let has_all = |line: &&str| anchor.iter().all(|cell| line.contains(cell));
        assert!(
            text.lines().any(|line| has_all(&line)),
            "{anchor:?} is not in {text}"
        );
    }
}

/// A running `rostro serve`, killed when the test ends early.
struct Serving(Child);

impl Serving {
    /// What it prints at the start, and where it would print more: it is to stay open.
    fn banner(&mut self) -> (BufReader<ChildStdout>, String) {
        let mut stdout = BufReader::new(self.0.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("-d @-") {
            assert_ne!(
                stdout.read_line(&mut banner).unwrap(),
                0,
                "it ended: {banner}"
            );
        }
        (stdout, banner)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn serve_prints_a_call_that_works_and_stops_on_sigterm() {
    let Some((config, _data)) = common::config() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let child = rostro(home.path(), &["serve"])
        .env("ROSTRO_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("ROSTRO_MODELS__DIR", &config.models.dir)
        .env("ROSTRO_MODELS__PACK", &config.models.pack)
        .env("ROSTRO_INFERENCE__WORKERS", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut serving = Serving(child);
    let (_stdout, banner) = serving.banner();
    for part in [
        config.models.pack.as_str(),
        "ONNX Runtime",
        "detector",
        "embedder",
        " on cpu",
        "SIMD",
    ] {
        assert!(banner.contains(part), "{part} is not in {banner}");
    }

    // The call is pasted into a shell beside a picture.
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/composite01_1.jpg");
    std::fs::copy(picture, home.path().join("face.jpg")).unwrap();
    let call = banner
        .split_once("(printf")
        .map(|(_, rest)| format!("(printf{rest}"))
        .unwrap();
    let answered = Command::new("sh")
        .args(["-c", &call])
        .current_dir(home.path())
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answered.stdout).unwrap();
    assert!(answer["data"]["liveness_score"].is_number(), "{answer}");

    let id = serving.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(serving.0.wait().unwrap().code(), Some(0));
    let mut log = String::new();
    serving
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    let token = banner
        .split_once("Bearer ")
        .unwrap()
        .1
        .split('\'')
        .next()
        .unwrap();
    assert!(
        token.split('.').count() == 3 && !log.contains(token),
        "{log}"
    );
}

#[test]
fn a_key_is_shown_once_listed_by_its_beginning_and_revoked() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = rostro(home.path(), arguments).output().unwrap();
        (output.status.success(), out(&output), err(&output))
    };
    let (created, key, fault) = run(&["key", "create", "--client", "acme", "--name", "door 7"]);
    assert!(created, "{fault}");
    let key = key.trim();
    assert!(key.starts_with("rk_") && key.lines().count() == 1);
    let (_, list, _) = run(&["key", "list", "--client", "acme"]);
    let line = list.lines().nth(1).unwrap();
    assert!(line.starts_with(&key[..9]) && line.contains("door 7") && line.ends_with("never"));
    assert!(!list.contains(key), "only its beginning");
    // The database does not have it either.
    let stored = std::fs::read(home.path().join("data/rostro.db")).unwrap();
    assert!(!stored.windows(key.len()).any(|part| part == key.as_bytes()));
    let (revoked, said, _) = run(&["key", "revoke", &key[..9]]);
    assert!(revoked && said.trim() == "revoked door 7 of acme");
    let (again, _, fault) = run(&["key", "revoke", &key[..9]]);
    assert!(!again && fault.starts_with("error: there is no key"));
    assert_eq!(run(&["key", "list"]).1.lines().count(), 1);
    let (unknown, _, fault) = run(&["key", "list", "--client", "nobody"]);
    assert!(!unknown && fault.starts_with("error: there is no account"));
}

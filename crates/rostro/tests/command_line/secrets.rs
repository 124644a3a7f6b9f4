//! `rostro secret`.

use std::path::Path;

use crate::{err, out, rostro};

fn run(home: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = rostro(home, arguments).output().unwrap();
    if output.status.success() {
        Ok(out(&output))
    } else {
        Err(err(&output))
    }
}

/// The first column and whether it signs.
fn listed(home: &Path) -> Vec<(String, bool)> {
    let list = run(home, &["secret", "list"]).unwrap();
    let lines = list.lines().skip(1);
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .map(|words| (words[0].to_owned(), words[1] == "yes"))
        .collect()
}

#[test]
fn a_secret_is_rotated_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let first = listed(home);
    assert!(matches!(&first[..], [(_, true)]), "{first:?}");
    run(home, &["secret", "rotate"]).unwrap();
    let both = listed(home);
    assert_eq!(both[1], (first[0].0.clone(), false));
    let secret = std::fs::read_to_string(home.join("data/token-secret")).unwrap();
    assert!(
        !run(home, &["secret", "list"])
            .unwrap()
            .contains(secret.trim())
    );
    let signing = run(home, &["secret", "remove", &both[0].0]).unwrap_err();
    assert!(signing.contains("rotate first"), "{signing}");
    run(home, &["secret", "remove", &both[1].0]).unwrap();
    assert_eq!(listed(home), [both[0].clone()]);
    let gone = run(home, &["secret", "remove", &both[1].0]).unwrap_err();
    assert!(gone.contains("there is no secret"), "{gone}");
}

#[test]
fn secrets_of_the_settings_are_changed_there() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[auth]\nsecret = \"0123456789abcdef0123456789abcdef\"\nprevious_secrets = [\"another secret of 32 bytes or so\"]\n";
    std::fs::write(folder.path().join("own.toml"), settings).unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["--config", "own.toml", "secret"], arguments].concat();
        run(folder.path(), &all)
    };
    let list = run(&["list"]).unwrap();
    assert_eq!(list.matches("the settings").count(), 2, "{list}");
    assert!(
        run(&["rotate"])
            .unwrap_err()
            .contains("auth.previous_secrets")
    );
    let earlier = list
        .lines()
        .nth(2)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    assert!(
        run(&["remove", earlier])
            .unwrap_err()
            .contains("auth.previous_secrets")
    );
    assert!(!folder.path().join("data").exists());
}

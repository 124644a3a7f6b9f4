//! The master key, as an operator handles it.

use std::path::Path;

use crate::{err, out, rostro};

fn ok(home: &Path, arguments: &[&str]) -> String {
    let output = rostro(home, arguments).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    out(&output)
}

fn fails(home: &Path, change: impl FnOnce(&mut std::process::Command)) -> String {
    let mut command = rostro(home, &["client", "list"]);
    change(&mut command);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = err(&output);
    assert!(
        text.starts_with("error: ") && text.lines().count() == 1,
        "{text}"
    );
    text
}

#[test]
fn a_rotation_replaces_the_file_and_a_wrong_key_is_told() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    ok(home, &["client", "add", "acme"]);
    let file = home.join("data/master-key");
    let first = std::fs::read_to_string(&file).unwrap();
    let said = ok(home, &["key", "rotate-master"]);
    assert!(said.starts_with("2 data keys wrapped anew"), "{said}");
    let second = std::fs::read_to_string(&file).unwrap();
    assert_ne!(first, second);
    assert_eq!(second.lines().count(), 1);
    assert!(ok(home, &["client", "list"]).contains("acme"));

    // Whatever says where the key is, it has to be the right one, and is never shown.
    let given = |key: &str| {
        let key = key.trim().to_owned();
        move |command: &mut std::process::Command| {
            command.env("ROSTRO_ENCRYPTION__MASTER_KEY", key);
        }
    };
    let wrong = fails(home, given(&first));
    assert!(
        wrong.contains("wrong") && !wrong.contains(first.trim()),
        "{wrong}"
    );
    let odd = fails(home, given("hunter2"));
    assert!(
        odd.contains("no master key") && !odd.contains("hunter2"),
        "{odd}"
    );
    let moved = home.join("elsewhere");
    std::fs::rename(&file, &moved).unwrap();
    assert!(fails(home, |_| ()).contains("missing"));
    assert!(!file.exists(), "no new one is made");
    let told = |how: &dyn Fn(&mut std::process::Command)| {
        let mut command = rostro(home, &["client", "list"]);
        how(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        assert!(out(&output).contains("acme"));
    };
    told(&|command| {
        command.env("ROSTRO_ENCRYPTION__MASTER_KEY", second.trim());
    });
    told(&|command| {
        command.env("ROSTRO_ENCRYPTION__MASTER_KEY", "file:elsewhere");
    });
    told(&|command| {
        command.env("ROSTRO_ENCRYPTION__COMMAND", r#"["cat", "elsewhere"]"#);
    });
    let broken = fails(home, |command| {
        command.env("ROSTRO_ENCRYPTION__COMMAND", r#"["false"]"#);
    });
    assert!(broken.contains("encryption.command"), "{broken}");
    let off = fails(home, |command| {
        command.env("ROSTRO_ENCRYPTION__ENABLED", "false");
    });
    assert!(off.contains("encryption.enabled"), "{off}");
}

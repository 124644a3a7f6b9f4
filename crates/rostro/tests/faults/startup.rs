//! A start with something missing: one sentence, and no half server.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use crate::common::{self, figure::figure};

/// Starts a server that cannot; what it says.
fn refusal(models: &Path, onnxruntime: &Path) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rostro"))
        .arg("serve")
        .current_dir(home.path())
        .env("ROSTRO_SERVER__LISTEN", "127.0.0.1:0")
        .env("ROSTRO_MODELS__DIR", models)
        .env("ROSTRO_MODELS__PACK", common::pack())
        .env("ROSTRO_INFERENCE__ONNXRUNTIME", onnxruntime)
        .output()
        .unwrap();
    let (said, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        !output.status.success() && !said.contains("serves http"),
        "{said}"
    );
    assert!(!log.contains("panicked"), "{log}");
    log.into_owned()
}

fn runtime() -> std::path::PathBuf {
    std::env::var_os("ORT_DYLIB_PATH").unwrap().into()
}

/// Of every file of the pack the last byte is cut off, one file at a time.
#[test]
fn a_model_file_that_is_cut_off_is_named() {
    let Some((config, _data)) = common::config() else {
        return;
    };
    let pack = config.models.pack_dir();
    let mut tried = 0;
    for entry in pack.read_dir().unwrap() {
        let cut = entry.unwrap().file_name();
        if Path::new(&cut)
            .extension()
            .is_none_or(|ending| ending != "onnx")
        {
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        let copy = home.path().join(common::pack());
        fs::create_dir(&copy).unwrap();
        for entry in pack.read_dir().unwrap() {
            let (name, from) = {
                let entry = entry.unwrap();
                (entry.file_name(), entry.path())
            };
            let to = copy.join(&name);
            if name != cut {
                symlink(fs::canonicalize(from).unwrap(), to).unwrap();
                continue;
            }
            let whole = fs::read(from).unwrap();
            fs::write(to, &whole[..whole.len() - 1]).unwrap();
        }
        let said = refusal(home.path(), &runtime());
        assert!(said.contains(cut.to_str().unwrap()), "{cut:?}: {said}");
        tried += 1;
    }
    assert!(tried > 0);
    figure(
        "startup",
        &format!("{tried} model files cut off, each named; 0 servers started"),
    );
}

#[test]
fn a_runtime_that_is_missing_or_no_library_is_named() {
    let Some((config, _data)) = common::config() else {
        return;
    };
    let said = refusal(&config.models.dir, "/nowhere/libonnxruntime.so".as_ref());
    assert!(said.contains("/nowhere/libonnxruntime.so"), "{said}");
    let home = tempfile::tempdir().unwrap();
    let text = home.path().join("libonnxruntime.so");
    fs::write(&text, "no library").unwrap();
    let said = refusal(&config.models.dir, &text);
    assert!(said.contains("libonnxruntime.so"), "{said}");
    figure(
        "startup",
        "ONNX Runtime missing, and not a library: 2 tried, each named; 0 servers started",
    );
}

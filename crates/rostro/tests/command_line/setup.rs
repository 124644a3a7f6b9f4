//! `rostro setup`, and the commands after it, which find what it put down.

use std::{fs, path::PathBuf};

use super::{err, out, rostro};

fn variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).map(PathBuf::from);
    if value.is_none() {
        eprintln!("SKIPPED: {name} is not set");
    }
    value
}

#[test]
fn what_setup_puts_down_is_found_by_the_next_command() {
    let (Some(mirror), Some(runtime)) =
        (variable("ROSTRO_MODELS_MIRROR"), variable("ORT_DYLIB_PATH"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    // The name that the README had for it works too.
    let mut changed = None;
    for pack in ["--pack", "--models"] {
        let mut setup = rostro(&home, &["setup", pack, "standard", "--env", "--mirror"]);
        let output = setup
            .arg(&mirror)
            .env("ROSTRO_MODELS_OFFLINE", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", err(&output));
        let models = home.join(".rostro/models");
        assert_eq!(
            out(&output),
            format!(
                "ROSTRO_MODELS__DIR={}\nROSTRO_MODELS__PACK=standard\nROSTRO_INFERENCE__ONNXRUNTIME={}\n",
                models.display(),
                runtime.display()
            )
        );
        let manifest = models.join("standard/pack.toml").metadata().unwrap();
        let first = *changed.get_or_insert(manifest.modified().unwrap());
        assert_eq!(
            first,
            manifest.modified().unwrap(),
            "what is there is left alone"
        );
    }
    let output = rostro(&home, &["models"]).output().unwrap();
    let listed = out(&output);
    assert!(
        listed.starts_with("standard (in use), .rostro/models/standard\n"),
        "{listed}{}",
        err(&output)
    );
    let output = rostro(&home, &["models", "--json"]).output().unwrap();
    let packs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&packs[0]["name"], &packs[0]["in_use"]),
        (&"standard".into(), &true.into())
    );
    for model in packs[0]["models"].as_array().unwrap() {
        let file = home
            .join(".rostro/models/standard")
            .join(model["file"].as_str().unwrap());
        assert_eq!(
            model["sha256"],
            packs::sha256_of_file(&file).unwrap().as_str()
        );
    }
    let output = rostro(&home, &["config"]).output().unwrap();
    assert!(
        out(&output).contains("pack = \"standard\""),
        "{}",
        out(&output)
    );
}

#[test]
fn setup_refuses_what_does_not_exist_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = folder.path().join("libonnxruntime.so");
    fs::write(&runtime, "").unwrap();
    let mut setup = rostro(folder.path(), &["setup", "--pack", "nothing"]);
    let output = setup.env("ORT_DYLIB_PATH", &runtime).output().unwrap();
    let said = err(&output);
    assert!(!output.status.success());
    assert!(
        said.ends_with(
            "error: there is no model pack \"nothing\"; choose one of: compact, insightface, mobilefacenet, opencv, standard\n"
        ),
        "{said}"
    );
}

#[test]
fn a_server_says_where_it_looked_for_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let serve = || {
        let mut serve = rostro(folder.path(), &["serve"]);
        serve
            .env_remove("ORT_DYLIB_PATH")
            // Of no pack of this machine's own.
            .env("ROSTRO_MODELS__PACK", "of-this-test")
            .env("ROSTRO_SERVER__LISTEN", "127.0.0.1:0");
        serve
    };
    let said = err(&serve().output().unwrap());
    assert!(
        said.contains("ONNX Runtime was not found: looked in data, .rostro, ")
            && said.contains("; `rostro setup` fetches it"),
        "{said}"
    );
    let runtime = folder.path().join(".rostro/onnxruntime/1.31.1");
    fs::create_dir_all(&runtime).unwrap();
    fs::write(runtime.join("libonnxruntime.so.1.31.1"), "").unwrap();
    let said = err(&serve().output().unwrap());
    assert!(
        said.contains("the model pack \"of-this-test\" was not found: looked in data, .rostro, "),
        "{said}"
    );
}

use std::{net::TcpListener, time::SystemTime};

use tempfile::TempDir;

use super::*;

/// SHA-256 of `hello` and of `world`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const WORLD: &str = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

struct Bench {
    home: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            home: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(bench.mirror()).unwrap();
        bench.write_mirror("det.onnx", "hello");
        bench.write_mirror("emb.onnx", "world");
        bench.write_manifest("");
        bench
    }

    fn mirror(&self) -> PathBuf {
        self.home.path().join("mirror")
    }

    fn manifest(&self) -> PathBuf {
        self.home.path().join("tiny.toml")
    }

    fn folder(&self, pack: &str) -> PathBuf {
        self.home.path().join("models").join(pack)
    }

    fn write_mirror(&self, name: &str, text: &str) {
        fs::write(self.mirror().join(name), text).unwrap();
    }

    /// A pack of two files; `extra` goes into the detector's artefact.
    fn write_manifest(&self, extra: &str) {
        let text = format!(
            r#"
name = "tiny"
summary = "for tests"
detector = {{ file = "det", decoder = "yunet", tensor = {{ channels = "bgr", mean = 0.0, scale = 1.0 }}, score = 0.6, nms = 0.3 }}
[embedder]
file = "emb"
template = "arcface"
dimension = 4
tensor = {{ channels = "rgb", mean = 0.0, scale = 1.0 }}
[embedder.calibration]
measured = "nothing"
model_sha256 = "{WORLD}"
impostor_mean = 0.0
anchors = [
    {{ fmr = 1e-2, cosine = 0.1 }}, {{ fmr = 1e-3, cosine = 0.2 }}, {{ fmr = 1e-4, cosine = 0.3 }},
    {{ fmr = 1e-5, cosine = 0.4 }}, {{ fmr = 1e-6, cosine = 0.5 }},
]
[files.det]
name = "det.onnx"
license = "none"
commercial = true
origin = "here"
artefacts = [{{ sha256 = "{HELLO}", bytes = 5, mirror = "det.onnx"{extra} }}]
[files.emb]
name = "emb.onnx"
license = "none"
commercial = true
origin = "here"
artefacts = [{{ sha256 = "{HELLO}", mirror = "other.onnx" }}, {{ sha256 = "{WORLD}", mirror = "emb.onnx" }}]
"#
        );
        fs::write(self.manifest(), text).unwrap();
    }

    fn install(&self, pack: &str, mirror: bool, offline: bool) -> Result<InstalledPack> {
        let mirror = mirror.then(|| self.mirror());
        install(
            &fs::read_to_string(self.manifest()).unwrap(),
            &self.folder(pack),
            &Sources { mirror, offline },
        )
    }

    fn names(&self, pack: &str) -> Vec<String> {
        let mut names: Vec<_> = self
            .folder(pack)
            .read_dir()
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn changed(&self, name: &str) -> SystemTime {
        self.folder("tiny")
            .join(name)
            .metadata()
            .unwrap()
            .modified()
            .unwrap()
    }
}

#[test]
fn a_pack_comes_from_the_mirror_and_the_second_time_from_nowhere() {
    let bench = Bench::new();
    let pack = bench.install("tiny", true, true).unwrap();
    assert_eq!(
        pack.files["emb"].sha256, WORLD,
        "the second artefact stands in for the first, which the mirror lacks"
    );
    assert!(pack.calibration_is_measured());
    assert_eq!(bench.names("tiny"), ["det.onnx", "emb.onnx", "pack.toml"]);
    let before = ["det.onnx", "emb.onnx", "pack.toml"].map(|name| bench.changed(name));
    bench.install("tiny", false, true).unwrap();
    assert_eq!(
        ["det.onnx", "emb.onnx", "pack.toml"].map(|name| bench.changed(name)),
        before
    );
}

#[test]
fn what_the_operator_measured_outlives_a_new_manifest() {
    let bench = Bench::new();
    let pack = bench.install("tiny", true, true).unwrap();
    let mut own = pack.manifest.embedder.calibration.clone();
    own.measured = "by rostro eval".to_owned();
    own.own_data = true;
    own.anchors[0].cosine = 0.15;
    pack.rewrite(|text| packs::with_calibration(text, &own))
        .unwrap();
    let text = fs::read_to_string(bench.manifest()).unwrap();
    fs::write(bench.manifest(), text.replace("for tests", "newer")).unwrap();
    let renewed = bench.install("tiny", false, true).unwrap().manifest;
    assert_eq!(renewed.summary, "newer");
    assert_eq!(renewed.embedder.calibration, own);
}

#[test]
fn a_wrong_file_in_the_mirror_leaves_nothing_behind() {
    let bench = Bench::new();
    bench.write_mirror("det.onnx", "hallo");
    let error = bench.install("tiny", true, true).unwrap_err().to_string();
    assert!(
        error.starts_with("det.onnx cannot be had: ") && error.contains("SHA-256"),
        "{error}"
    );
    assert!(!bench.folder("tiny").exists());
}

#[test]
fn a_stopped_set_up_goes_on_where_it_was() {
    let bench = Bench::new();
    fs::remove_file(bench.mirror().join("emb.onnx")).unwrap();
    bench.install("tiny", true, true).unwrap_err();
    assert_eq!(
        bench.names("tiny"),
        ["det.onnx"],
        "without the manifest, so not a pack yet"
    );
    let before = bench.changed("det.onnx");
    fs::write(bench.folder("tiny").join(".part-killed"), "wor").unwrap();

    bench.write_mirror("emb.onnx", "world");
    bench.install("tiny", true, true).unwrap();
    assert_eq!(bench.names("tiny"), ["det.onnx", "emb.onnx", "pack.toml"]);
    assert_eq!(bench.changed("det.onnx"), before);
}

#[test]
fn a_damaged_file_is_replaced_and_kept_when_it_cannot_be() {
    let bench = Bench::new();
    bench.install("tiny", true, true).unwrap();
    let path = bench.folder("tiny").join("det.onnx");
    fs::write(&path, "hallo").unwrap();
    bench.install("tiny", false, true).unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"hallo");
    bench.install("tiny", true, true).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
}

#[test]
fn another_pack_lends_its_files_when_they_are_right() {
    let bench = Bench::new();
    bench.install("first", true, true).unwrap();
    bench.install("second", false, true).unwrap();
    fs::write(bench.folder("first").join("det.onnx"), "hallo").unwrap();
    fs::remove_dir_all(bench.folder("second")).unwrap();
    bench.install("third", false, true).unwrap_err();
    assert!(bench.names("third").is_empty());
}

#[test]
fn offline_asks_nobody_and_says_so() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    bench.write_manifest(&format!(
        r#", url = "http://{}/det.onnx""#,
        listener.local_addr().unwrap()
    ));
    let error = bench.install("tiny", false, true).unwrap_err().to_string();
    assert!(
        error.contains("ROSTRO_MODELS_OFFLINE") && error.contains("--mirror"),
        "{error}"
    );
    assert!(listener.accept().is_err(), "nobody may have called");
}

#[test]
fn a_changed_manifest_is_taken_over() {
    let bench = Bench::new();
    bench.install("tiny", true, true).unwrap();
    let text = fs::read_to_string(bench.manifest())
        .unwrap()
        .replace("for tests", "for more tests");
    fs::write(bench.manifest(), text).unwrap();
    assert_eq!(
        bench.install("tiny", false, true).unwrap().manifest.summary,
        "for more tests"
    );
}

#[test]
fn a_pack_goes_without_an_optional_file_that_cannot_be_had_until_it_can() {
    let bench = Bench::new();
    let mut text = fs::read_to_string(bench.manifest()).unwrap();
    text.push_str(&format!(
        r#"
[files.pose]
name = "pose.onnx"
license = "none"
commercial = true
origin = "here"
optional = true
artefacts = [{{ sha256 = "{HELLO}", mirror = "pose.onnx" }}]
[pose]
file = "pose"
tensor = {{ channels = "bgr", mean = 0.0, scale = 1.0 }}
size = 60
yaw = "y"
pitch = "p"
roll = "r"
"#
    ));
    fs::write(bench.manifest(), &text).unwrap();
    // The detector's file has the same contents: it would stand in for it from an installed pack, but not for this folder's own.
    let pack = bench.install("tiny", true, true).unwrap();
    assert!(!pack.files.contains_key("pose"));
    bench.write_mirror("pose.onnx", "hello");
    let pack = bench.install("tiny", true, true).unwrap();
    assert!(pack.files.contains_key("pose"));
    // No role but the pose can do without its file.
    fs::write(
        bench.manifest(),
        text.replace("file = \"det\"", "file = \"pose\""),
    )
    .unwrap();
    let refused = bench.install("tiny", true, true).unwrap_err();
    assert!(
        format!("{refused:#}").contains("cannot do without"),
        "{refused:#}"
    );
}

//! `rostro eval` as its users run it: on the labelled pictures outside LFW (`ROSTRO_FACES/people.csv`), and on bad input.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;

use super::{common, err, out, rostro};

/// Pictures of one person that are used.
const EACH: usize = 4;

/// A home with the folder `people` (one sub-folder each), and the settings of this machine's models.
struct Bench {
    home: tempfile::TempDir,
    models: PathBuf,
    pictures: usize,
}

/// The labelled pictures, or a loud word that the test is skipped.
fn faces() -> Option<PathBuf> {
    let faces = std::env::var_os("ROSTRO_FACES").map(PathBuf::from);
    if faces.is_none() {
        eprintln!("SKIPPED: ROSTRO_FACES is not set");
    }
    faces
}

impl Bench {
    fn new() -> Option<Self> {
        let (config, _data) = common::config()?;
        let faces = faces()?;
        let mut bench = Self {
            home: tempfile::tempdir().unwrap(),
            models: config.models.dir,
            pictures: 0,
        };
        let mut list = csv::Reader::from_path(faces.join("people.csv")).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for line in list.records() {
            let line = line.unwrap();
            let count: &mut usize = counts.entry(line[1].to_owned()).or_default();
            *count += 1;
            // The largest of these, of 36 megapixels, takes as long as all others.
            if *count <= EACH && !line[0].ends_with("001_A.jpg") {
                let name = line[0].replace('/', "_");
                bench.put(
                    &format!("people/{}/{name}", &line[1]),
                    &faces.join(&line[0]),
                );
                bench.pictures += 1;
            }
        }
        Some(bench)
    }

    fn put(&self, name: &str, from: &Path) {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(from, path).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let arguments: Vec<&str> = ["eval"].iter().chain(arguments).copied().collect();
        rostro(self.home.path(), &arguments)
            .env("ROSTRO_MODELS__DIR", &self.models)
            .env("ROSTRO_MODELS__PACK", common::pack())
            .output()
            .unwrap()
    }

    fn report(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.home.path().join(name)).unwrap()).unwrap()
    }

    /// Lets the manifest be written: a copy of the installed pack, models as links.
    fn own_pack(&mut self) -> PathBuf {
        let installed = self.models.join(common::pack());
        self.models = self.home.path().join("models");
        let own = self.models.join(common::pack());
        fs::create_dir_all(&own).unwrap();
        for entry in installed.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let target = own.join(path.file_name().unwrap());
            if path.extension().is_some_and(|end| end == "toml") {
                fs::copy(path, target).unwrap();
            } else {
                std::os::unix::fs::symlink(path, target).unwrap();
            }
        }
        own.join("pack.toml")
    }
}

#[test]
fn error_rates_are_measured_and_bad_pictures_left_out() {
    if !common::with_standard() {
        return;
    }
    let Some(mut bench) = Bench::new() else {
        return;
    };
    bench.write("people/matt_damon/broken.jpg", "this is no picture");
    bench.write(
        "people/matt_damon/notes.txt",
        "neither is this, and it does not pretend to be",
    );
    let copied = bench.home.path().join("people/katy_perry");
    let first = copied.read_dir().unwrap().next().unwrap().unwrap().path();
    bench.put("people/katy_perry/zz_copy.jpg", &first);
    bench.write("people/nobody/empty.png", "");
    bench.write("table.csv", "person,born\nmatt damon,early\nkaty_perry,late\nelon_musk,early\nbarack_obama,early\nscarlett_johansson,late\nno_such_one,late\n");
    let name = |person: &str, at: usize| {
        let mut names: Vec<_> = bench
            .home
            .path()
            .join("people")
            .join(person)
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        format!("{person}/{}", names[at])
    };
    let (a, b, c) = (
        name("elon_musk", 0),
        name("elon_musk", 1),
        name("barack_obama", 0),
    );
    bench.write(
        "pairs.csv",
        &format!(
            "first,second,same\n{a},{b},yes\n{a},{c},no\n{b},{c},no\n{a},elon_musk/gone.jpg,yes\n"
        ),
    );
    let manifest = bench.own_pack();
    let shipped = fs::read_to_string(&manifest).unwrap();

    let arguments = [
        "people",
        "--pairs",
        "pairs.csv",
        "--by",
        "born",
        "--people",
        "table.csv",
        "--out",
        "out",
        "--write",
    ];
    let output = bench.run(&arguments);
    let text = out(&output);
    assert!(output.status.success(), "{text}{}", err(&output));
    for part in [
        "2 unreadable",
        "1 copies of others",
        "left out matt_damon/broken.jpg: not a JPEG",
        "left out nobody/empty.png: the picture is empty",
        "WARNING: 1 pairs of pairs.csv name 1 pictures that are not there: elon_musk/gone.jpg",
        "WARNING: 1 lines of the table of people are about nobody in the folder: no_such_one",
        "Verification by pairs.csv: 1 pairs of one person, 2 of different people",
        "By born:",
        "early and late",
        "wrote the calibration into",
        "it is marked provisional",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }

    let report = bench.report("out/report.json");
    let data = &report["data"];
    assert_eq!(data["pictures"], bench.pictures + 3);
    let templates = data["templates"].as_u64().unwrap();
    assert!(templates > bench.pictures as u64 * 9 / 10, "{data}");
    let all = &report["all_pairs"];
    let pairs = all["genuine"].as_u64().unwrap() + all["impostors"].as_u64().unwrap();
    assert_eq!(pairs, templates * (templates - 1) / 2);
    // These people are told apart by the shipped calibration: few strangers match at FMR 1e-4, none at 1e-5.
    let at = |score: f64| {
        let thresholds = report["thresholds"].as_array().unwrap();
        thresholds.iter().find(|at| at["score"] == score).unwrap()
    };
    let errors = |score: f64| at(score)["fmr"]["errors"].as_u64().unwrap();
    assert!(
        errors(0.75) <= 2 && errors(0.81) == 0,
        "{} {}",
        at(0.75),
        all["closest_impostors"]
    );
    assert!(
        at(0.75)["fnmr"]["rate"].as_f64().unwrap() < 0.05,
        "{}",
        at(0.75)
    );
    assert_eq!(report["groups"]["groups"].as_array().unwrap().len(), 2);
    for plot in ["out/det.svg", "out/scores.svg"] {
        assert!(
            fs::read_to_string(bench.home.path().join(plot))
                .unwrap()
                .starts_with("<svg ")
        );
    }

    // The manifest has it, comments are there still, and the pack opens.
    let written = fs::read_to_string(&manifest).unwrap();
    let first_comment = shipped.lines().next().unwrap();
    assert!(written.starts_with(first_comment) && written != shipped);
    let calibration = packs::Manifest::parse(&written)
        .unwrap()
        .embedder
        .calibration;
    assert!(calibration.own_data && calibration.provisional);
    assert!(
        calibration.measured.starts_with("people, all pairs of "),
        "{}",
        calibration.measured
    );
    for (anchor, measured) in calibration
        .anchors
        .iter()
        .zip(report["anchors"].as_array().unwrap())
    {
        assert!((anchor.cosine - measured["cosine"].as_f64().unwrap()).abs() < 1e-4);
        assert_eq!(
            anchor.extrapolated,
            measured["extrapolated"].as_bool().unwrap()
        );
    }

    // Again: the templates come from the cache, of which half is lost as by a kill, and the figures are the same.
    let cache = bench
        .home
        .path()
        .join("out/cache")
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole = fs::read(&cache).unwrap();
    fs::write(&cache, &whole[..whole.len() / 2]).unwrap();
    fs::write(&manifest, &shipped).unwrap();
    let again = bench.run(&arguments[..9]);
    assert!(again.status.success(), "{}", err(&again));
    assert_eq!(bench.report("out/report.json"), report);
    assert_eq!(
        fs::read(&cache).unwrap().len(),
        whole.len(),
        "the lost half was made again, nothing twice"
    );
    assert_eq!(
        fs::read_to_string(&manifest).unwrap(),
        shipped,
        "only --write writes"
    );
}

#[test]
fn a_calibration_on_too_little_is_refused_after_the_report() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let people = bench.home.path().join("people");
    for (number, entry) in people.read_dir().unwrap().enumerate() {
        if number >= 5 {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
    }
    let manifest = bench.own_pack();
    let before = fs::read_to_string(&manifest).unwrap();
    let output = bench.run(&["people", "--write"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("All pairs: "), "{}", out(&output));
    let fault = err(&output);
    assert!(
        fault.contains("the calibration was not written: there are ")
            && fault.contains("and a calibration needs 1"),
        "{fault}"
    );
    assert_eq!(fs::read_to_string(&manifest).unwrap(), before);
}

#[test]
fn what_cannot_be_measured_is_said_in_a_sentence() {
    // All of this is seen before any model is loaded.
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for name in [
        "two/Ana/1.jpg",
        "two/Bo/1.jpg",
        "one/Ana/1.jpg",
        "one/Ana/2.jpg",
        "live_only/live/1.jpg",
    ] {
        write(name, "x");
    }
    fs::create_dir(home.path().join("empty")).unwrap();
    write("gone.csv", "first,second,same\nAna/8.jpg,Bo/9.jpg,no\n");
    write("pairs.txt", "10\t300\nAna\t1\t2\n");
    write("people.csv", "person,sex\nAna,f\nBo,m\n");
    write("strangers.csv", "person,sex\nCy,f\n");
    for (arguments, words) in [
        (&["missing"][..], "missing cannot be read"),
        (&["empty"], "has no sub-folder with pictures"),
        (&["one"], "pictures of one person only"),
        (
            &["two", "--pairs", "gone.csv"],
            "the first that is missing is Ana/8.jpg",
        ),
        (
            &["two", "--pairs", "pairs.txt"],
            "line 2: there are 1 pairs, but the first line announces 6000",
        ),
        (
            &["two", "--pairs", "nowhere.txt"],
            "nowhere.txt cannot be read",
        ),
        (
            &["two", "--people", "people.csv", "--by", "age"],
            "no column \"age\", but person, sex",
        ),
        (
            &["two", "--people", "strangers.csv", "--by", "sex"],
            "it says the sex of nobody who is in the folder",
        ),
        (&["--pad", "live_only"], "has no pictures in spoof/"),
        (&["--pad", "two"], "has no pictures in live/"),
        (&["two"], "no model pack was found: looked in"),
    ] {
        let arguments: Vec<&str> = ["eval"].iter().chain(arguments).copied().collect();
        let output = rostro(home.path(), &arguments).output().unwrap();
        let fault = err(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {fault}");
        assert!(
            fault.starts_with("error: ") && fault.lines().count() == 1 && fault.contains(words),
            "{arguments:?}: {fault}"
        );
    }
}

#[test]
fn liveness_is_measured_by_kind_of_attack() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let faces = faces().unwrap().join("liveness");
    let mut list = csv::Reader::from_path(faces.join("labels.csv")).unwrap();
    for line in list.records() {
        let line = line.unwrap();
        let kind = line[2].split([' ', '(']).next().unwrap();
        let folder = if &line[1] == "live" {
            "live".to_owned()
        } else {
            format!("spoof/{kind}")
        };
        bench.put(&format!("pad/{folder}/{}", &line[0]), &faces.join(&line[0]));
    }
    bench.write("pad/spoof/screen/broken.jpg", "no picture");
    let manifest = bench.own_pack();
    let before = fs::read_to_string(&manifest).unwrap();
    let output = bench.run(&["--pad", "pad", "--out", "out", "--write"]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1), "{text}{}", err(&output));
    assert!(
        err(&output).contains("and a calibration needs 50 of each"),
        "{}",
        err(&output)
    );
    assert_eq!(fs::read_to_string(&manifest).unwrap(), before);
    for part in [
        "APCER print",
        "APCER screen",
        "left out spoof/screen/broken.jpg: not a JPEG",
        "WARNING: with so few pictures",
        "equal error",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let report = bench.report("out/pad.json");
    assert_eq!(
        report["live"]["judged"].as_u64().unwrap() + report["live"]["refused"].as_u64().unwrap(),
        5
    );
    assert_eq!(report["thresholds"].as_array().unwrap().len(), 19);
    assert!(
        fs::read_to_string(bench.home.path().join("out/pad.svg"))
            .unwrap()
            .contains("APCER: print accepted")
    );
}

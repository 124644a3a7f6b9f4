//! Folders and lists of pictures.

use std::path::Path;

use serde_json::Value;
use store::Record;

use crate::{Home, common, on_both};

on_both! { a_folder_is_enrolled_once, a_list_is_enrolled }

fn picture(home: &Home, name: &str, to: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    let to = home.path().join(to);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
}

fn report(home: &Home) -> Value {
    serde_json::from_slice(&std::fs::read(home.path().join("report.json")).unwrap()).unwrap()
}

/// Name and number of faces of everybody, and the names of their collections.
async fn people(home: &Home) -> Vec<(String, usize, Vec<String>)> {
    let mut people: Vec<_> = home
        .records("acme")
        .await
        .into_iter()
        .filter_map(|record| match record {
            Record::Person(record) => {
                let collections = record
                    .person
                    .collections
                    .iter()
                    .map(|one| one.name.clone())
                    .collect();
                Some((record.person.name, record.faces.len(), collections))
            }
            Record::Collection(_) => None,
        })
        .collect();
    people.sort();
    people
}

async fn a_folder_is_enrolled_once(home: &Home) {
    if common::config().is_none() {
        return;
    }
    home.ok(&["client", "add", "acme"]);
    picture(home, "composite01_1.jpg", "in/Ana_Pérez/1.jpg");
    picture(home, "composite01_2.jpg", "in/Ana_Pérez/2.jpg");
    picture(home, "composite01_1.jpg", "in/Ana_Pérez/same.jpg");
    picture(home, "composite02_1.jpg", "in/Bo/1.jpg");
    std::fs::write(home.path().join("in/Bo/broken.jpg"), "not a picture").unwrap();
    std::fs::create_dir_all(home.path().join("in/Nobody")).unwrap();
    let import = [
        "import",
        "in",
        "--client",
        "acme",
        "--collection",
        "staff",
        "--report",
        "report.json",
    ];
    let text = home.ok(&import);
    assert!(text.ends_with("2 persons enrolled, 0 extended, 0 there before, 1 without a usable picture; 2 pictures refused or left out\n"), "{text}");
    let refused: Vec<(String, String)> = report(home)["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["person"].as_str().unwrap().to_owned(),
                one["reason"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(
        refused[0],
        ("Bo".to_owned(), "it is not a picture".to_owned())
    );
    assert_eq!(refused[1].0, "Nobody");
    let staff = || vec!["staff".to_owned()];
    let once = people(home).await;
    assert_eq!(
        once,
        [
            ("Ana Pérez".to_owned(), 2, staff()),
            ("Bo".to_owned(), 1, staff())
        ]
    );

    // Again: nothing new. With a further picture: that one.
    home.ok(&import);
    assert_eq!(
        (report(home)["existed"].as_u64(), people(home).await),
        (Some(2), once)
    );
    picture(home, "composite02_2.jpg", "in/Bo/2.jpg");
    home.ok(&import);
    assert_eq!(report(home)["extended"], 1);
    assert_eq!(people(home).await[1].1, 2);
    home.ok(&import);
    assert_eq!(
        (report(home)["existed"].as_u64(), people(home).await[1].1),
        (Some(2), 2)
    );
    // Another collection holds other persons.
    home.ok(&["import", "in", "--client", "acme", "--pictures", "1"]);
    let all = people(home).await;
    assert_eq!(all.len(), 4);
    assert_eq!(all[0], ("Ana Pérez".to_owned(), 1, Vec::new()));
}

async fn a_list_is_enrolled(home: &Home) {
    if common::config().is_none() {
        return;
    }
    home.ok(&["client", "add", "acme"]);
    picture(home, "composite03_1.jpg", "in/a.jpg");
    let list =
        "name,date_of_birth,picture\nCy,1990-01-15,a.jpg\nDee,yesterday,a.jpg\nEve,,missing.jpg\n";
    std::fs::write(home.path().join("in/people.csv"), list).unwrap();
    home.ok(&[
        "import",
        "in/people.csv",
        "--client",
        "acme",
        "--report",
        "report.json",
    ]);
    assert_eq!(people(home).await, [("Cy".to_owned(), 1, Vec::new())]);
    let report = report(home);
    assert_eq!(
        (&report["enrolled"], &report["without_picture"]),
        (&1.into(), &1.into())
    );
    let reasons = report["refused"].to_string();
    assert!(
        reasons.contains("date_of_birth is not YYYY-MM-DD")
            && reasons.contains("it cannot be read"),
        "{reasons}"
    );
    assert!(
        home.fails(&["import", "in/people.csv", "--client", "nobody"])
            .contains("there is no account")
    );
}

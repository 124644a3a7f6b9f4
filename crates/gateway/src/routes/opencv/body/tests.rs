use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::{read::parse, *};

#[derive(Debug, PartialEq)]
struct Everything {
    name: String,
    score: f64,
    most: u32,
    check: bool,
    mode: u8,
    people: Vec<String>,
    inner: Option<u32>,
}

impl FromReader for Everything {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let name = reader.required("name", text(1..=5));
        let score = reader.or("score", 0.7, number(0.0..=1.0));
        let most = reader.or("most", 1, integer(1..=500));
        let check = reader.or("check", false, boolean);
        let mode = reader.or("mode", 0, one_of(&["FAST", "ACCURATE"], &[0, 1]));
        let people = reader.objects("people", (0, 2), |one| one.required("id", text(1..=3)));
        let inner = reader.optional_object("inner", |one| one.required("n", integer(0..=9)));
        Some(Self {
            name: name?,
            score: score?,
            most: most?,
            check: check?,
            mode: mode?,
            people: people?,
            inner: inner?,
        })
    }
}

fn read(body: &serde_json::Value) -> Result<Everything, Vec<String>> {
    match parse(&Bytes::from(body.to_string())) {
        Err(BodyError::Faults(faults)) => Err(faults.iter().map(ToString::to_string).collect()),
        other => Ok(other.unwrap()),
    }
}

#[test]
fn defaults_and_null_are_the_same_as_absent() {
    let wanted = Everything {
        name: "Añas".into(),
        score: 0.7,
        most: 1,
        check: false,
        mode: 0,
        people: vec!["a".into()],
        inner: None,
    };
    let least = json!({ "name": "Añas", "people": [{ "id": "a" }], "unknown": [1] });
    assert_eq!(read(&least), Ok(wanted));
    let nulls = json!({ "name": "Añas", "people": [{ "id": "a" }], "score": null, "most": null, "check": null, "mode": null, "inner": null });
    assert_eq!(read(&nulls), read(&least));
}

#[test]
fn all_that_is_wrong_is_told() {
    let body = json!({
        "name": "", "score": 1.5, "most": 2.5, "check": "yes", "mode": "SLOW",
        "people": [{ "id": 5 }, {}], "inner": { "n": 10 },
    });
    assert_eq!(
        read(&body).unwrap_err(),
        [
            "name must have at least 1 characters",
            "score must be at most 1",
            "most must be an integer",
            "check must be a boolean",
            "mode must be one of FAST, ACCURATE",
            "people[0].id must be a string",
            "people[1].id is required",
            "inner.n must be at most 9",
        ]
    );
    let body = json!({ "name": "long name", "score": "0.5", "most": 0, "people": [1], "inner": 1 });
    assert_eq!(
        read(&body).unwrap_err(),
        [
            "name must have at most 5 characters",
            "score must be a number",
            "most must be at least 1",
            "people[0] must be an object",
            "inner must be an object",
        ]
    );
    let body = json!({ "people": [{}, {}, {}] });
    assert_eq!(
        read(&body).unwrap_err(),
        ["name is required", "people must have at most 2 items"]
    );
}

#[test]
fn bodies_that_are_no_object() {
    let parse = |text: &str| parse::<Everything>(&Bytes::from(text.to_owned())).unwrap_err();
    assert_eq!(parse("[1]"), BodyError::NotAnObject);
    assert_eq!(parse("{"), BodyError::Syntax { line: 1, column: 1 });
    assert!(matches!(parse(" "), BodyError::Faults(faults) if faults.len() == 2));
}

#[test]
fn queries_have_numbers_as_texts() {
    #[derive(Debug, PartialEq)]
    struct Page(u32);
    impl FromReader for Page {
        fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
            reader.or("take", 20, integer(0..=100)).map(Self)
        }
    }
    assert_eq!(read_query("take=7&x=%"), Ok(Page(7)));
    assert_eq!(read_query(""), Ok(Page(20)));
    let Err(BodyError::Faults(faults)) = read_query::<Page>("take=101") else {
        panic!("101 is too many")
    };
    assert_eq!(faults[0].place, Place::Query);
    assert!(read_query::<Page>("take=one").is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse::<Everything>(&Bytes::from(bytes));
    }
}

//! The rules of bodies, and that no body at all brings anything down.

use bytes::Bytes;
use proptest::prelude::*;

use super::{
    BodyError, Fields, FromFields,
    extract::read,
    invalid::{Invalid, Rule},
};
use crate::routes::verifik::{
    compare::CompareRequest, compare_live::CompareLiveRequest,
    compare_with_liveness::CompareWithLivenessRequest, detect::DetectRequest, document::SearchMode,
    face_validation::FaceValidationRequest, liveness::LivenessRequest,
};

fn refusal<T: FromFields>(body: &str) -> String {
    match read::<T>(&Bytes::from(body.to_owned())) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn refusals_are_worded_as_the_contract_words_them() {
    let liveness = [
        ("", r#""os" is required"#),
        ("  \n", r#""os" is required"#),
        ("{}", r#""os" is required"#),
        (r#"{"os":null}"#, r#""os" is required"#),
        (r#"{"os":""}"#, r#""os" is not allowed to be empty"#),
        (r#"{"os":1}"#, r#""os" must be a string"#),
        (r#"{"os":"IOS"}"#, r#""image" is required"#),
        (
            r#"{"os":"IOS","image":""}"#,
            r#""image" is not allowed to be empty"#,
        ),
        (r#"{"os":"IOS","image":7}"#, r#""image" must be a string"#),
        (r#"{"os":"IOS","image":{}}"#, r#""image" must be a string"#),
        (
            r#"{"os":"IOS","image":[]}"#,
            r#""image" does not contain 1 required value(s)"#,
        ),
        (
            r#"{"os":"IOS","image":["a","b"]}"#,
            r#""image" must contain less than or equal to 1 items"#,
        ),
        (
            r#"{"os":"IOS","images":["a","b"]}"#,
            r#""images" must contain less than or equal to 1 items"#,
        ),
        (
            r#"{"os":"IOS","images":[3]}"#,
            r#""images[0]" must be a string"#,
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":true}"#,
            r#""liveness_min_score" must be a number"#,
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":"NaN"}"#,
            r#""liveness_min_score" must be a number"#,
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":""}"#,
            r#""liveness_min_score" must be a number"#,
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":0.49}"#,
            r#""liveness_min_score" must be greater than or equal to 0.5"#,
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":"1.01"}"#,
            r#""liveness_min_score" must be less than or equal to 1"#,
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":" 0.7 ","cropFace":{"a":[1]}}"#,
            "accepted",
        ),
        (
            r#"{"os":"IOS","image":"a","liveness_min_score":null}"#,
            "accepted",
        ),
        (r#"{"os":"IOS","images":"a"}"#, "accepted"),
        (r#"{"os":"IOS","image":["a"]}"#, "accepted"),
        ("\u{feff}{\"os\":\"IOS\",\"image\":\"a\"}", "accepted"),
        ("[]", "the body must be a JSON object"),
        ("{\"os\":", "the body is not valid JSON (line 1, column 6)"),
    ];
    for (body, wanted) in liveness {
        assert_eq!(refusal::<LivenessRequest>(body), wanted, "{body}");
    }
    let compare = [
        ("{}", r#""probe" is required"#),
        (r#"{"probe":5}"#, r#""probe" must be an array"#),
        (
            r#"{"probe":[]}"#,
            r#""probe" does not contain 1 required value(s)"#,
        ),
        (
            r#"{"probe":["a",""]}"#,
            r#""probe[1]" is not allowed to be empty"#,
        ),
        (r#"{"probe":["a",null]}"#, r#""probe[1]" must be a string"#),
        (r#"{"probe":"a"}"#, r#""gallery" is required"#),
        (r#"{"probe":"a","gallery":"b"}"#, "accepted"),
        (
            r#"{"probe":["a"],"gallery":["b","c"],"search_mode":"fast"}"#,
            r#""search_mode" must be one of [FAST, ACCURATE]"#,
        ),
        (
            r#"{"probe":["a"],"gallery":["b"],"compare_min_score":0.5}"#,
            r#""compare_min_score" must be greater than or equal to 0.67"#,
        ),
        (
            r#"{"probe":["a"],"gallery":["b"],"compare_min_score":0.96}"#,
            r#""compare_min_score" must be less than or equal to 0.95"#,
        ),
        (
            r#"{"probe":["a","a","a","a","a","a","a","a","a","a","a"],"gallery":["b"]}"#,
            r#""probe" must contain less than or equal to 10 items"#,
        ),
    ];
    for (body, wanted) in compare {
        assert_eq!(refusal::<CompareRequest>(body), wanted, "{body}");
    }
    let live = [
        (r#"{"probe":"a","gallery":["b"]}"#, r#""os" is required"#),
        (
            r#"{"probe":"a","gallery":["b"],"os":"IOS"}"#,
            r#""liveness_min_score" is required"#,
        ),
        (
            r#"{"probe":"a","gallery":["b"],"os":"IOS","liveness_min_score":0.5}"#,
            r#""liveness_min_score" must be greater than or equal to 0.52"#,
        ),
        (
            r#"{"probe":["a"],"gallery":"b","os":"IOS","liveness_min_score":"0.52"}"#,
            "accepted",
        ),
    ];
    for (body, wanted) in live {
        assert_eq!(refusal::<CompareLiveRequest>(body), wanted, "{body}");
    }
    let detect = [
        ("{}", r#""image" is required"#),
        (r#"{"image":"a"}"#, "accepted"),
        (
            r#"{"image":"a","min_score":0.8}"#,
            r#""search_mode" is required"#,
        ),
        (
            r#"{"image":"a","search_mode":"FAST"}"#,
            r#""min_score" is required"#,
        ),
        (
            r#"{"image":"a","search_mode":"FAST","return_landmarks":"true"}"#,
            "accepted",
        ),
        (
            r#"{"image":"a","return_landmarks":"yes"}"#,
            r#""return_landmarks" must be a boolean"#,
        ),
        (
            r#"{"image":"a","search_mode":"FAST","min_score":0.4}"#,
            r#""min_score" must be greater than or equal to 0.5"#,
        ),
        (
            r#"{"image":"a","search_mode":"FAST","min_score":0.8,"max_results":1.5}"#,
            r#""max_results" must be an integer"#,
        ),
        (
            r#"{"image":"a","search_mode":"FAST","min_score":0.8,"max_results":0}"#,
            r#""max_results" must be greater than or equal to 1"#,
        ),
    ];
    for (body, wanted) in detect {
        assert_eq!(refusal::<DetectRequest>(body), wanted, "{body}");
    }
}

#[test]
fn defaults_are_the_documented_ones() {
    let body = Bytes::from_static(br#"{"os":"DESKTOP","image":"a","probe":"a","gallery":"b"}"#);
    assert_eq!(
        read::<LivenessRequest>(&body).unwrap().liveness_min_score,
        0.6
    );
    let compare = read::<CompareRequest>(&body).unwrap();
    assert_eq!(
        (compare.compare_min_score, compare.search_mode),
        (0.85, SearchMode::Fast)
    );
    let with = read::<CompareWithLivenessRequest>(&body).unwrap();
    assert_eq!(
        (with.liveness_min_score, with.compare_min_score, &*with.os),
        (0.6, None, "DESKTOP")
    );
    assert_eq!(read::<DetectRequest>(&body).unwrap().max_results, 99);
}

#[test]
fn the_last_of_a_repeated_field_counts() {
    let body = Bytes::from_static(br#"{"min_score":0.1,"min_score":0.7}"#);
    let fields = Fields::parse(&body).unwrap();
    assert_eq!(
        fields.number("min_score", 0.0, 1.0).required().unwrap(),
        0.7
    );
}

#[test]
fn the_limits_themselves_are_inside() {
    let body = Bytes::from_static(br#"{"a":0.5,"b":1,"c":"1e-1"}"#);
    let fields = Fields::parse(&body).unwrap();
    assert_eq!(fields.number("a", 0.5, 1.0).required().unwrap(), 0.5);
    assert_eq!(fields.number("b", 0.5, 1.0).required().unwrap(), 1.0);
    assert_eq!(fields.whole("b", 1, 3).required().unwrap(), 1);
    let refused = fields.number("c", 0.5, 1.0).required();
    assert_eq!(refused, Err(Invalid::new("c", Rule::Below(0.5))));
}

/// A value of any type, biased towards those that fields take.
fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-2.0_f64..2.0).prop_map(Into::into),
        prop_oneof![Just("FAST"), Just("DESKTOP"), Just("0.7"), Just("")].prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(Into::into)
    })
}

fn any_body() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "os",
        "image",
        "images",
        "probe",
        "gallery",
        "search_mode",
        "liveness_min_score",
        "compare_min_score",
        "min_score",
        "max_results",
        "return_landmarks",
        "return_attributes",
        "collection_id",
        "other",
    ]);
    prop::collection::hash_map(name.prop_map(str::to_owned), any_value(), 0..8)
        .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()).to_string())
}

fn check<T: FromFields>(body: &Bytes) -> Result<(), TestCaseError> {
    match read::<T>(body) {
        Ok(_) => Ok(()),
        Err(BodyError::Invalid(invalid)) => {
            let text = invalid.to_string();
            prop_assert!(
                text.starts_with(&format!("\"{}\" ", invalid.field)),
                "{text}"
            );
            Ok(())
        }
        Err(other) => Err(TestCaseError::fail(format!("{other}"))),
    }
}

proptest! {
    #[test]
    fn every_refusal_of_an_object_names_a_field_in_quotes(body in any_body()) {
        let body = Bytes::from(body);
        check::<LivenessRequest>(&body)?;
        check::<CompareRequest>(&body)?;
        check::<CompareLiveRequest>(&body)?;
        check::<CompareWithLivenessRequest>(&body)?;
        check::<DetectRequest>(&body)?;
        check::<FaceValidationRequest>(&body)?;
    }

    #[test]
    fn bytes_of_any_kind_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read::<CompareRequest>(&Bytes::from(bytes));
    }
}

//! The seeds of the fuzzer, changed at random for a while: what every run of the tests can afford.

use mutation::Mutator;

fn seeds(target: &str) -> Mutator {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds");
    Mutator::of_folder(format!("{folder}/{target}").as_ref()).unwrap()
}

#[test]
fn base64() {
    seeds("base64").run(60_000, super::base64);
}

#[test]
fn authorization() {
    seeds("authorization").run(30_000, super::authorization);
}

#[test]
fn verifik() {
    seeds("verifik").run(15_000, super::verifik);
}

#[test]
fn opencv_onpremise() {
    seeds("opencv_onpremise").run(15_000, super::opencv_onpremise);
}

#[test]
fn opencv_cloud() {
    seeds("opencv_cloud").run(15_000, super::opencv_cloud);
}

/// What the target checks is not vacuous: with the right signature a good token is taken.
#[test]
fn a_good_token_gets_as_far_as_the_claims() {
    let claims =
        br#"{"clientId":"676194953a7502baafacc887","JWTPhrase":"abc","expiresAt":99999999999}"#;
    super::authorization(&[br#"{"alg":"HS256"}"#.as_slice(), b"\n", claims].concat());
    let tokens = super::tokens::TOKENS.as_ref().unwrap();
    assert!(
        tokens
            .verify(&super::tokens::signed(br#"{"alg":"HS256"}"#, claims))
            .is_ok()
    );
    assert!(
        tokens
            .verify(&super::tokens::signed(br#"{"alg":"none"}"#, claims))
            .is_err()
    );
}

//! What the fuzzer reads: every body and every list's query of this dialect.

use bytes::Bytes;

use super::{
    account,
    body::{Fields, FromFields as _},
    by_face, collections, compare, compare_live, compare_with_liveness, demo, detect,
    face_validation, liveness, persons, query, search, search_active_user, search_crops,
    search_live_face, verify,
};

/// Reads a body and a query as every route would.
pub(crate) fn requests(body: &Bytes, text: &str) {
    let mut read = vec![Fields::parse_with_query(body, text)];
    read.push(Fields::parse(body));
    for fields in read.iter().flatten() {
        let _ = account::clients::ProfileRequest::from_fields(fields);
        let _ = account::login::LoginRequest::from_fields(fields);
        let _ = account::session::SessionRequest::from_fields(fields);
        let _ = by_face::ByFace::from_fields(fields);
        let _ = compare::CompareRequest::from_fields(fields);
        let _ = compare_live::CompareLiveRequest::from_fields(fields);
        let _ = compare_with_liveness::CompareWithLivenessRequest::from_fields(fields);
        let _ = demo::DemoLivenessRequest::from_fields(fields);
        let _ = detect::DetectRequest::from_fields(fields);
        let _ = face_validation::FaceValidationRequest::from_fields(fields);
        let _ = liveness::LivenessRequest::from_fields(fields);
        let _ = search::SearchRequest::from_fields(fields);
        let _ = search_active_user::SearchActiveUserRequest::from_fields(fields);
        let _ = search_crops::SearchCropsRequest::from_fields(fields);
        let _ = search_live_face::SearchLiveFaceRequest::from_fields(fields);
        let _ = verify::VerifyRequest::from_fields(fields);
        collections::read_any(fields);
        persons::read_any(fields);
    }
    query::read_any(text, persons::field);
    query::read_any(text, collections::field);
}

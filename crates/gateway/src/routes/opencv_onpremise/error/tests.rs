//! What every error is told as. The matches in this module's parent leave no variant out; this table says what is right.

use inference::{DecodeError, Score};
use store::{ClientId, Person, PersonId};
use time::OffsetDateTime;

use super::*;
use crate::routes::finding;
use service::{Part, fetch::FetchError, limits::Wait};

fn told(error: impl Into<ApiError>) -> (u16, &'static str, String) {
    let error = error.into();
    let detail: Vec<String> = error.body.metadata.into_values().collect();
    (error.status.as_u16(), error.body.code, detail.join(","))
}

fn row(status: u16, code: &'static str, detail: &str) -> (u16, &'static str, String) {
    (status, code, detail.to_owned())
}

fn of(fault: impl Into<PictureError>) -> ServiceError {
    let (part, fault) = (Part::Image, fault.into());
    ServiceError::Picture { part, fault }
}

fn somebody() -> Person {
    let now = OffsetDateTime::UNIX_EPOCH;
    Person {
        id: PersonId::from([7; 12]),
        client: ClientId::random(),
        external_id: None,
        name: String::new(),
        gender: None,
        date_of_birth: None,
        nationality: None,
        notes: None,
        emails: Vec::new(),
        phones: Vec::new(),
        metadata: serde_json::Map::new(),
        liveness_score: None,
        collections: Vec::new(),
        faces: Vec::new(),
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

#[test]
fn the_door() {
    let cases = [
        (KeyError::Missing, row(401, "ERR_API_KEY_NOT_PRESENT", "")),
        (KeyError::NotValid, row(403, "ERR_API_KEY_NOT_VALID", "")),
        (KeyError::Disabled, row(403, "ERR_API_KEY_NOT_VALID", "")),
        (
            KeyError::StoreUnavailable,
            row(503, "ERR_DATABASE_ERROR", ""),
        ),
    ];
    for (error, wanted) in cases {
        assert_eq!(told(error), wanted, "{error:?}");
    }
}

#[test]
fn the_server() {
    let teapot = StatusCode::IM_A_TEAPOT;
    let cases = [
        (Refusal::NotFound, row(404, "ERR_NOT_FOUND", "")),
        (
            Refusal::MethodNotAllowed,
            row(405, "ERR_METHOD_NOT_ALLOWED", ""),
        ),
        (
            Refusal::BadRequest(teapot),
            row(418, "ERR_UNPROCESSABLE_CONTENT", ""),
        ),
        (Refusal::TooLarge, row(413, "ERR_PAYLOAD_IS_TOO_LARGE", "")),
        (Refusal::Busy, row(503, "ERR_SERVER_BUSY", "")),
        (
            Refusal::TooManyRequests(Wait::A_SECOND),
            row(429, "ERR_TOO_MANY_REQUESTS", ""),
        ),
        (Refusal::Timeout, row(504, "ERR_REQUEST_TIMEOUT", "")),
        (Refusal::Internal, row(500, "ERR_INTERNAL_ERROR", "")),
    ];
    for (refusal, wanted) in cases {
        assert_eq!(told(refusal), wanted, "{refusal:?}");
    }
    let retry = ApiError::from(Refusal::Busy).into_response();
    assert_eq!(retry.headers()[header::RETRY_AFTER], "1");
}

#[test]
fn bodies() {
    let invalid = row(422, "ERR_UNPROCESSABLE_CONTENT", "");
    for error in [
        BodyError::Unreadable,
        BodyError::Syntax { line: 1, column: 2 },
        BodyError::NotAnObject,
        BodyError::Faults(Vec::new()),
    ] {
        assert_eq!(told(error.clone()), invalid, "{error:?}");
    }
    let large = row(413, "ERR_PAYLOAD_IS_TOO_LARGE", "");
    assert_eq!(told(BodyError::TooLarge), large);
}

#[test]
fn pictures_and_liveness() {
    let liveness = |code: &str| row(412, "ERR_LIVENESS_ERROR", code);
    let no_picture = || row(422, "ERR_BASE64_IMAGE_CANNOT_BE_DECODED", "");
    let judged = |fault: PictureError| ServiceError::LivenessQuality(fault);
    let capture = |fault| judged(PictureError::Capture(finding(fault)));
    let face = |error: FaceError| judged(PictureError::Face(error));
    let broken = || FaceError::Inference("why".to_owned());
    let cases = [
        (of(PictureError::NotBase64), no_picture()),
        (of(FetchError::Disabled), no_picture()),
        (of(DecodeError::Corrupt), no_picture()),
        (of(FaceError::NoFace), row(400, "ERR_FACE_NOT_DETECTED", "")),
        (of(broken()), row(500, "ERR_INTERNAL_ERROR", "")),
        (face(FaceError::NoFace), liveness("FACE_NOT_FOUND")),
        (
            face(FaceError::MultipleFaces(2)),
            liveness("TOO_MANY_FACES"),
        ),
        (
            face(FaceError::TooSmall {
                size: 9.0,
                least: 10.0,
            }),
            liveness("FACE_TOO_SMALL"),
        ),
        (face(FaceError::NoLivenessModel), liveness("LICENSE_ERROR")),
        (face(broken()), liveness("UNKNOWN_ERROR")),
        (capture(CaptureFault::Cropped), liveness("FACE_CROPPED")),
        (capture(CaptureFault::TooClose), liveness("FACE_TOO_CLOSE")),
        (
            capture(CaptureFault::CloseToBorder),
            liveness("FACE_CLOSE_TO_BORDER"),
        ),
        (capture(CaptureFault::TooSmall), liveness("FACE_TOO_SMALL")),
        (
            capture(CaptureFault::AngleTooLarge),
            liveness("FACE_ANGLE_TOO_LARGE"),
        ),
        (
            capture(CaptureFault::Occluded),
            liveness("FACE_IS_OCCLUDED"),
        ),
        (capture(CaptureFault::EyesClosed), liveness("EYES_CLOSED")),
        (
            capture(CaptureFault::SeveralFaces),
            liveness("TOO_MANY_FACES"),
        ),
        (capture(CaptureFault::Blurred), liveness("UNKNOWN_ERROR")),
        (
            ServiceError::LivenessFailed(Score::ZERO),
            liveness("FACE_NOT_LIVE"),
        ),
    ];
    for (error, wanted) in cases {
        let name = format!("{error:?}");
        assert_eq!(told(error), wanted, "{name}");
    }
}

#[test]
fn the_store_the_search_and_the_engine() {
    let person = || Box::new(somebody());
    let exists = |detail: &str| row(409, "ERR_ALREADY_EXISTS", detail);
    let missing = || row(404, "ERR_NOT_FOUND", "");
    let busy = || row(503, "ERR_SERVER_BUSY", "");
    let cases: Vec<(ServiceError, _)> = vec![
        (
            ServiceError::KnownFace(person()),
            exists("070707070707070707070707"),
        ),
        (ServiceError::DuplicatedPerson, exists("")),
        (StoreError::CollectionNotFound.into(), missing()),
        (StoreError::PersonNotFound.into(), missing()),
        (StoreError::FaceNotFound.into(), missing()),
        (StoreError::NotAMember.into(), missing()),
        (StoreError::CollectionNameTaken.into(), exists("")),
        (StoreError::ExternalIdTaken.into(), exists("")),
        (StoreError::PersonAlreadySet(person()).into(), exists("")),
        (
            StoreError::InvalidValue("x").into(),
            row(422, "ERR_UNPROCESSABLE_CONTENT", ""),
        ),
        (
            StoreError::ClientNotFound.into(),
            row(403, "ERR_API_KEY_NOT_VALID", ""),
        ),
        (
            StoreError::Corrupt("x").into(),
            row(500, "ERR_DATABASE_ERROR", ""),
        ),
        (GalleryError::Loading.into(), busy()),
        (GalleryError::Behind.into(), busy()),
        (GalleryError::Stopped.into(), busy()),
        (
            GalleryError::WrongModel.into(),
            row(500, "ERR_INTERNAL_ERROR", ""),
        ),
        (EngineError::Busy.into(), busy()),
        (EngineError::Stopped.into(), busy()),
        (
            EngineError::Panicked.into(),
            row(500, "ERR_INTERNAL_ERROR", ""),
        ),
    ];
    for (error, wanted) in cases {
        let name = format!("{error:?}");
        assert_eq!(told(error), wanted, "{name}");
    }
}

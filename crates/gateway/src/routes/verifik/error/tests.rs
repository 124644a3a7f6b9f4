//! What every error is told as. The matches in this module's parent leave no variant out; this table says what is right.

use axum::{body::to_bytes, http::header};
use inference::{CaptureFault, DecodeError, EngineError, FaceError};

use super::*;
use crate::routes::finding;
use crate::routes::verifik::body::{Invalid, Rule};
use service::{Part, PictureError};

/// Status, code, message.
type Told<'a> = (u16, &'a str, &'a str);

fn told(error: &ApiError) -> Told<'_> {
    (error.status.as_u16(), error.body.code, &error.body.message)
}

#[test]
fn tokens() {
    let invalid = (401, "UNAUTHORIZED", "invalid_token");
    for error in AuthError::ALL {
        let (client, docs) = match error {
            AuthError::Missing => {
                let told = (401, "UNAUTHORIZED", "Authentication required");
                (told, told)
            }
            AuthError::Malformed
            | AuthError::BadSignature
            | AuthError::Revoked
            | AuthError::UnknownClient => (invalid, invalid),
            AuthError::Expired => (
                (403, "Forbidden", "expired_token"),
                (403, "FORBIDDEN", "token_expired"),
            ),
            AuthError::Disabled | AuthError::ForeignToken => {
                let told = (403, "Forbidden", "Access forbidden");
                (told, told)
            }
            AuthError::StoreUnavailable => {
                let told = (503, "ServiceUnavailable", "database_unavailable");
                (told, told)
            }
            AuthError::KeysUnavailable => {
                let told = (503, "ServiceUnavailable", "identity_provider_unavailable");
                (told, told)
            }
            AuthError::TooManyRequests(_) => {
                let told = (429, "TooManyRequests", "too_many_requests");
                (told, told)
            }
        };
        assert_eq!(
            told(&ApiError::from_auth(error, ExpiredToken::Client)),
            client,
            "{error:?}"
        );
        assert_eq!(
            told(&ApiError::from_auth(error, ExpiredToken::Docs)),
            docs,
            "{error:?}"
        );
    }
}

#[test]
fn bodies() {
    let invalid = Invalid::new("os", Rule::Required);
    let cases = [
        (
            BodyError::Invalid(invalid),
            (409, "MissingParameter", "\"os\" is required"),
        ),
        (
            BodyError::TooLarge,
            (413, "PayloadTooLarge", "request_too_large"),
        ),
        (
            BodyError::Unreadable,
            (400, "BadRequest", "the body could not be read"),
        ),
        (
            BodyError::NotAnObject,
            (400, "BadRequest", "the body must be a JSON object"),
        ),
        (
            BodyError::Syntax { line: 2, column: 7 },
            (
                400,
                "BadRequest",
                "the body is not valid JSON (line 2, column 7)",
            ),
        ),
    ];
    for (error, wanted) in cases {
        assert_eq!(told(&ApiError::from(error.clone())), wanted, "{error:?}");
    }
}

#[test]
fn pictures() {
    let not_a_picture = (412, "ERROR", "only_images_in_base64");
    let not_fetched = (412, "ERROR", "could_not_fetch_image");
    let insecure = (409, "ERROR", "insecure_image_url");
    let decode = |error: DecodeError| PictureError::from(error);
    let cases: Vec<(PictureError, Told<'static>)> = vec![
        (PictureError::NotBase64, not_a_picture),
        (FetchError::Disabled.into(), not_a_picture),
        (FetchError::NotAPicture.into(), not_a_picture),
        (FetchError::InsecureScheme.into(), insecure),
        (FetchError::Unsupported.into(), insecure),
        (FetchError::InvalidUrl.into(), not_fetched),
        (FetchError::Forbidden.into(), not_fetched),
        (FetchError::Unresolved.into(), not_fetched),
        (FetchError::Unreachable.into(), not_fetched),
        (FetchError::Status(404).into(), not_fetched),
        (FetchError::TooManyRedirects.into(), not_fetched),
        (FetchError::TooLarge(1).into(), not_fetched),
        (FetchError::TimedOut.into(), not_fetched),
        (decode(DecodeError::Empty), not_a_picture),
        (
            decode(DecodeError::TooManyBytes { bytes: 2, limit: 1 }),
            not_a_picture,
        ),
        (
            decode(DecodeError::TooManyPixels {
                width: 9,
                height: 9,
                limit: 1,
            }),
            not_a_picture,
        ),
        (decode(DecodeError::UnknownFormat), not_a_picture),
        (decode(DecodeError::Truncated), not_a_picture),
        (decode(DecodeError::Corrupt), not_a_picture),
        (
            decode(DecodeError::NoMemory),
            (503, "ServiceUnavailable", "server_busy"),
        ),
        (
            FaceError::NoFace.into(),
            (
                422,
                "ERR_NO_FACE_DETECTED",
                "No face was found in the image",
            ),
        ),
        (
            FaceError::MultipleFaces(2).into(),
            (
                422,
                "ERR_MULTIPLE_FACES_DETECTED",
                "The image has more than one face",
            ),
        ),
        (
            FaceError::TooSmall {
                size: 9.0,
                least: 40.0,
            }
            .into(),
            (
                422,
                "ERR_LIVENESS_FACE_TOO_SMALL",
                "Image is invalid for checking liveness: the face is too small",
            ),
        ),
        (
            FaceError::NoLivenessModel.into(),
            (501, "LIVENESS_CHECK_FAILED", "liveness_error"),
        ),
        (
            FaceError::Inference("a path, a tensor".to_owned()).into(),
            (500, "ERROR", "internal_error"),
        ),
        (
            PictureError::Capture(finding(CaptureFault::Cropped)),
            (
                422,
                "ERR_LIVENESS_FACE_CLOSE_TO_BORDER",
                "Image is invalid for checking liveness: the face is cut off",
            ),
        ),
        (
            PictureError::Capture(finding(CaptureFault::CloseToBorder)),
            (
                422,
                "ERR_LIVENESS_FACE_CLOSE_TO_BORDER",
                "Image is invalid for checking liveness: the face is too close to the border",
            ),
        ),
        (
            PictureError::Capture(finding(CaptureFault::AngleTooLarge)),
            (
                422,
                "ERR_LIVENESS_FACE_ANGLE_TOO_LARGE",
                "Image is invalid for checking liveness: the head is turned too far",
            ),
        ),
        (
            PictureError::Capture(finding(CaptureFault::EyesClosed)),
            (
                422,
                "ERR_LIVENESS_FAILED",
                "Image is invalid for checking liveness: the eyes are closed",
            ),
        ),
    ];
    for (fault, wanted) in cases {
        let shown = format!("{fault:?}");
        let error = ApiError::from(ServiceError::Picture {
            part: Part::Gallery,
            fault,
        });
        assert_eq!(told(&error), wanted, "{shown}");
        assert_eq!(error.body.field, Some("gallery"), "{shown}");
    }
}

#[test]
fn what_is_stored_and_enrolled() {
    let invalid_collection = (404, "ERROR", "invalid_collection");
    let person_not_found = (404, "NotFound", "person_not_found");
    let cases: Vec<(ServiceError, Told<'static>)> = vec![
        (StoreError::CollectionNotFound.into(), invalid_collection),
        (StoreError::PersonNotFound.into(), person_not_found),
        (StoreError::NotAMember.into(), person_not_found),
        (
            StoreError::ClientNotFound.into(),
            (401, "UNAUTHORIZED", "invalid_token"),
        ),
        (
            StoreError::InvalidValue("a text with a NUL character").into(),
            (409, "MissingParameter", "a text contains an invalid value"),
        ),
        (
            StoreError::Corrupt("a gender").into(),
            (500, "ERROR", "internal_error"),
        ),
        (
            ServiceError::DuplicatedPerson,
            (409, "ERROR", "409:duplicated_person"),
        ),
        (
            ServiceError::LivenessFailed(inference::Score::new(0.45)),
            (409, "ERROR", "409:liveness_failed@0.45"),
        ),
        (
            ServiceError::LivenessQuality(PictureError::Capture(finding(
                CaptureFault::CloseToBorder,
            ))),
            (
                409,
                "ERROR",
                "409:liveness_quality@ERR_LIVENESS_FACE_CLOSE_TO_BORDER",
            ),
        ),
        (
            ServiceError::LivenessQuality(FaceError::NoLivenessModel.into()),
            (501, "LIVENESS_CHECK_FAILED", "liveness_error"),
        ),
    ];
    for (error, wanted) in cases {
        let shown = format!("{error:?}");
        assert_eq!(told(&ApiError::from(error)), wanted, "{shown}");
    }
}

#[tokio::test]
async fn the_engine() {
    let cases = [
        (
            EngineError::Busy,
            (503, "ServiceUnavailable", "server_busy"),
        ),
        (
            EngineError::Stopped,
            (503, "ServiceUnavailable", "server_stopping"),
        ),
        (EngineError::Panicked, (500, "ERROR", "internal_error")),
    ];
    for (error, wanted) in cases {
        let api = ApiError::from(ServiceError::Engine(error.clone()));
        assert_eq!(told(&api), wanted);
        let again = api
            .into_response()
            .headers()
            .contains_key(header::RETRY_AFTER);
        assert_eq!(again, wanted.0 == 503, "{error:?}");
    }
}

#[tokio::test]
async fn the_database_and_the_indexes() {
    let gone = (404, "ERROR", "invalid_collection");
    let nobody = (404, "NotFound", "person_not_found");
    let internal = (500, "ERROR", "internal_error");
    let stores = [
        (StoreError::CollectionNotFound, gone),
        (StoreError::PersonNotFound, nobody),
        (StoreError::Corrupt("a column"), internal),
        // The account went away after its token was checked.
        (
            StoreError::ClientNotFound,
            (401, "UNAUTHORIZED", "invalid_token"),
        ),
    ];
    for (error, wanted) in stores {
        let shown = format!("{error:?}");
        let api = ApiError::from(ServiceError::Store(error));
        assert_eq!(told(&api), wanted, "{shown}");
    }
    let galleries = [
        (
            GalleryError::Loading,
            (503, "ServiceUnavailable", "search_loading"),
        ),
        (
            GalleryError::Behind,
            (503, "ServiceUnavailable", "search_behind"),
        ),
        (
            GalleryError::Stopped,
            (503, "ServiceUnavailable", "server_stopping"),
        ),
        (GalleryError::Options("an option".to_owned()), internal),
        (GalleryError::WrongModel, internal),
    ];
    for (error, wanted) in galleries {
        let api = ApiError::from(ServiceError::Gallery(error.clone()));
        assert_eq!(told(&api), wanted, "{error:?}");
        let again = api
            .into_response()
            .headers()
            .contains_key(header::RETRY_AFTER);
        assert_eq!(again, wanted.0 == 503, "{error:?}");
    }
}

#[tokio::test]
async fn bodies_are_as_in_the_contract() {
    let response = ApiError::from_auth(AuthError::Missing, ExpiredToken::Client).into_response();
    assert_eq!(response.status().as_u16(), 401);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    assert_eq!(
        &body[..],
        br#"{"message":"Authentication required","code":"UNAUTHORIZED"}"#
    );
}

//! What the server itself answers before or after a route: in the words of the dialect that the path belongs to.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{opencv_cloud, opencv_onpremise, verifik};
use service::limits::Wait;

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `/v2/...`, and everything that is nobody's.
    Verifik,
    /// OpenCV FR Server.
    OpencvOnpremise,
    /// opencv.fr.
    OpencvCloud,
}

/// Why the server gives no route's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No such route.
    NotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The framework could not make sense of the request: a client error of this status.
    BadRequest(StatusCode),
    /// The body is larger than the server takes.
    TooLarge,
    /// All places are taken.
    Busy,
    /// This caller asks for more than it may.
    TooManyRequests(Wait),
    /// The request took longer than the server allows.
    Timeout,
    /// A fault of this server.
    Internal,
}

impl Dialect {
    /// Whose the path is.
    pub(crate) fn of(path: &str) -> Self {
        if opencv_cloud::owns(path) {
            Self::OpencvCloud
        } else if opencv_onpremise::owns(path) {
            Self::OpencvOnpremise
        } else {
            Self::Verifik
        }
    }

    /// The answer to a request for this dialect.
    pub(crate) fn refuse(self, refusal: Refusal) -> Response {
        match self {
            Self::Verifik => verifik::error::ApiError::from(refusal).into_response(),
            Self::OpencvOnpremise => opencv_onpremise::ApiError::from(refusal).into_response(),
            Self::OpencvCloud => opencv_cloud::ApiError::from(refusal).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_belong_to_one_dialect() {
        let rows = [
            ("/collection", Dialect::OpencvOnpremise),
            ("/face-search", Dialect::OpencvOnpremise),
            ("/opencv-fr", Dialect::OpencvCloud),
            ("/opencv-fr/collection", Dialect::OpencvCloud),
            ("/opencv-france", Dialect::Verifik),
            ("/v2/face-recognition/collections", Dialect::Verifik),
            ("/v2/collection", Dialect::Verifik),
            ("/", Dialect::Verifik),
        ];
        for (path, dialect) in rows {
            assert_eq!(Dialect::of(path), dialect, "{path}");
        }
    }
}

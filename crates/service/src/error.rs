//! What a use case can fail with. Knows no HTTP: each dialect maps these to its own answers.

use gallery::GalleryError;
use inference::{DecodeError, EngineError, FaceError, Finding, Score};
use store::{Person, StoreError};

use crate::fetch::FetchError;

/// Which of the request's pictures an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The only one, or the only set.
    Image,
    /// The person who is there now.
    Probe,
    /// The person who is known.
    Gallery,
}

/// Why a use case gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// One of the pictures cannot be used.
    #[error("{part:?}: {fault}")]
    Picture {
        /// Which one.
        part: Part,
        /// Why.
        #[source]
        fault: PictureError,
    },
    /// The engine did not do the job.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database: it is away, or what was asked for is not there, or not allowed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The search indexes gave no answer.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// Who was to be enrolled is in the collection already, by the face.
    #[error("somebody in the collection has this face")]
    DuplicatedPerson,
    /// Who was to be enrolled is in the collection already, by the face: as this person.
    #[error("somebody in the collection has this face")]
    KnownFace(Box<Person>),
    /// Who was to be enrolled is not live.
    #[error("the face is not live")]
    LivenessFailed(Score),
    /// Who was to be enrolled cannot be judged to be live or not.
    #[error("the face cannot be judged: {0}")]
    LivenessQuality(#[source] PictureError),
}

impl ServiceError {
    /// For `map_err`: what is wrong with this part of the request.
    pub(super) fn of<E: Into<PictureError>>(part: Part) -> impl FnOnce(E) -> Self {
        move |fault| Self::Picture {
            part,
            fault: fault.into(),
        }
    }
}

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Neither base64 of a useful length nor an address.
    #[error("not base64")]
    NotBase64,
    /// The address gave no picture.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The bytes are no picture, or it has no face to work with.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The face breaks a capture limit that the policy insists on.
    #[error("the face was not taken as required: {}", .0.fault.name())]
    Capture(Finding),
}

impl From<DecodeError> for PictureError {
    fn from(error: DecodeError) -> Self {
        Self::Face(FaceError::Decode(error))
    }
}

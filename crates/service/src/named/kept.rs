//! Which picture of a person is kept, and which is shown.

use std::collections::HashMap;

use store::{ClientId, FaceId, FaceImage, NewFace, Person, PersonId};

use super::ServiceError;
use crate::App;

/// What is kept of the picture that a person is enrolled with. The template always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// No picture: another model pack can make no template of the face.
    Nothing,
    /// The aligned face.
    Thumbnail,
    /// The aligned face, and the picture as it came.
    Original,
}

impl Keep {
    /// The face with what is kept of its picture.
    pub(super) fn apply(self, face: NewFace, original: &[u8]) -> NewFace {
        match self {
            Self::Nothing => NewFace {
                thumbnail: Vec::new(),
                crop: None,
                ..face
            },
            Self::Thumbnail => face,
            Self::Original => NewFace {
                original: Some(original.to_vec()),
                ..face
            },
        }
    }
}

/// Originals that one answer may hold, in bytes; who comes later is shown by the thumbnail.
const BUDGET: usize = 64 << 20;

/// Originals that are read at a time.
const AT_A_TIME: usize = 8;

/// Of each person the picture that is kept of the first face: as it came, or else the aligned face. Who has none is left out.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn kept_pictures(
    app: &App,
    client: ClientId,
    persons: &[&Person],
) -> Result<HashMap<PersonId, Vec<u8>>, ServiceError> {
    let first = |person: &&Person| Some((person.id, person.faces.first()?.clone()));
    let faces: Vec<_> = persons.iter().filter_map(first).collect();
    let mut originals: HashMap<FaceId, Vec<u8>> = HashMap::new();
    let mut spent = 0;
    for part in faces.chunks(AT_A_TIME) {
        if spent >= BUDGET {
            break;
        }
        let ids = part.iter().map(|(_, face)| face.id).collect();
        let found = app.store.face_images(client, ids, FaceImage::Original);
        let found = found.await?;
        spent += found.values().map(Vec::len).sum::<usize>();
        originals.extend(found);
    }
    let shown = faces.into_iter().filter_map(|(person, face)| {
        let picture = originals.remove(&face.id).unwrap_or(face.thumbnail);
        (!picture.is_empty()).then_some((person, picture))
    });
    Ok(shown.collect())
}

//! What became of an import.

use serde::Serialize;

/// Counts of persons, and every picture that was not used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FolderReport {
    /// Persons who are there now and were not before.
    pub enrolled: u64,
    /// Persons who were there and got further faces.
    pub extended: u64,
    /// Persons who were there with all these pictures.
    pub existed: u64,
    /// Persons who were not enrolled, because no picture of theirs can be used or somebody else has the name.
    pub without_picture: u64,
    /// By person, then by picture.
    pub refused: Vec<RefusedPicture>,
}

/// A picture, or a whole person, that was not used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RefusedPicture {
    /// The person's name, or the line of a list.
    pub person: String,
    /// The file; none when it is about the person.
    pub picture: Option<String>,
    /// Why.
    pub reason: String,
}

/// What became of one person.
pub(super) enum Fate {
    Enrolled,
    Extended,
    Existed,
    Refused,
}

impl FolderReport {
    pub(super) fn add(&mut self, (fate, refused): (Fate, Vec<RefusedPicture>)) {
        *match fate {
            Fate::Enrolled => &mut self.enrolled,
            Fate::Extended => &mut self.extended,
            Fate::Existed => &mut self.existed,
            Fate::Refused => &mut self.without_picture,
        } += 1;
        self.refused.extend(refused);
    }
}

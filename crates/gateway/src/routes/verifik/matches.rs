//! Enrolled persons as searches show them. Their dates differ from those of stored persons, as in the captures.

use serde::Serialize;
use time::{
    Date, OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem,
    macros::format_description,
};
use utoipa::ToSchema;

use service::Found;

/// `2023-09-29T21:38:59.306976`
const MOMENT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]");

/// `1995-05-07`
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// A person that a face may be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct PersonMatch {
    /// The person's `_id`, 24 hex digits.
    #[schema(example = "651743f2b2eaf872c3541417", pattern = "^[0-9a-f]{24}$")]
    id: String,
    name: String,
    notes: Option<String>,
    /// Of the person's likest face, 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1, example = 0.9971)]
    score: f64,
    /// `M` or `F`.
    gender: Option<&'static str>,
    /// In the order of enrolment.
    thumbnails: Vec<Thumbnail>,
    /// Codes of the person's collections.
    collections: Vec<String>,
    /// UTC, without a zone.
    #[schema(example = "2023-09-29T21:38:59.306976")]
    create_date: String,
    nationality: Option<String>,
    /// `YYYY-MM-DD`
    #[schema(example = "1995-05-07")]
    date_of_birth: Option<String>,
    /// UTC, without a zone.
    #[schema(example = "2023-09-29T21:38:59.306981")]
    modified_date: String,
}

/// An enrolled face.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Thumbnail {
    /// UUID of the face.
    #[schema(example = "0a634411-717e-46c4-93ac-8d7e8f92eef8")]
    id: String,
    /// The aligned face, 112 x 112, as a JPEG in base64.
    thumbnail: String,
}

/// All that were found, best first.
pub(super) fn matches(found: &[Found]) -> Vec<PersonMatch> {
    found.iter().map(PersonMatch::from).collect()
}

impl From<&Found> for PersonMatch {
    fn from(found: &Found) -> Self {
        let person = &found.person;
        // Some callers want no picture kept.
        let kept = person
            .faces
            .iter()
            .filter(|face| !face.thumbnail.is_empty());
        let thumbnails = kept.map(|face| Thumbnail {
            id: face.id.to_string(),
            thumbnail: base64_simd::STANDARD.encode_to_string(&face.thumbnail),
        });
        Self {
            id: person.id.to_string(),
            name: person.name.clone(),
            notes: person.notes.clone(),
            score: found.score.rounded(),
            gender: person.gender.map(store::Gender::as_str),
            thumbnails: thumbnails.collect(),
            collections: person
                .collections
                .iter()
                .map(|one| one.code.to_string())
                .collect(),
            create_date: moment(person.created_at),
            nationality: person.nationality.clone(),
            date_of_birth: person.date_of_birth.map(day),
            modified_date: moment(person.updated_at),
        }
    }
}

// The formats name nothing that a date, and a date with a time, lack.
fn moment(moment: OffsetDateTime) -> String {
    let utc = moment.to_offset(UtcOffset::UTC);
    utc.format(MOMENT).unwrap_or_default()
}

fn day(day: Date) -> String {
    day.format(DAY).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn dates_are_written_as_the_captures_show_them() {
        assert_eq!(
            moment(datetime!(2023-09-29 21:38:59.306976 UTC)),
            "2023-09-29T21:38:59.306976"
        );
        assert_eq!(
            moment(datetime!(2024-01-01 00:30:00.5 +1)),
            "2023-12-31T23:30:00.500000"
        );
        assert_eq!(day(date!(1995 - 05 - 07)), "1995-05-07");
    }
}

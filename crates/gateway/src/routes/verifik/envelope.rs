//! What every success is wrapped in: an id, the data, a signature with the date.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use rand::RngExt;
use serde::{Serialize, Serializer};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use utoipa::ToSchema;

/// Characters of the answer's id, and how many of them.
const MARKS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const MARK_LENGTH: usize = 5;

/// `January 6, 2024 3:44 PM`
const SIGNED: &[BorrowedFormatItem<'_>] = format_description!(
    "[month repr:long] [day padding:none], [year] [hour repr:12 padding:none]:[minute] [period]"
);

/// `2024-01-06T15:44:00.000Z`
const STAMPED: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A successful answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Envelope<T> {
    /// Mark of this answer: five capital letters and digits.
    #[schema(example = "JQ4RM", pattern = "^[A-Z0-9]{5}$")]
    id: String,
    /// The answer.
    data: T,
    signature: Signature,
}

/// Who answered, and when.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Signature {
    /// Always `Certified by Verifik.co`: clients display it.
    #[schema(example = "Certified by Verifik.co")]
    message: &'static str,
    /// UTC.
    #[serde(rename = "dateTime")]
    #[schema(example = "January 16, 2024 3:44 PM")]
    date_time: String,
}

impl<T> Envelope<T> {
    /// Wraps `data`, now.
    pub(super) fn new(data: T) -> Self {
        let mut random = rand::rng();
        let id = (0..MARK_LENGTH)
            .map(|_| char::from(MARKS[random.random_range(0..MARKS.len())]))
            .collect();
        let signature = Signature::now();
        Self {
            id,
            data,
            signature,
        }
    }
}

impl Signature {
    /// Signed now.
    pub(super) fn now() -> Self {
        Self {
            message: "Certified by Verifik.co",
            date_time: text(OffsetDateTime::now_utc(), SIGNED),
        }
    }
}

impl<T> Envelope<T> {
    /// Its fields, for answers that have more of them.
    pub(super) fn into_parts(self) -> (String, T, Signature) {
        (self.id, self.data, self.signature)
    }
}

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// A moment as stored documents show it: `2024-01-06T15:44:00.000Z`.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub(super) struct Stamp(pub(super) OffsetDateTime);

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(self.0, STAMPED))
    }
}

fn text(moment: OffsetDateTime, format: &[BorrowedFormatItem<'_>]) -> String {
    // The formats name nothing that a date and time in UTC lacks.
    moment
        .to_offset(time::UtcOffset::UTC)
        .format(format)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn dates_are_written_as_the_captures_show_them() {
        let cases = [
            (
                datetime!(2024-01-06 15:04:09.5 UTC),
                "January 6, 2024 3:04 PM",
                "2024-01-06T15:04:09.500Z",
            ),
            (
                datetime!(2023-09-29 21:10:00 UTC),
                "September 29, 2023 9:10 PM",
                "2023-09-29T21:10:00.000Z",
            ),
            (
                datetime!(2026-04-09 00:12:00 UTC),
                "April 9, 2026 12:12 AM",
                "2026-04-09T00:12:00.000Z",
            ),
            (
                datetime!(2026-12-31 12:00:00 UTC),
                "December 31, 2026 12:00 PM",
                "2026-12-31T12:00:00.000Z",
            ),
            (
                datetime!(2026-12-31 23:30:00 -3),
                "January 1, 2027 2:30 AM",
                "2027-01-01T02:30:00.000Z",
            ),
        ];
        for (moment, signed, stamped) in cases {
            assert_eq!(text(moment, SIGNED), signed);
            assert_eq!(text(moment, STAMPED), stamped);
        }
    }

    #[test]
    fn ids_are_five_capital_letters_and_digits() {
        for _ in 0..200 {
            let id = Envelope::new(()).id;
            assert!(
                id.len() == 5
                    && id
                        .bytes()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()),
                "{id}"
            );
        }
    }
}

//! Moments and days as this dialect writes them.

use time::{
    Date, OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem,
    macros::format_description,
};

/// `2024-01-01T00:00:00.000000`
const MOMENT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]");

/// `1990-01-01`
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// UTC, without a zone. The contract's example has no fraction; captures of the service behind it have six digits, which every
/// parser of the one form takes too.
pub(super) fn moment(moment: OffsetDateTime) -> String {
    // The format names nothing that a moment lacks.
    let utc = moment.to_offset(UtcOffset::UTC);
    utc.format(MOMENT).unwrap_or_default()
}

/// A day.
pub(super) fn day(day: Date) -> String {
    day.format(DAY).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn dates_have_no_zone() {
        let evening = datetime!(2024-01-01 00:30:00.5 +1);
        assert_eq!(moment(evening), "2023-12-31T23:30:00.500000");
        assert_eq!(day(date!(1990 - 01 - 05)), "1990-01-05");
    }
}

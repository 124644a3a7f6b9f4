//! How long a certificate is valid: the one part of it that the TLS library does not tell.

use time::{Date, Month, OffsetDateTime};

const SEQUENCE: u8 = 0x30;
/// `[0]`: the version of a certificate, which need not be there.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The validity of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

/// That of a certificate in DER (RFC 5280, 4.1).
pub(super) fn validity(certificate: &[u8]) -> Option<Validity> {
    let mut signed = Der(Der(certificate).content(SEQUENCE)?);
    let mut fields = Der(signed.content(SEQUENCE)?);
    if fields.next()?.0 == VERSION {
        // The serial number.
        fields.next()?;
    }
    // The signature's algorithm, and the issuer.
    fields.content(SEQUENCE)?;
    fields.content(SEQUENCE)?;
    let mut times = Der(fields.content(SEQUENCE)?);
    Some(Validity {
        not_before: moment(times.next()?)?,
        not_after: moment(times.next()?)?,
    })
}

/// What is left to read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value: its tag and its content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match *length {
            short @ 0..=0x7f => (usize::from(short), rest),
            long => {
                // At most four bytes: no certificate is longer.
                let count = usize::from(long & 0x7f);
                let (digits, rest) = rest.split_at_checked(count).filter(|_| count <= 4)?;
                let number = digits
                    .iter()
                    .fold(0, |sum: usize, digit| sum << 8 | usize::from(*digit));
                (number, rest)
            }
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|(found, _)| *found == tag)
            .map(|(_, content)| content)
    }
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` (RFC 5280, 4.1.2.5).
fn moment((tag, text): (u8, &[u8])) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |at: usize| -> Option<u8> {
        let pair = digits.get(at..at + 2)?;
        Some((pair[0] - b'0') * 10 + (pair[1] - b'0'))
    };
    let (year, at) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year = i32::from(two(0)?);
            (year + if year < 50 { 2000 } else { 1900 }, 2)
        }
        (GENERALIZED_TIME, 14) => (i32::from(two(0)?) * 100 + i32::from(two(2)?), 4),
        _ => return None,
    };
    let month = Month::try_from(two(at)?).ok()?;
    let date = Date::from_calendar_date(year, month, two(at + 2)?).ok()?;
    let moment = date
        .with_hms(two(at + 4)?, two(at + 6)?, two(at + 8)?)
        .ok()?;
    Some(moment.assume_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair};
    use time::macros::datetime;

    use super::*;

    fn certificate(not_before: OffsetDateTime, not_after: OffsetDateTime) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (not_before, not_after);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn both_spellings_of_a_time() {
        for (from, to) in [
            (
                datetime!(2026-01-02 03:04:05 UTC),
                datetime!(2027-11-12 13:14:15 UTC),
            ),
            (
                datetime!(1975-01-01 0:00 UTC),
                datetime!(4096-01-01 0:00 UTC),
            ),
        ] {
            let wanted = Validity {
                not_before: from,
                not_after: to,
            };
            assert_eq!(validity(&certificate(from, to)), Some(wanted));
        }
    }

    #[test]
    fn what_is_cut_off_or_no_time_is_nothing() {
        let whole = certificate(
            datetime!(2026-01-01 0:00 UTC),
            datetime!(2027-01-01 0:00 UTC),
        );
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None);
        }
        for text in [
            "20260101000000",
            "2026010100000Z",
            "26130100000Z",
            "261301000000Z",
            "x60101000000Z",
        ] {
            for tag in [UTC_TIME, GENERALIZED_TIME] {
                assert_eq!(moment((tag, text.as_bytes())), None, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = validity(&bytes);
            let _ = moment((UTC_TIME, &bytes));
        }
    }
}

//! From a report to the calibration of a pack's manifest.

use packs::Calibration;

use crate::Report;

/// Fewer impostor pairs show nothing of rates that matter.
pub const MIN_IMPOSTORS: u64 = 100;
/// Fewer people are no sample of anybody.
pub const MIN_PEOPLE: u64 = 10;
/// With fewer impostor pairs, FMR 1e-4 (score 0.75, about the lowest threshold of searches) is extrapolated.
const FIRM_IMPOSTORS: u64 = 1_000_000;
/// The same of people.
const FIRM_PEOPLE: u64 = 100;

/// Why a report is no calibration; one sentence each.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotCalibrated {
    /// Too few impostor pairs.
    #[error("there are {found} pairs of different people, and a calibration needs {MIN_IMPOSTORS}")]
    FewPairs {
        /// How many there are.
        found: u64,
    },
    /// Too few people.
    #[error("there are pictures of {found} people, and a calibration needs {MIN_PEOPLE}")]
    FewPeople {
        /// How many there are.
        found: u64,
    },
    /// The anchors are no scale.
    #[error("so few pairs leave the rates open: extrapolated, {0}")]
    NoScale(String),
}

/// The calibration that `report` measured, for the embedding model with this SHA-256; `detector` names what found the faces.
///
/// # Errors
/// [`NotCalibrated`] when there is too little to go by.
pub fn calibration(
    report: &Report,
    model_sha256: &str,
    detector: &str,
) -> Result<Calibration, NotCalibrated> {
    let all = &report.all_pairs;
    if all.impostors < MIN_IMPOSTORS {
        return Err(NotCalibrated::FewPairs {
            found: all.impostors,
        });
    }
    if report.data.people_with_template < MIN_PEOPLE {
        return Err(NotCalibrated::FewPeople {
            found: report.data.people_with_template,
        });
    }
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    let lowest = report
        .anchors
        .iter()
        .filter(|anchor| !anchor.extrapolated)
        .map(|anchor| anchor.fmr)
        .reduce(f64::min);
    let limit = match lowest {
        Some(lowest) => format!("rates below {lowest:e} are extrapolated"),
        None => "all rates are extrapolated".to_owned(),
    };
    let calibration = Calibration {
        measured: format!(
            "{}, all pairs of {} pictures of {} people ({} impostor, {} genuine), faces found by {detector} with effort {}, by rostro eval on {}; {limit}",
            report.data.name,
            report.data.templates,
            report.data.people_with_template,
            all.impostors,
            all.genuine,
            report.effort,
            report.date,
        ),
        model_sha256: model_sha256.to_owned(),
        provisional: all.impostors < FIRM_IMPOSTORS
            || report.data.people_with_template < FIRM_PEOPLE,
        own_data: true,
        impostor_mean: rounded(all.impostor_mean),
        anchors: report
            .anchors
            .iter()
            .map(|anchor| packs::Anchor {
                fmr: anchor.fmr,
                cosine: rounded(anchor.cosine),
                tar: anchor
                    .tar
                    .filter(|_| !anchor.extrapolated)
                    .map(|tar| rounded(tar.rate)),
                extrapolated: anchor.extrapolated,
            })
            .collect(),
    };
    match calibration.fault() {
        Some(fault) => Err(NotCalibrated::NoScale(fault)),
        None => Ok(calibration),
    }
}

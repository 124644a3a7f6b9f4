//! Error rates of liveness.

use packs::LivenessCalibration;
use serde::Serialize;

use super::{Judged, Presentations};
use crate::{EvalError, Rate, data::file_name};

/// Fewer pictures of live faces, or of attacks, are no ground for a calibration.
const ENOUGH: u64 = 50;

/// What an evaluation of liveness found. Rates are of pictures that got a score: those that got none are counted apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PadReport {
    /// Version of this document's shape.
    pub format: u32,
    /// The model pack.
    pub pack: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// Name of the folder.
    pub name: String,
    /// Live faces: pictures and how many of them got no score.
    pub live: Side,
    /// Kinds of attacks with the same.
    pub attacks: Vec<Side>,
    /// The chance that a live face scores above an attack: 1 is perfect, 0.5 is no use.
    pub auc: f64,
    /// Where as many live faces are refused as attacks accepted, all kinds together.
    pub equal_error: EqualError,
    /// At scores 0.05 to 0.95.
    pub thresholds: Vec<AtThreshold>,
    /// Pictures without a score.
    pub refused: Vec<RefusedPresentation>,
}

/// One kind of presentation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Name of the folder.
    pub name: String,
    /// Pictures that got a score.
    pub judged: u64,
    /// Pictures that got none (no face, several, too small, unreadable): APNRR and BPNRR are made of these.
    pub refused: u64,
    /// The lowest, the middle and the highest score; `None` when none got one.
    pub scores: Option<[f64; 3]>,
}

/// The point of equal error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EqualError {
    /// The mean of both error rates there.
    pub rate: f64,
    /// The score.
    pub score: f64,
    /// The mean of the models' probabilities: what the manifest's `equal_error` is.
    pub raw: f64,
}

/// Error rates at one threshold: a face is live above it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtThreshold {
    /// The score.
    pub score: f64,
    /// Attacks taken for live, by kind in the order of `attacks`; `None` where none of a kind got a score.
    pub apcer: Vec<Option<Rate>>,
    /// The highest of these: what ISO/IEC 30107-3 reports.
    pub worst_apcer: f64,
    /// Live faces taken for attacks.
    pub bpcer: Rate,
    /// The mean of the worst APCER and BPCER.
    pub acer: f64,
}

/// A picture without a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedPresentation {
    /// Below the folder.
    pub picture: String,
    /// Why.
    pub reason: String,
}

/// Why there is no calibration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEnough {
    /// Too few pictures.
    #[error(
        "{live} live faces and {attacks} attacks got a score, and a calibration needs {ENOUGH} of each"
    )]
    Pictures {
        /// Live faces with a score.
        live: u64,
        /// Attacks with a score.
        attacks: u64,
    },
    /// The models do not work on these pictures.
    #[error(
        "the models tell these attacks from live faces hardly better than chance (AUC {0}): no threshold would help"
    )]
    Chance(String),
}

/// Measures. `judged` are the verdicts on the pictures in their order.
///
/// # Errors
/// [`EvalError::NoneJudged`] when a side has no score at all.
pub fn measure(
    pack: &str,
    date: &str,
    data: &Presentations,
    judged: &[Judged],
) -> Result<PadReport, EvalError> {
    let of = |attack: Option<usize>| {
        let each = data.pictures.iter().zip(judged);
        each.filter(move |(picture, _)| picture.attack == attack)
            .map(|(_, judged)| judged)
    };
    let side = |name: &str, attack: Option<usize>| {
        let scores = sorted(of(attack).filter_map(Judged::score));
        let ends = (scores.first(), scores.get(scores.len() / 2), scores.last());
        Side {
            name: name.to_owned(),
            judged: scores.len() as u64,
            refused: of(attack).count() as u64 - scores.len() as u64,
            scores: if let (Some(low), Some(middle), Some(high)) = ends {
                Some([*low, *middle, *high])
            } else {
                None
            },
        }
    };
    let live = sorted(of(None).filter_map(Judged::score));
    let kinds: Vec<Vec<f64>> = (0..data.kinds.len())
        .map(|kind| sorted(of(Some(kind)).filter_map(Judged::score)))
        .collect();
    let attacks = sorted(kinds.iter().flatten().copied());
    for (folder, scores, is_live) in [("live", &live, true), ("spoof", &attacks, false)] {
        if scores.is_empty() {
            let own = || {
                data.pictures
                    .iter()
                    .zip(judged)
                    .filter(|(picture, _)| picture.attack.is_none() == is_live)
            };
            let reason = own().find_map(|(picture, judged)| match judged {
                Judged::Refused(reason) => Some(format!("{}: {reason}", picture.name)),
                Judged::Score { .. } => None,
            });
            return Err(EvalError::NoneJudged {
                folder,
                pictures: own().count(),
                reason: reason.unwrap_or_default(),
            });
        }
    }
    let raws = |live: bool| {
        let each = data
            .pictures
            .iter()
            .zip(judged)
            .filter(move |(picture, _)| picture.attack.is_none() == live);
        sorted(each.filter_map(|(_, judged)| judged.raw()))
    };
    let (rate, score) = equal_error(&live, &attacks);
    let (_, raw) = equal_error(&raws(true), &raws(false));
    let thresholds: Option<Vec<AtThreshold>> = (1..20)
        .map(|step| at_threshold(f64::from(step) / 20.0, &live, &kinds))
        .collect();
    let refused = data
        .pictures
        .iter()
        .zip(judged)
        .filter_map(|(picture, judged)| match judged {
            Judged::Refused(reason) => Some(RefusedPresentation {
                picture: picture.name.clone(),
                reason: reason.clone(),
            }),
            Judged::Score { .. } => None,
        });
    Ok(PadReport {
        format: crate::report::FORMAT,
        pack: pack.to_owned(),
        date: date.to_owned(),
        name: file_name(
            &data
                .folder
                .canonicalize()
                .unwrap_or_else(|_| data.folder.clone()),
        ),
        live: side("live", None),
        attacks: data
            .kinds
            .iter()
            .enumerate()
            .map(|(kind, name)| side(name, Some(kind)))
            .collect(),
        auc: auc(&live, &attacks),
        equal_error: EqualError { rate, score, raw },
        thresholds: thresholds.unwrap_or_default(),
        refused: refused.collect(),
    })
}

impl Judged {
    fn score(&self) -> Option<f64> {
        match self {
            Self::Score { score, .. } => Some(*score),
            Self::Refused(_) => None,
        }
    }

    fn raw(&self) -> Option<f64> {
        match self {
            Self::Score { raw, .. } => Some(*raw),
            Self::Refused(_) => None,
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn at_threshold(score: f64, live: &[f64], kinds: &[Vec<f64>]) -> Option<AtThreshold> {
    // The routes ask for more than the threshold.
    let at_most = |scores: &[f64]| scores.partition_point(|one| *one <= score) as u64;
    let bpcer = Rate::of_trials(at_most(live), live.len() as u64)?;
    let accepted = |scores: &Vec<f64>| {
        Rate::of_trials(scores.len() as u64 - at_most(scores), scores.len() as u64)
    };
    let apcer: Vec<Option<Rate>> = kinds.iter().map(accepted).collect();
    let worst_apcer = apcer
        .iter()
        .flatten()
        .map(|rate| rate.rate)
        .fold(0.0, f64::max);
    Some(AtThreshold {
        score,
        apcer,
        worst_apcer,
        acer: f64::midpoint(worst_apcer, bpcer.rate),
        bpcer,
    })
}

/// The mean of both error rates where they are closest, and the middle of the thresholds with that. Live is above a threshold.
fn equal_error(live: &[f64], attacks: &[f64]) -> (f64, f64) {
    let all = sorted(live.iter().chain(attacks).copied());
    let share = |scores: &[f64], threshold: f64| {
        scores.partition_point(|one| *one <= threshold) as f64 / scores.len().max(1) as f64
    };
    let mut best: Option<(f64, f64, f64)> = None;
    // Each cut between two neighbours, at its middle.
    for pair in all.windows(2) {
        let &[below, above] = pair else { continue };
        let threshold = f64::midpoint(below, above);
        let (refused, accepted) = (share(live, below), 1.0 - share(attacks, below));
        let apart = (refused - accepted).abs();
        if below < above && best.is_none_or(|(least, ..)| apart < least) {
            best = Some((apart, f64::midpoint(refused, accepted), threshold));
        }
    }
    // All scores are one: whatever the threshold, one side is wholly wrong.
    best.map_or(
        (0.5, all.first().copied().unwrap_or_default()),
        |(_, rate, threshold)| (rate, threshold),
    )
}

/// The share of pairs of a live face and an attack in which the live face scores higher; equals count one half.
fn auc(live: &[f64], attacks: &[f64]) -> f64 {
    let of_one = |score: &f64| {
        let below = attacks.partition_point(|attack| attack < score);
        let equal = attacks.partition_point(|attack| attack <= score) - below;
        below as f64 + equal as f64 / 2.0
    };
    live.iter().map(of_one).sum::<f64>() / (live.len() * attacks.len()).max(1) as f64
}

/// The calibration that `report` measured.
///
/// # Errors
/// [`NotEnough`].
pub fn liveness_calibration(report: &PadReport) -> Result<LivenessCalibration, NotEnough> {
    let attacks: u64 = report.attacks.iter().map(|side| side.judged).sum();
    let live = report.live.judged;
    if live < ENOUGH || attacks < ENOUGH {
        return Err(NotEnough::Pictures { live, attacks });
    }
    if report.auc < 0.6 {
        return Err(NotEnough::Chance(format!("{:.2}", report.auc)));
    }
    let kinds: Vec<String> = report
        .attacks
        .iter()
        .map(|side| format!("{} {}", side.judged, side.name))
        .collect();
    Ok(LivenessCalibration {
        measured: format!(
            "{}, {live} live faces and {attacks} attacks ({}), by rostro eval --pad on {}: AUC {:.3}, EER {:.1} %; no certified PAD level is claimed",
            report.name,
            kinds.join(", "),
            report.date,
            report.auc,
            report.equal_error.rate * 100.0
        ),
        equal_error: ((report.equal_error.raw * 1e4).round() / 1e4).clamp(0.0001, 0.9999),
        own_data: true,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::pad::Presentation;

    fn presentations(attacks: &[Option<usize>]) -> Presentations {
        let picture = |attack: &Option<usize>| Presentation {
            path: PathBuf::new(),
            name: "p".to_owned(),
            attack: *attack,
        };
        Presentations {
            folder: "data".into(),
            kinds: vec!["print".to_owned(), "screen".to_owned()],
            pictures: attacks.iter().map(picture).collect(),
        }
    }

    fn score(score: f64) -> Judged {
        Judged::Score {
            score,
            raw: score / 2.0,
        }
    }

    #[test]
    fn rates_are_counted_by_kind() {
        let data = presentations(&[
            None,
            None,
            None,
            None,
            Some(0),
            Some(0),
            Some(1),
            Some(1),
            Some(1),
        ]);
        let judged = [
            score(0.9),
            score(0.8),
            score(0.5),
            Judged::Refused("no face".into()),
            score(0.1),
            score(0.6),
            score(0.2),
            score(0.3),
            score(0.5),
        ];
        let report = measure("standard", "2026-01-02", &data, &judged).unwrap();
        assert_eq!((report.live.judged, report.live.refused), (3, 1));
        assert_eq!(report.live.scores, Some([0.5, 0.8, 0.9]));
        assert_eq!(report.refused.len(), 1);
        assert_eq!(report.thresholds.len(), 19);
        let at = report.thresholds.iter().find(|at| at.score == 0.5).unwrap();
        // At 0.5 itself a face is not live.
        assert_eq!((at.bpcer.errors, at.bpcer.of), (1, 3));
        assert_eq!(
            at.apcer
                .iter()
                .map(|rate| rate.unwrap().errors)
                .collect::<Vec<_>>(),
            [1, 0]
        );
        assert!(
            (at.worst_apcer - 0.5).abs() < 1e-12
                && (at.acer - (0.5 + 1.0 / 3.0) / 2.0).abs() < 1e-12
        );
        // 15 pairs: 0.9 and 0.8 are above all five, 0.5 above three and equal to one.
        assert!((report.auc - (5.0 + 5.0 + 3.5) / 15.0).abs() < 1e-12);
        // Between 0.5 and 0.6: one of three refused, one of five accepted. Nothing is closer.
        assert!(
            (report.equal_error.score - 0.55).abs() < 1e-12,
            "{:?}",
            report.equal_error
        );
        assert!((report.equal_error.raw - 0.275).abs() < 1e-12);
        assert!((report.equal_error.rate - (1.0 / 3.0 + 0.2) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_side_without_a_score_is_an_error() {
        let data = presentations(&[None, Some(0)]);
        let fault = measure(
            "p",
            "d",
            &data,
            &[score(0.5), Judged::Refused("no face detected".into())],
        )
        .unwrap_err();
        assert_eq!(
            fault.to_string(),
            "none of the 1 pictures in spoof could be judged, p: no face detected"
        );
    }

    #[test]
    fn a_calibration_needs_fifty_of_each_that_differ() {
        let build = |live: usize, attacks: usize, good: f64| {
            let data = presentations(&[vec![None; live], vec![Some(1); attacks]].concat());
            let judged = [vec![score(good); live], vec![score(0.2); attacks]].concat();
            liveness_calibration(&measure("p", "2026-01-02", &data, &judged).unwrap())
        };
        assert_eq!(
            build(49, 60, 0.9),
            Err(NotEnough::Pictures {
                live: 49,
                attacks: 60
            })
        );
        assert!(matches!(build(50, 50, 0.2), Err(NotEnough::Chance(_))));
        let good = build(50, 50, 0.9).unwrap();
        assert!((good.equal_error - 0.275).abs() < 1e-9, "{good:?}");
        assert!(
            good.measured
                .starts_with("data, 50 live faces and 50 attacks (0 print, 50 screen)"),
            "{}",
            good.measured
        );
    }

    proptest! {
        #[test]
        fn rates_are_those_of_brute_force(live in prop::collection::vec(0_u8..=20, 1..30), attacks in prop::collection::vec(0_u8..=20, 1..30)) {
            let scores = |values: &[u8]| sorted(values.iter().map(|value| f64::from(*value) / 20.0));
            let (live, attacks) = (scores(&live), scores(&attacks));
            let pairs = live.iter().flat_map(|a| attacks.iter().map(move |b| if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 }));
            let truth = pairs.sum::<f64>() / (live.len() * attacks.len()) as f64;
            prop_assert!((auc(&live, &attacks) - truth).abs() < 1e-9);
            for step in 1..20 {
                let threshold = f64::from(step) / 20.0;
                let at = at_threshold(threshold, &live, std::slice::from_ref(&attacks)).unwrap();
                prop_assert_eq!(at.bpcer.errors as usize, live.iter().filter(|score| **score <= threshold).count());
                prop_assert_eq!(at.apcer[0].unwrap().errors as usize, attacks.iter().filter(|score| **score > threshold).count());
            }
            let (rate, _) = equal_error(&live, &attacks);
            prop_assert!((0.0..=1.0).contains(&rate));
        }
    }
}

//! A report on liveness as text, JSON and plot.

use std::{
    fmt::{self, Display, Formatter},
    path::{Path, PathBuf},
};

use super::{
    PadReport,
    rates::{EqualError, Side},
};
use crate::{
    EvalError, Rate,
    plot::{BLUE, RED, Series, lines},
    report::{json, place},
};

/// Left-out pictures that are printed; the JSON has all.
const SHOWN: usize = 10;

/// Writes `pad.json` and `pad.svg` into `folder`; answers where they are.
///
/// # Errors
/// [`EvalError::Write`].
pub fn save(report: &PadReport, folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let files = [
        ("pad.json", json(report, folder)?),
        ("pad.svg", plot(report)),
    ];
    files
        .into_iter()
        .map(|(name, text)| place(folder, name, &text))
        .collect()
}

fn plot(report: &PadReport) -> String {
    let by_threshold = |rate: &dyn Fn(&super::AtThreshold) -> Option<f64>| -> Vec<[f64; 2]> {
        report
            .thresholds
            .iter()
            .filter_map(|at| Some([at.score, rate(at)?]))
            .collect()
    };
    let mut series = vec![Series {
        name: format!("BPCER: live faces refused ({})", report.live.judged),
        points: by_threshold(&|at| Some(at.bpcer.rate)),
        colour: BLUE,
        dashed: false,
    }];
    for (kind, side) in report.attacks.iter().enumerate() {
        series.push(Series {
            name: format!("APCER: {} accepted ({})", side.name, side.judged),
            points: by_threshold(&|at| at.apcer.get(kind).copied().flatten().map(|rate| rate.rate)),
            colour: ATTACKS.get(kind % ATTACKS.len()).copied().unwrap_or(RED),
            dashed: kind >= ATTACKS.len(),
        });
    }
    let score = report.equal_error.score;
    let remark = format!(
        "equal error {:.1} % at {score:.2}",
        report.equal_error.rate * 100.0
    );
    lines(
        &format!("Liveness, {} on {}", report.pack, report.name),
        "threshold (score)",
        &series,
        Some((score, &remark)),
    )
}

/// Colours of kinds of attacks.
const ATTACKS: [&str; 5] = [RED, "#c98a1b", "#7b4aa0", "#3f7d3a", "#8a5a44"];

impl Display for PadReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "pack {}, liveness on {}", self.pack, self.name)?;
        for side in std::iter::once(&self.live).chain(&self.attacks) {
            writeln!(f, "  {side}")?;
        }
        for one in self.refused.iter().take(SHOWN) {
            writeln!(f, "  left out {}: {}", one.picture, one.reason)?;
        }
        let more = self.refused.len().saturating_sub(SHOWN);
        if more > 0 {
            writeln!(f, "  and {more} more, listed in the JSON report")?;
        }
        let attacks: u64 = self.attacks.iter().map(|side| side.judged).sum();
        if self.live.judged < 50 || attacks < 50 {
            writeln!(
                f,
                "WARNING: with so few pictures these rates say little; the intervals in the JSON report show how little"
            )?;
        }
        let EqualError { rate, score, raw } = self.equal_error;
        writeln!(
            f,
            "\n  AUC {:.3}; equal error {:.1} % at score {score:.3} (mean of the models {raw:.3})",
            self.auc,
            rate * 100.0
        )?;
        let names: Vec<String> = self
            .attacks
            .iter()
            .map(|side| format!("APCER {}", side.name))
            .collect();
        write!(f, "\n  score  {:<22}", "BPCER")?;
        for name in &names {
            write!(f, "  {name:<22}")?;
        }
        writeln!(f, "  ACER (worst kind)")?;
        for at in &self.thresholds {
            write!(f, "  {:.2}   {:<22}", at.score, cell(Some(at.bpcer)))?;
            for (rate, name) in at.apcer.iter().zip(&names) {
                write!(
                    f,
                    "  {:<width$}",
                    cell(*rate),
                    width = name.chars().count().max(22)
                )?;
            }
            writeln!(f, "  {:.1} %", at.acer * 100.0)?;
        }
        Ok(())
    }
}

fn cell(rate: Option<Rate>) -> String {
    rate.map_or_else(
        || "-".to_owned(),
        |rate| {
            format!(
                "{:.1} % ({:.1} to {:.1})",
                rate.rate * 100.0,
                rate.interval[0] * 100.0,
                rate.interval[1] * 100.0
            )
        },
    )
}

impl Display for Side {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} judged, {} left out",
            self.name, self.judged, self.refused
        )?;
        if let Some([low, middle, high]) = self.scores {
            write!(f, "; scores {low:.2} to {high:.2}, middle {middle:.2}")?;
        }
        Ok(())
    }
}

//! A report for a terminal.

use std::fmt::{self, Display, Formatter, Write as _};

use super::{ByGroup, Data, OddPair, Report, Threshold};
use crate::{Rate, verification::Verification};

/// Left-out pictures, and odd pairs, that are printed; the JSON has all.
const SHOWN: usize = 10;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "pack {}, effort {}, {}",
            self.pack, self.effort, self.data
        )?;
        for picture in self.data.refused_pictures.iter().take(SHOWN) {
            writeln!(f, "  left out {}: {}", picture.picture, picture.reason)?;
        }
        let more = self.data.refused_pictures.len().saturating_sub(SHOWN);
        if more > 0 {
            writeln!(f, "  and {more} more, listed in the JSON report")?;
        }
        for warning in &self.warnings {
            writeln!(f, "WARNING: {warning}")?;
        }
        write!(f, "\n{}\n{}", self.verification, self.pairs())?;
        if let Some(groups) = &self.groups {
            write!(f, "\n{groups}")?;
        }
        Ok(())
    }
}

impl Report {
    fn pairs(&self) -> String {
        let all = &self.all_pairs;
        let mut text = format!(
            "All pairs: {} of one person, {} of different people\n  cosine of different people {:.4} +- {:.4}, of one person {:.4} +- {:.4}\n",
            thousands(all.genuine),
            thousands(all.impostors),
            all.impostor_mean,
            all.impostor_deviation,
            all.genuine_mean,
            all.genuine_deviation,
        );
        text += "\n  FMR     cosine  95 % interval      same persons found\n";
        for anchor in &self.anchors {
            let interval = match anchor.interval {
                Some([low, high]) => format!("{low:.4} to {high:.4}"),
                None => "extrapolated".to_owned(),
            };
            let tar = anchor
                .tar
                .map(|tar| format!("{:.2} %", tar.rate * 100.0))
                .unwrap_or_default();
            let _ = writeln!(
                text,
                "  {:<6}  {:.4}  {interval:<17}  {tar}",
                format!("{:e}", anchor.fmr),
                anchor.cosine
            );
        }
        text += "\n  score  cosine  false matches: share, 95 % interval, pairs       false non-matches: share, 95 % interval\n";
        for at in &self.thresholds {
            let _ = writeln!(
                text,
                "  {:.2}   {:.4}  {:<55}  {}",
                at.score,
                at.cosine,
                matches(at),
                misses(at)
            );
        }
        odd(
            &mut text,
            "Different people who look most alike (check the labels first)",
            &all.closest_impostors,
        );
        odd(
            &mut text,
            "Pictures of one person that look least alike",
            &all.farthest_genuine,
        );
        text
    }
}

fn odd(text: &mut String, heading: &str, pairs: &[OddPair]) {
    if pairs.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}:");
    for pair in pairs.iter().take(SHOWN) {
        let _ = writeln!(
            text,
            "  score {:.4}  {}  {}",
            pair.score, pair.first, pair.second
        );
    }
}

fn matches(at: &Threshold) -> String {
    at.fmr.map_or_else(
        || "-".to_owned(),
        |rate| {
            let Rate {
                errors,
                of,
                rate,
                interval: [low, high],
            } = rate;
            format!(
                "{rate:.2e}  {low:.1e} to {high:.1e}  {} of {}",
                thousands(errors),
                thousands(of)
            )
        },
    )
}

fn misses(at: &Threshold) -> String {
    at.fnmr.map_or_else(
        || "-".to_owned(),
        |rate| {
            let Rate {
                rate,
                interval: [low, high],
                ..
            } = rate;
            format!(
                "{:.2} %  {:.2} to {:.2} %",
                rate * 100.0,
                low * 100.0,
                high * 100.0
            )
        },
    )
}

impl Display for Data {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let refused = self.refused;
        write!(
            f,
            "{}: {} pictures of {} people; {} templates of {} people, {} with several",
            self.name,
            thousands(self.pictures),
            thousands(self.people),
            thousands(self.templates),
            thousands(self.people_with_template),
            thousands(self.people_with_several)
        )?;
        let parts: Vec<String> = [
            (refused.no_face, "without a face"),
            (
                refused.several_faces,
                "with several faces of comparable size",
            ),
            (refused.unreadable, "unreadable"),
            (refused.failed, "on which a model failed"),
            (refused.copies, "copies of others"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", thousands(count)))
        .collect();
        if parts.is_empty() {
            return Ok(());
        }
        write!(f, "; left out: {}", parts.join(", "))
    }
}

impl Display for Verification {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Verification by {}: {} pairs of one person, {} of different people",
            self.source,
            thousands(self.genuine),
            thousands(self.impostors)
        )?;
        if self.without_template > 0 {
            writeln!(
                f,
                "  {} pairs more have a picture without a template: no match for the accuracy, nowhere else",
                thousands(self.without_template)
            )?;
        }
        if self.left_out > 0 {
            writeln!(
                f,
                "  {} pairs more name a picture that is not there",
                thousands(self.left_out)
            )?;
        }
        match &self.accuracy {
            Some(found) => writeln!(
                f,
                "  accuracy, {} folds      {:.2} % +- {:.2}",
                found.folds.len(),
                found.mean * 100.0,
                found.deviation * 100.0
            )?,
            None => writeln!(f, "  accuracy: too few pairs or people for folds")?,
        }
        if let (Some(found), true) = (&self.accuracy_with_templates, self.without_template > 0) {
            writeln!(
                f,
                "    of those with templates   {:.2} % +- {:.2}",
                found.mean * 100.0,
                found.deviation * 100.0
            )?;
        }
        if let Some(rate) = self.equal_error {
            writeln!(f, "  equal error rate        {:.2} %", rate * 100.0)?;
        }
        for at in &self.true_accepts {
            if let Some(tar) = at.tar {
                let note = if at.finer_than_pairs {
                    "  (no false accept among these pairs)"
                } else {
                    ""
                };
                writeln!(
                    f,
                    "  true accepts at {:<6}  {:.2} %{note}",
                    format!("{:e}", at.far),
                    tar * 100.0
                )?;
            }
        }
        for at in &self.thresholds {
            let (Some(fmr), Some(fnmr)) = (at.fmr, at.fnmr) else {
                continue;
            };
            let found = fnmr.of - fnmr.errors;
            writeln!(
                f,
                "  score {:.2}: {} of {} different people match, {} of {} same persons do ({:.2} %)",
                at.score,
                thousands(fmr.errors),
                thousands(fmr.of),
                thousands(found),
                thousands(fnmr.of),
                (1.0 - fnmr.rate) * 100.0
            )?;
        }
        Ok(())
    }
}

impl Display for ByGroup {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "By {}: strangers of one group, and same persons",
            self.field
        )?;
        for group in &self.groups {
            writeln!(
                f,
                "  {}: {} people, {} pictures",
                group.name,
                thousands(group.people),
                thousands(group.pictures)
            )?;
            for at in &group.thresholds {
                let pairs = at
                    .fnmr
                    .map(|rate| format!("  of {}", thousands(rate.of)))
                    .unwrap_or_default();
                writeln!(
                    f,
                    "    {:.2}  {:<55}  {}{pairs}",
                    at.score,
                    matches(at),
                    misses(at)
                )?;
            }
        }
        if !self.across.is_empty() {
            writeln!(f, "By {}: strangers of two groups", self.field)?;
        }
        for pair in &self.across {
            writeln!(f, "  {} and {}", pair.first, pair.second)?;
            for at in &pair.thresholds {
                writeln!(f, "    {:.2}  {}", at.score, matches(at))?;
            }
        }
        Ok(())
    }
}

/// A count with commas.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        let found = [0, 999, 1000, 29_640_749].map(thousands);
        assert_eq!(found, ["0", "999", "1,000", "29,640,749"]);
    }
}

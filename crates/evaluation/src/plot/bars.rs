//! How many pairs have which score.

use super::{
    BLUE, Curves, RED,
    svg::{Anchor, Sheet},
};

/// The lowest power of ten of the scale up.
const LOWEST: i32 = -8;

/// The plot: a logarithmic scale, or the few strangers with high scores would not be seen.
pub(crate) fn scores(curves: &Curves, title: &str) -> String {
    let mut sheet = Sheet::new(
        &format!("Scores, {title}"),
        "score",
        "share of the pairs, by bar",
    );
    let shares = curves
        .impostors
        .iter()
        .chain(&curves.genuine)
        .filter(|share| **share > 0.0);
    let least = shares.fold(0.1_f64, |least, share| least.min(*share));
    let lowest = (least.log10().floor() as i32).clamp(LOWEST, -1);
    let up = |share: f64| 1.0 - share.max(1e-30).log10() / f64::from(lowest);
    for tenth in 0..=10 {
        let at = f64::from(tenth) / 10.0;
        sheet.tick(true, at, &format!("{at:.1}"));
    }
    for power in lowest..=0 {
        sheet.tick(
            false,
            up(10_f64.powi(power)),
            &if power == 0 {
                "1".to_owned()
            } else {
                format!("1e{power}")
            },
        );
    }
    for (bars, colour) in [(&curves.impostors, RED), (&curves.genuine, BLUE)] {
        let width = 1.0 / bars.len().max(1) as f64;
        for (at, share) in bars.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let (left, right) = (at as f64 * width, (at + 1) as f64 * width);
            let top = up(*share);
            sheet.area(
                &[[left, 0.0], [left, top], [right, top], [right, 0.0]],
                colour,
            );
        }
    }
    let middle = [0.5, 1.0];
    sheet.note(middle, [0.0, 18.0], Anchor::Middle, RED, "different people");
    sheet.note(middle, [0.0, 34.0], Anchor::Middle, BLUE, "one person");
    sheet.finish()
}

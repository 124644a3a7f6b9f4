//! Detection error trade-off: both error rates against each other, on probit scales.

use super::{
    BLUE, Curves, GREY,
    probit::probit,
    svg::{Anchor, Sheet},
};

/// Rates with a line, and how they are written.
const TICKS: [(f64, &str); 10] = [
    (1e-7, "1e-7"),
    (1e-6, "1e-6"),
    (1e-5, "1e-5"),
    (1e-4, "1e-4"),
    (1e-3, "0.1 %"),
    (1e-2, "1 %"),
    (5e-2, "5 %"),
    (0.1, "10 %"),
    (0.2, "20 %"),
    (0.5, "50 %"),
];

/// An axis from a lowest rate to 50 %.
struct Axis {
    low: f64,
}

impl Axis {
    /// From the last tick below every rate that is not 0.
    fn new(rates: impl Iterator<Item = f64>) -> Self {
        let least = rates.filter(|rate| *rate > 0.0).fold(0.1, f64::min);
        let ticks = TICKS.iter().map(|(rate, _)| *rate);
        Self {
            low: ticks
                .filter(|rate| *rate <= least)
                .fold(TICKS[0].0, f64::max),
        }
    }

    fn at(&self, rate: f64) -> f64 {
        let (low, high) = (probit(self.low), probit(0.5));
        (probit(rate.max(self.low)) - low) / (high - low)
    }

    fn ticks(&self) -> impl Iterator<Item = (f64, &'static str)> {
        TICKS
            .iter()
            .filter(|(rate, _)| *rate >= self.low)
            .map(|(rate, name)| (self.at(*rate), *name))
    }
}

/// The plot.
pub(crate) fn det(curves: &Curves, title: &str) -> String {
    let mut sheet = Sheet::new(
        &format!("Error trade-off, {title}"),
        "false match rate (different people who match)",
        "false non-match rate (one person, no match)",
    );
    let across = Axis::new(curves.det.iter().map(|[fmr, _]| *fmr));
    let up = Axis::new(curves.det.iter().map(|[_, fnmr]| *fnmr));
    for (at, name) in across.ticks() {
        sheet.tick(true, at, name);
    }
    for (at, name) in up.ticks() {
        sheet.tick(false, at, name);
    }
    let place = |[fmr, fnmr]: [f64; 2]| [across.at(fmr), up.at(fnmr)];
    // Where both rates are equal.
    let least = across.low.max(up.low);
    sheet.line(&[place([least, least]), [1.0, 1.0]], GREY, 1.0, true);
    sheet.note(
        place([0.2, 0.2]),
        [8.0, 14.0],
        Anchor::Start,
        GREY,
        "equal error",
    );
    let visible =
        |[fmr, fnmr]: &[f64; 2]| *fmr <= 0.5 && *fnmr <= 0.5 && (*fmr > 0.0 || *fnmr > 0.0);
    let points: Vec<[f64; 2]> = curves
        .det
        .iter()
        .filter(|point| visible(point))
        .copied()
        .collect();
    let firm = points
        .iter()
        .filter(|[fmr, _]| *fmr >= curves.firm_from)
        .count();
    let drawn: Vec<[f64; 2]> = points.iter().map(|point| place(*point)).collect();
    let (solid, _) = drawn.split_at(firm);
    sheet.line(solid, BLUE, 2.0, false);
    sheet.line(
        drawn.get(firm.saturating_sub(1)..).unwrap_or_default(),
        BLUE,
        1.5,
        true,
    );
    for [score, fmr, fnmr] in &curves.marks {
        if *fmr > 0.0 && visible(&[*fmr, *fnmr]) {
            sheet.dot(place([*fmr, *fnmr]), BLUE);
            sheet.note(
                place([*fmr, *fnmr]),
                [7.0, -6.0],
                Anchor::Start,
                "#111111",
                &format!("{score:.2}"),
            );
        }
    }
    let remark = format!(
        "dots: scores; dashed: fewer than 100 false matches (below {:.0e})",
        curves.firm_from
    );
    sheet.note([0.0, 0.0], [8.0, -8.0], Anchor::Start, GREY, &remark);
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{scores, svg::tests::assert_well_formed};

    #[test]
    fn plots_are_well_formed_with_few_points_and_with_none() {
        let mut curves = Curves {
            det: vec![
                [1.0, 0.0],
                [0.3, 0.01],
                [1e-3, 0.02],
                [1e-5, 0.3],
                [0.0, 1.0],
            ],
            firm_from: 1e-4,
            marks: vec![[0.5, 1e-2, 0.015], [0.85, 0.0, 0.5]],
            impostors: vec![0.5, 1e-7, 0.0],
            genuine: vec![0.0, 0.1, 0.9],
        };
        for _ in 0..2 {
            let title = "a <pack> & \"more\"";
            for svg in [det(&curves, title), scores(&curves, title)] {
                assert_well_formed(&svg);
                assert!(svg.contains("a &lt;pack&gt; &amp; &quot;more&quot;"));
            }
            curves = Curves {
                det: Vec::new(),
                firm_from: 100.0,
                marks: Vec::new(),
                impostors: vec![0.0],
                genuine: Vec::new(),
            };
        }
    }

    #[test]
    fn axes_reach_from_the_least_rate_to_half() {
        let axis = Axis::new([0.0, 3e-6, 0.4].into_iter());
        assert_eq!(axis.low, 1e-6);
        assert!(axis.at(1e-6).abs() < 1e-9 && (axis.at(0.5) - 1.0).abs() < 1e-9);
        assert!(
            axis.at(0.0).abs() < 1e-9,
            "0 has no place on the scale: it is drawn at the edge"
        );
    }
}

//! Error rates by threshold.

use super::{
    GREY,
    svg::{Anchor, Sheet},
};

/// One curve: points of threshold and rate, both 0 to 1.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<[f64; 2]>,
    pub(crate) colour: &'static str,
    pub(crate) dashed: bool,
}

/// The plot; `mark` is a threshold with a remark.
pub(crate) fn lines(
    title: &str,
    across: &str,
    series: &[Series],
    mark: Option<(f64, &str)>,
) -> String {
    let mut sheet = Sheet::new(title, across, "share in error");
    for tenth in 0..=10 {
        let at = f64::from(tenth) / 10.0;
        sheet.tick(true, at, &format!("{at:.1}"));
        sheet.tick(false, at, &format!("{} %", tenth * 10));
    }
    if let Some((at, remark)) = mark {
        sheet.line(&[[at, 0.0], [at, 1.0]], GREY, 1.0, true);
        sheet.note([at, 0.5], [6.0, 0.0], Anchor::Start, GREY, remark);
    }
    for (number, one) in series.iter().enumerate() {
        sheet.line(&one.points, one.colour, 2.0, one.dashed);
        let down = 18.0 + 16.0 * number as f64;
        sheet.note(
            [0.5, 1.0],
            [0.0, down],
            Anchor::Middle,
            one.colour,
            &one.name,
        );
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{BLUE, svg::tests::assert_well_formed};

    #[test]
    fn names_of_folders_do_no_harm() {
        let one = Series {
            name: "</svg>".to_owned(),
            points: vec![[0.0, 1.0], [f64::NAN, 0.2]],
            colour: BLUE,
            dashed: true,
        };
        let svg = lines("a", "b", &[one], Some((0.5, "&")));
        assert_well_formed(&svg);
    }
}

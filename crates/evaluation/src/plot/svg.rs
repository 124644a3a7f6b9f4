//! A small writer of SVG: a white sheet with a frame, lines and words.

use std::fmt::Write as _;

/// Space around the frame: left, top, right, bottom.
const MARGIN: [f64; 4] = [78.0, 44.0, 24.0, 56.0];
/// The sheet.
const SIZE: [f64; 2] = [720.0, 560.0];

/// A plot in the making. Coordinates are shares of the frame: 0, 0 is its lower left corner, 1, 1 its upper right.
pub(super) struct Sheet {
    body: String,
}

/// Where a text's point is.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Sheet {
    /// A sheet with a title and names of the axes.
    pub(super) fn new(title: &str, across: &str, up: &str) -> Self {
        let [width, height] = SIZE;
        let mut sheet = Self {
            body: String::new(),
        };
        let _ = writeln!(
            sheet.body,
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="13">
<title>{}</title>
<rect width="100%" height="100%" fill="#ffffff"/>"##,
            plain(title)
        );
        sheet.words(
            [0.5, 1.0],
            [0.0, -18.0],
            Anchor::Middle,
            "#111111",
            title,
            r#" font-size="16""#,
        );
        sheet.words(
            [0.5, 0.0],
            [0.0, 44.0],
            Anchor::Middle,
            "#111111",
            across,
            "",
        );
        let [x, y] = place([0.0, 0.5]);
        let x = x - 60.0;
        sheet.words(
            [0.0, 0.5],
            [-60.0, 0.0],
            Anchor::Middle,
            "#111111",
            up,
            &format!(r#" transform="rotate(-90 {x:.1} {y:.1})""#),
        );
        sheet
    }

    /// A line across, or up, at `at`, with its label outside the frame.
    pub(super) fn tick(&mut self, upright: bool, at: f64, label: &str) {
        let (from, to) = if upright {
            ([at, 0.0], [at, 1.0])
        } else {
            ([0.0, at], [1.0, at])
        };
        self.line(&[from, to], "#e3e3e3", 1.0, false);
        let (shift, anchor) = if upright {
            ([0.0, 18.0], Anchor::Middle)
        } else {
            ([-8.0, 4.0], Anchor::End)
        };
        self.words(from, shift, anchor, "#444444", label, "");
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: &[[f64; 2]], colour: &str, width: f64, dashed: bool) {
        if points.len() < 2 {
            return;
        }
        let points: Vec<String> = points
            .iter()
            .map(|point| {
                let [x, y] = place(*point);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let dashes = if dashed {
            r#" stroke-dasharray="5 4""#
        } else {
            ""
        };
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"{dashes}/>"#,
            points.join(" ")
        );
    }

    /// A filled shape.
    pub(super) fn area(&mut self, points: &[[f64; 2]], colour: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|point| {
                let [x, y] = place(*point);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let _ = writeln!(
            self.body,
            r#"<polygon points="{}" fill="{colour}" fill-opacity="0.3" stroke="{colour}"/>"#,
            points.join(" ")
        );
    }

    /// A dot.
    pub(super) fn dot(&mut self, at: [f64; 2], colour: &str) {
        let [x, y] = place(at);
        let _ = writeln!(
            self.body,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#
        );
    }

    /// Words beside a point, `shift` pixels right and down of it.
    pub(super) fn note(
        &mut self,
        at: [f64; 2],
        shift: [f64; 2],
        anchor: Anchor,
        colour: &str,
        text: &str,
    ) {
        self.words(at, shift, anchor, colour, text, r#" font-size="12""#);
    }

    fn words(
        &mut self,
        at: [f64; 2],
        shift: [f64; 2],
        anchor: Anchor,
        colour: &str,
        text: &str,
        more: &str,
    ) {
        let [x, y] = place(at);
        let [right, down] = shift;
        let (x, y) = (x + right, y + down);
        let (anchor, text) = (anchor.name(), plain(text));
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{colour}"{more}>{text}</text>"#
        );
    }

    /// The document.
    pub(super) fn finish(mut self) -> String {
        self.line(
            &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]],
            "#444444",
            1.0,
            false,
        );
        self.body.push_str("</svg>\n");
        self.body
    }
}

/// Pixels of a place in the frame; what lies outside is drawn at its edge.
fn place([x, y]: [f64; 2]) -> [f64; 2] {
    let [left, top, right, bottom] = MARGIN;
    let [width, height] = SIZE;
    let share = |value: f64| {
        if value.is_finite() {
            value.clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    [
        left + share(x) * (width - left - right),
        top + (1.0 - share(y)) * (height - top - bottom),
    ]
}

/// Words that XML takes: names of folders and groups may hold anything.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // No XML document may hold these, not even escaped.
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                safe.push('\u{fffd}')
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether every element of this document is closed and no text holds a bare sign. What the writer makes is simple enough for that.
    pub(in crate::plot) fn assert_well_formed(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some(start) = rest.find('<') {
            let text = &rest[..start];
            assert!(!text.contains('>'), "a bare > in {text:?}");
            for part in text.split('&').skip(1) {
                assert!(
                    ["amp;", "lt;", "gt;", "quot;"]
                        .iter()
                        .any(|name| part.starts_with(name)),
                    "a bare & in {text:?}"
                );
            }
            let end = rest[start..].find('>').expect("a tag ends") + start;
            let tag = &rest[start + 1..end];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name.to_owned()));
            } else if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap().to_owned());
            }
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            assert!(!tag.contains("NaN") && !tag.contains("inf"), "{tag}");
            rest = &rest[end + 1..];
        }
        assert!(
            open.is_empty() && rest.trim().is_empty(),
            "{open:?} {rest:?}"
        );
    }

    proptest! {
        #[test]
        fn a_sheet_is_well_formed_whatever_it_says(title in any::<String>(), note in any::<String>(), points in prop::collection::vec([prop::num::f64::ANY, prop::num::f64::ANY], 0..5)) {
            let mut sheet = Sheet::new(&title, "x", "y");
            sheet.tick(true, 0.5, &note);
            sheet.line(&points, "#000000", 1.0, true);
            sheet.area(&points, "#000000");
            for point in points {
                sheet.dot(point, "#000000");
                sheet.note(point, [3.0, 4.0], Anchor::Start, "#000000", &note);
            }
            let svg = sheet.finish();
            assert_well_formed(&svg);
            prop_assert!(svg.chars().all(|letter| !letter.is_control() || letter == '\n'));
        }
    }
}

//! BlazeFace's outputs to faces.

use super::{
    centred,
    decode::{Grid, push_finite},
};
use crate::{Face, FaceError, Point};

/// Names of scores and boxes, finer grid first.
pub(super) const NAMES: [[&str; 2]; 2] = [["scores_16", "boxes_16"], ["scores_32", "boxes_32"]];
/// Stride and anchors a cell.
const LEVELS: [(usize, usize); 2] = [(16, 2), (32, 6)];
/// Centre, size, and six landmarks: eyes, nose, mouth, ears.
const VALUES: usize = 16;
/// Half of the mouth's width, in distances between the eyes: the corners lie this far from its middle, of which alone BlazeFace knows.
const HALF_MOUTH: f32 = 0.44;

/// The faces of one level with at least the score `least`. Everything is in pixels of the input, relative to the cell's middle;
/// `scores` is `[anchor, row, column]` of logits, `boxes` `[anchor, value, row, column]`.
pub(super) fn decode(
    level: usize,
    [width, height]: [usize; 2],
    scores: &[f32],
    boxes: &[f32],
    least: f32,
    faces: &mut Vec<Face>,
) -> Result<(), FaceError> {
    let (stride, anchors) = LEVELS[level];
    let grid = Grid {
        stride,
        columns: width / stride,
        rows: height / stride,
    };
    grid.check_length(anchors, scores)?;
    grid.check_length(anchors * VALUES, boxes)?;
    let cells = grid.cells();
    for (index, logit) in scores.iter().enumerate() {
        let score = 1.0 / (1.0 + (-logit).exp());
        if score.is_nan() || score < least {
            continue;
        }
        let (anchor, cell) = (index / cells, index % cells);
        let (column, row) = grid.place(cell);
        let (x, y) = ((column + 0.5) * stride as f32, (row + 0.5) * stride as f32);
        let value = |at: usize| boxes[(anchor * VALUES + at) * cells + cell];
        let point = |at: usize| Point::new(x + value(4 + 2 * at), y + value(5 + 2 * at));
        let [left, right, nose, mouth] = [0, 1, 2, 3].map(point);
        let (dx, dy) = (
            HALF_MOUTH * (right.x - left.x),
            HALF_MOUTH * (right.y - left.y),
        );
        let face = Face {
            bbox: centred(x + value(0), y + value(1), value(2), value(3)),
            landmarks: [
                left,
                right,
                nose,
                Point::new(mouth.x - dx, mouth.y - dy),
                Point::new(mouth.x + dx, mouth.y + dy),
            ],
            score,
        };
        push_finite(face, faces);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_placed_around_the_middle_of_its_cell() {
        // A 64 x 32 input: two cells of stride 32; the second one's fourth anchor speaks.
        let (cells, anchor) = (2, 3);
        let mut scores = vec![-9.0; 6 * cells];
        scores[anchor * cells + 1] = 3.0;
        let mut boxes = vec![0.0; 6 * VALUES * cells];
        let values = [
            2.0, -4.0, 20.0, 24.0, -5.0, 0.0, 5.0, 0.0, 0.0, 4.0, 0.0, 8.0, 0.0, 0.0, 0.0, 0.0,
        ];
        for (at, value) in values.into_iter().enumerate() {
            boxes[(anchor * VALUES + at) * cells + 1] = value;
        }
        let mut faces = Vec::new();
        decode(1, [64, 32], &scores, &boxes, 0.5, &mut faces).unwrap();
        let [face] = &faces[..] else {
            panic!("{faces:?}")
        };
        let bbox = &face.bbox;
        assert_eq!(
            (bbox.left, bbox.top, bbox.right, bbox.bottom),
            (40.0, 0.0, 60.0, 24.0)
        );
        assert_eq!(
            face.landmarks[..3],
            [
                Point::new(43.0, 16.0),
                Point::new(53.0, 16.0),
                Point::new(48.0, 20.0)
            ]
        );
        assert!((face.landmarks[4].x - face.landmarks[3].x - 8.8).abs() < 1e-4);
        assert!((face.score - 0.9526).abs() < 1e-3);
        assert!(decode(1, [64, 32], &scores[1..], &boxes, 0.5, &mut faces).is_err());
    }
}

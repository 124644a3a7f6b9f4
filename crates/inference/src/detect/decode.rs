//! Detector outputs to faces, in pixels of the detector's input.

use ort::session::SessionOutputs;
use packs::Decoder;

use super::{blazeface, centred};
use crate::{BoundingBox, Face, FaceError, Point};

const STRIDES: [usize; 3] = [8, 16, 32];

/// Whether a model with these outputs can be read by `decoder`; says what is missing.
pub(super) fn check(decoder: Decoder, outputs: &[String]) -> Result<(), String> {
    match decoder {
        Decoder::Yunet => yunet_names()
            .find(|name| !outputs.contains(name))
            .map_or(Ok(()), |name| {
                Err(format!("it has no output {name}, which YuNet has"))
            }),
        Decoder::Blazeface => blazeface::NAMES
            .into_iter()
            .flatten()
            .find(|name| !outputs.iter().any(|output| output == name))
            .map_or(Ok(()), |name| {
                Err(format!("it has no output {name}, which BlazeFace has"))
            }),
        Decoder::Scrfd if outputs.len() == 9 => Ok(()),
        Decoder::Scrfd => Err(format!(
            "it has {} outputs, SCRFD with landmarks has 9",
            outputs.len()
        )),
    }
}

fn yunet_names() -> impl Iterator<Item = String> {
    ["cls", "obj", "bbox", "kps"]
        .into_iter()
        .flat_map(|kind| STRIDES.map(|stride| format!("{kind}_{stride}")))
}

/// The faces with at least `score`, before suppression.
pub(super) fn decode(
    decoder: Decoder,
    outputs: &SessionOutputs<'_>,
    names: &[String],
    [width, height]: [usize; 2],
    score: f32,
) -> Result<Vec<Face>, FaceError> {
    let mut faces = Vec::new();
    if decoder == Decoder::Blazeface {
        for (level, names) in blazeface::NAMES.into_iter().enumerate() {
            let [scores, boxes] = [tensor(outputs, names[0])?, tensor(outputs, names[1])?];
            blazeface::decode(level, [width, height], scores, boxes, score, &mut faces)?;
        }
        return Ok(faces);
    }
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let grid = Grid {
            stride,
            columns: width / stride,
            rows: height / stride,
        };
        match decoder {
            Decoder::Yunet => {
                let named = |kind: &str| tensor(outputs, &format!("{kind}_{stride}"));
                yunet(
                    &grid,
                    [named("cls")?, named("obj")?, named("bbox")?, named("kps")?],
                    score,
                    &mut faces,
                )?;
            }
            Decoder::Blazeface => {}
            Decoder::Scrfd => {
                let at = |group: usize| {
                    names
                        .get(group * 3 + level)
                        .map(String::as_str)
                        .unwrap_or_default()
                };
                scrfd(
                    &grid,
                    [
                        tensor(outputs, at(0))?,
                        tensor(outputs, at(1))?,
                        tensor(outputs, at(2))?,
                    ],
                    score,
                    &mut faces,
                )?;
            }
        }
    }
    Ok(faces)
}

fn tensor<'a>(outputs: &'a SessionOutputs<'_>, name: &str) -> Result<&'a [f32], FaceError> {
    let output = outputs
        .get(name)
        .ok_or_else(|| FaceError::Inference(format!("the detector has no output {name}")))?;
    let (_, values) = output
        .try_extract_tensor::<f32>()
        .map_err(crate::models::inference)?;
    Ok(values)
}

pub(super) struct Grid {
    pub(super) stride: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Grid {
    pub(super) fn cells(&self) -> usize {
        self.columns * self.rows
    }

    /// Column and row of a cell.
    pub(super) fn place(&self, cell: usize) -> (f32, f32) {
        ((cell % self.columns) as f32, (cell / self.columns) as f32)
    }

    pub(super) fn check_length(&self, per_cell: usize, values: &[f32]) -> Result<(), FaceError> {
        let wanted = self.cells() * per_cell;
        if values.len() == wanted {
            return Ok(());
        }
        Err(FaceError::Inference(format!(
            "the detector gave {} values for stride {}, {wanted} are expected",
            values.len(),
            self.stride
        )))
    }
}

/// YuNet: one anchor a cell; centre and landmarks relative to the cell, size as a logarithm, all in units of the stride.
fn yunet(
    grid: &Grid,
    [class, object, boxes, points]: [&[f32]; 4],
    least: f32,
    faces: &mut Vec<Face>,
) -> Result<(), FaceError> {
    for (values, per_cell) in [(class, 1), (object, 1), (boxes, 4), (points, 10)] {
        grid.check_length(per_cell, values)?;
    }
    let stride = grid.stride as f32;
    for cell in 0..grid.cells() {
        let score = (class[cell].clamp(0.0, 1.0) * object[cell].clamp(0.0, 1.0)).sqrt();
        if score.is_nan() || score < least {
            continue;
        }
        let (column, row) = grid.place(cell);
        let b = &boxes[cell * 4..][..4];
        let bbox = centred(
            (column + b[0]) * stride,
            (row + b[1]) * stride,
            b[2].exp() * stride,
            b[3].exp() * stride,
        );
        let k = &points[cell * 10..][..10];
        let landmarks = std::array::from_fn(|i| {
            Point::new((k[2 * i] + column) * stride, (k[2 * i + 1] + row) * stride)
        });
        push_finite(
            Face {
                bbox,
                landmarks,
                score,
            },
            faces,
        );
    }
    Ok(())
}

/// SCRFD: two anchors a cell at its corner; distances to the four edges and to the landmarks, in units of the stride.
fn scrfd(
    grid: &Grid,
    [scores, boxes, points]: [&[f32]; 3],
    least: f32,
    faces: &mut Vec<Face>,
) -> Result<(), FaceError> {
    for (values, per_cell) in [(scores, 2), (boxes, 8), (points, 20)] {
        grid.check_length(per_cell, values)?;
    }
    let stride = grid.stride as f32;
    for (anchor, &score) in scores.iter().enumerate() {
        if score.is_nan() || score < least {
            continue;
        }
        let (column, row) = grid.place(anchor / 2);
        let (x, y) = (column * stride, row * stride);
        let b = &boxes[anchor * 4..][..4];
        let bbox = BoundingBox {
            left: x - b[0] * stride,
            top: y - b[1] * stride,
            right: x + b[2] * stride,
            bottom: y + b[3] * stride,
        };
        let k = &points[anchor * 10..][..10];
        let landmarks =
            std::array::from_fn(|i| Point::new(x + k[2 * i] * stride, y + k[2 * i + 1] * stride));
        push_finite(
            Face {
                bbox,
                landmarks,
                score: score.min(1.0),
            },
            faces,
        );
    }
    Ok(())
}

pub(super) fn push_finite(face: Face, faces: &mut Vec<Face>) {
    let BoundingBox {
        left,
        top,
        right,
        bottom,
    } = face.bbox;
    let finite = [left, top, right, bottom]
        .into_iter()
        .chain(face.landmarks.iter().flat_map(|p| [p.x, p.y]))
        .all(f32::is_finite);
    if finite && right > left && bottom > top {
        faces.push(face);
    }
}

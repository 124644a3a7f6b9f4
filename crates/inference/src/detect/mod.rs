//! Finding faces.

mod blazeface;
mod decode;
mod looks;
mod nms;

use packs::{Decoder, Tensor};

pub(crate) use looks::{Look, Wanted};

use crate::{
    BoundingBox, DecodeError, DecodedImage, Face, FaceError, Point, StartError,
    models::{ConfirmModel, LandmarkModel, LoadContext, Model, fill_planes},
    picture::resize,
    recent::recall,
};

/// What one look finds at most, the best first, before and after those that overlap are sorted out: that takes a time that grows with the
/// square of their number, and a picture can be made of faces.
const MOST_FOUND: usize = 5000;
const MOST_SEEN: usize = 500;

/// Detectors take sides that are a multiple of this, the coarsest of their strides.
const MULTIPLE: u32 = 32;

/// The detector, with the models that look closer at what it found where the pack has them.
pub(crate) struct Detector {
    model: Model,
    confirm: Option<ConfirmModel>,
    landmarks: Option<LandmarkModel>,
    decoder: Decoder,
    tensor: Tensor,
    score: f32,
    nms: f32,
    fixed: Option<[u32; 2]>,
    outputs: Vec<String>,
}

impl Detector {
    pub(crate) fn load(context: &LoadContext<'_>) -> Result<Self, StartError> {
        let role = &context.pack.manifest.detector;
        let model = Model::load(context, &role.file)?;
        let outputs = model.output_names();
        decode::check(role.decoder, &outputs).map_err(|reason| StartError::Model {
            file: role.file.clone(),
            reason,
        })?;
        let confirm = context.pack.manifest.confirm.as_ref();
        let landmarks = context.pack.manifest.landmarks.as_ref();
        Ok(Self {
            model,
            confirm: confirm
                .map(|role| ConfirmModel::load(context, role))
                .transpose()?,
            landmarks: landmarks
                .map(|role| LandmarkModel::load(context, role))
                .transpose()?,
            decoder: role.decoder,
            tensor: role.tensor,
            score: role.score,
            nms: role.nms,
            fixed: role.fixed,
            outputs,
        })
    }

    /// The faces that one look shows, best first, in pixels of the picture.
    pub(crate) fn look(
        &mut self,
        image: &DecodedImage,
        look: &Look,
    ) -> Result<Vec<Face>, FaceError> {
        let canvas = look.canvas(image.width(), image.height(), self.fixed);
        recall(
            image,
            |findings| &mut findings.looks,
            canvas,
            || self.see(image, &canvas),
        )
    }

    fn see(&mut self, image: &DecodedImage, canvas: &Canvas) -> Result<Vec<Face>, FaceError> {
        let pixels = resize(image, canvas.picture[0], canvas.picture[1])
            .ok_or_else(|| FaceError::Inference("the picture cannot be scaled".to_owned()))?;
        let [width, height] = canvas.size.map(|side| side as usize);
        // What the picture does not cover is black before normalising.
        let mut input = vec![(0.0 - self.tensor.mean) * self.tensor.scale; 3 * width * height];
        let origin = (canvas.origin[0] as usize, canvas.origin[1] as usize);
        fill_planes(
            &mut input,
            width,
            &pixels,
            canvas.picture[0] as usize,
            origin,
            &self.tensor,
        );
        let outputs = self.model.run([1, 3, height, width], &input)?;
        let mut found = decode::decode(
            self.decoder,
            &outputs,
            &self.outputs,
            [width, height],
            self.score,
        )?;
        if found.len() > MOST_FOUND {
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            found.truncate(MOST_FOUND);
        }
        let mut faces = match self.decoder {
            Decoder::Blazeface => nms::blend(found, self.nms),
            Decoder::Yunet | Decoder::Scrfd => nms::suppress(found, self.nms),
        };
        faces.truncate(MOST_SEEN);
        Ok(faces
            .into_iter()
            .map(|face| canvas.in_picture(&face))
            .collect())
    }

    /// The `most` largest faces of a picture, largest first, by as many looks as they need, each if it is still to go on; and how many others
    /// were found, which are not looked at closer.
    pub(crate) fn faces(
        &mut self,
        image: &DecodedImage,
        wanted: Wanted,
        most: usize,
        mut go_on: impl FnMut() -> Result<(), DecodeError>,
    ) -> Result<(Vec<Face>, usize), FaceError> {
        let mut faces: Vec<Face> = Vec::new();
        for look in looks::plan(image.width(), image.height(), self.fixed, wanted) {
            if !look.is_needed(&faces, image.width(), image.height()) {
                continue;
            }
            go_on()?;
            let mut seen = self.look(image, &look)?;
            if look.is_closer() {
                faces.retain(|face| {
                    let overlap = |seen: &Face| seen.bbox.iou(&face.bbox);
                    seen.iter().all(|seen| overlap(seen) <= self.nms)
                });
            }
            seen.append(&mut faces);
            faces = nms::suppress(seen, self.nms);
        }
        faces.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area()));
        let left_out = faces.len().saturating_sub(most);
        faces.truncate(most);
        go_on()?;
        if let Some(model) = &mut self.confirm {
            faces = model.keep(image, faces)?;
        }
        if let Some(model) = &mut self.landmarks {
            model.place(image, &mut faces)?;
        }
        Ok((faces, left_out))
    }
}

/// Where a picture lies in the detector's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Canvas {
    /// Width and height of the input.
    size: [u32; 2],
    /// Width and height of the scaled picture in it.
    picture: [u32; 2],
    /// Top left corner of the scaled picture in it.
    origin: [u32; 2],
    /// Input pixels per pixel of the picture.
    scale: f32,
}

impl Canvas {
    fn in_picture(&self, face: &Face) -> Face {
        let [dx, dy] = self.origin.map(|offset| -(offset as f32));
        let back = 1.0 / self.scale;
        Face {
            bbox: face.bbox.shifted(dx, dy).scaled(back),
            landmarks: face
                .landmarks
                .map(|p| Point::new((p.x + dx) * back, (p.y + dy) * back)),
            score: face.score,
        }
    }
}

/// A box from its centre and size.
fn centred(x: f32, y: f32, width: f32, height: f32) -> BoundingBox {
    BoundingBox {
        left: x - width / 2.0,
        top: y - height / 2.0,
        right: x + width / 2.0,
        bottom: y + height / 2.0,
    }
}

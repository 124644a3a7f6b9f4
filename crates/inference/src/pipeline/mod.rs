//! The operations on pictures that a job can do.

mod pending;
mod templates;

use std::{sync::Arc, time::Instant};

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use packs::Template;

pub use self::templates::AlignedPictures;
use crate::{
    DecodeError, DecodedImage, Effort, Embedding, Face, FaceError, FaceRules, ImageBytes,
    ImageLimits, Observer, Portrait, Quality, Score, Stage, StartError,
    align::{AlignedFace, SIDE, align, template_in},
    calibration::{LivenessScale, MatchScale},
    detect::{Detector, Wanted},
    engine::Work,
    models::{Embedder, EyeModel, LivenessEnsemble, LoadContext, PoseModel},
    picture::{self, Detail},
    portrait, quality,
    recent::{Recent, recall},
};

/// JPEG quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 92;

/// A liveness verdict's figures.
#[derive(Debug, Clone)]
pub struct Liveness {
    /// Calibrated; 0.5 is the equal-error point of the pack's measured set.
    pub score: Score,
    /// Each model's own probability that the face is live, in the manifest's order.
    pub probabilities: Vec<f32>,
}

/// The pack's liveness models and what their mean stands for.
struct LivenessPart {
    ensemble: LivenessEnsemble,
    scale: LivenessScale,
    min_face: f32,
}

/// One worker's models and the operations on them. All methods block: they run inside [`crate::Engine::run`].
pub struct Pipeline {
    pub(crate) limits: ImageLimits,
    observer: Option<Observer>,
    detector: Detector,
    embedder: Embedder,
    matching: MatchScale,
    liveness: Option<LivenessPart>,
    eyes: Option<EyeModel>,
    pose: Option<PoseModel>,
    recent: Option<Arc<Recent>>,
    /// The job that it is at.
    pub(crate) work: Work,
}

impl Pipeline {
    /// Loads every model of the pack.
    pub(crate) fn load(
        context: &LoadContext<'_>,
        limits: ImageLimits,
        observer: Option<Observer>,
        recent: Option<Arc<Recent>>,
    ) -> Result<Self, StartError> {
        let manifest = &context.pack.manifest;
        let liveness = manifest.liveness.as_ref().map(|role| {
            let ensemble = LivenessEnsemble::load(context, role)?;
            Ok::<_, StartError>(LivenessPart {
                ensemble,
                scale: LivenessScale::new(&role.calibration),
                min_face: role.min_face,
            })
        });
        Ok(Self {
            limits,
            observer,
            detector: Detector::load(context)?,
            embedder: Embedder::load(context)?,
            matching: MatchScale::new(&manifest.embedder.calibration),
            liveness: liveness.transpose()?,
            eyes: manifest
                .eyes
                .as_ref()
                .map(|role| EyeModel::load(context, role))
                .transpose()?,
            pose: match &manifest.pose {
                Some(role) => PoseModel::load(context, role)?,
                None => None,
            },
            recent,
            work: Work::default(),
        })
    }

    /// The most faces that were found in a picture of this job and not looked at closer: there were more than the limits allow.
    #[must_use]
    pub fn faces_left_out(&self) -> usize {
        self.work.faces_left_out()
    }

    /// Between two operations: whoever has taken less of the workers goes first, and a job whose time is up, or for which nobody waits any
    /// more, ends.
    fn pause(&mut self) -> Result<(), DecodeError> {
        if let Some(turn) = self.work.turn() {
            turn.give_way(self);
        }
        self.work.go_on()
    }

    /// Decodes a picture: JPEG, PNG, WebP, BMP, GIF (first frame) or TIFF; EXIF orientation applied, alpha flattened.
    ///
    /// # Errors
    /// Every [`DecodeError`] but `Empty` and `TooManyBytes`, which [`ImageBytes`] excludes.
    pub fn decode(&mut self, bytes: &ImageBytes) -> Result<DecodedImage, DecodeError> {
        self.decode_to(Detail::Usual, bytes)
    }

    /// As [`Pipeline::decode`], for pictures whose liveness is judged, which takes all pixels: a large JPEG is otherwise decoded
    /// reduced first.
    ///
    /// # Errors
    /// As [`Pipeline::decode`].
    pub fn decode_whole(&mut self, bytes: &ImageBytes) -> Result<DecodedImage, DecodeError> {
        self.decode_to(Detail::Whole, bytes)
    }

    fn decode_to(
        &mut self,
        detail: Detail,
        bytes: &ImageBytes,
    ) -> Result<DecodedImage, DecodeError> {
        self.pause()?;
        self.timed(Stage::Decode, |this| match &this.recent {
            Some(recent) if this.work.lane().is_of_one() => {
                recent.decode(this.work.lane(), bytes, detail, &this.limits)
            }
            _ => picture::decode(bytes, detail, &this.limits),
        })
    }

    /// Every face of the picture, largest first. Looks twice where faces are small, and once more, framed, where none was found.
    ///
    /// # Errors
    /// [`FaceError::Inference`]; no face is an empty list.
    pub fn faces(&mut self, image: &DecodedImage) -> Result<Vec<Face>, FaceError> {
        self.find(image, Wanted::All)
    }

    /// The largest faces of a picture: as many as are looked at closer.
    fn find(&mut self, image: &DecodedImage, wanted: Wanted) -> Result<Vec<Face>, FaceError> {
        self.pause()?;
        let most = self.limits.max_faces;
        let (faces, left_out) = self.timed(Stage::Detect, |this| {
            let Self { detector, work, .. } = this;
            detector.faces(image, wanted, most, || work.go_on())
        })?;
        self.work.leave_out(left_out);
        Ok(faces)
    }

    /// The face that is meant where one is asked for, by `rules`.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::MultipleFaces`], [`FaceError::Inference`].
    pub fn main_face(
        &mut self,
        image: &DecodedImage,
        effort: Effort,
        rules: &FaceRules,
    ) -> Result<Face, FaceError> {
        let faces = self.find(image, Wanted::Main(effort))?;
        rules.main(faces, image.center())
    }

    /// The largest face, and how many are comparable to it by `rules`, itself included.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::Inference`].
    pub fn largest_face(
        &mut self,
        image: &DecodedImage,
        effort: Effort,
        rules: &FaceRules,
    ) -> Result<(Face, usize), FaceError> {
        let faces = self.find(image, Wanted::Main(effort))?;
        rules.largest(faces)
    }

    /// As [`Pipeline::main_face`], for a tight face crop: when no face is found, the whole picture is taken as an aligned face.
    ///
    /// # Errors
    /// As [`Pipeline::main_face`], but never [`FaceError::NoFace`].
    pub fn main_face_of_crop(
        &mut self,
        crop: &DecodedImage,
        effort: Effort,
        rules: &FaceRules,
    ) -> Result<Face, FaceError> {
        match self.main_face(crop, effort, rules) {
            Err(FaceError::NoFace) => Ok(whole_picture(crop)),
            found => found,
        }
    }

    /// Passive liveness of `face` by the pack's ensemble.
    ///
    /// # Errors
    /// [`FaceError::TooSmall`] when the face is smaller than the models can judge, [`FaceError::NoLivenessModel`],
    /// [`FaceError::Inference`].
    pub fn liveness(&mut self, image: &DecodedImage, face: &Face) -> Result<Liveness, FaceError> {
        self.pause()?;
        self.timed(Stage::Liveness, |this| {
            let part = this.liveness.as_mut().ok_or(FaceError::NoLivenessModel)?;
            let size = face.bbox.width().min(face.bbox.height());
            if size < part.min_face {
                return Err(FaceError::TooSmall {
                    size,
                    least: part.min_face,
                });
            }
            let probabilities = recall(
                image,
                |findings| &mut findings.liveness,
                face.bbox,
                || part.ensemble.probabilities(image, &face.bbox),
            )?;
            let mean = probabilities.iter().sum::<f32>() / probabilities.len().max(1) as f32;
            Ok(Liveness {
                score: part.scale.of_probability(mean),
                probabilities,
            })
        })
    }

    /// Quality, head pose and open eyes of `face`.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn quality(&mut self, image: &DecodedImage, face: &Face) -> Result<Quality, FaceError> {
        self.pause()?;
        recall(
            image,
            |findings| &mut findings.quality,
            face.clone(),
            || self.judge(image, face),
        )
    }

    fn judge(&mut self, image: &DecodedImage, face: &Face) -> Result<Quality, FaceError> {
        let aligned = self.align(image, face, Template::Arcface)?;
        self.timed(Stage::Quality, |this| {
            let eyes_open = this
                .eyes
                .as_mut()
                .map(|model| model.open(image, face))
                .transpose()?;
            let pose = this
                .pose
                .as_mut()
                .map(|model| model.estimate(image, face))
                .transpose()?;
            Ok(Quality {
                eyes_open,
                ..quality::measure(image, face, &aligned, pose)
            })
        })
    }

    /// The aligned face as a 112 x 112 JPEG.
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn thumbnail(&mut self, image: &DecodedImage, face: &Face) -> Result<Vec<u8>, FaceError> {
        self.pause()?;
        let aligned = self.align(image, face, Template::Arcface)?;
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, THUMBNAIL_QUALITY)
            .encode(&aligned.rgb, SIDE, SIDE, ExtendedColorType::Rgb8)
            .map_err(|error| FaceError::Inference(error.to_string()))?;
        Ok(jpeg)
    }

    /// What to keep of `face` for [`Pipeline::template_of_portrait`].
    ///
    /// # Errors
    /// [`FaceError::Inference`].
    pub fn portrait(&mut self, image: &DecodedImage, face: &Face) -> Result<Portrait, FaceError> {
        portrait::take(image, face)
    }

    /// Calibrated similarity of two templates of this pack's embedder.
    #[must_use]
    pub fn similarity(&self, a: &Embedding, b: &Embedding) -> Score {
        self.matching.similarity(a, b)
    }

    fn align(
        &self,
        image: &DecodedImage,
        face: &Face,
        template: Template,
    ) -> Result<AlignedFace, FaceError> {
        self.timed_ref(Stage::Align, || align(image, &face.landmarks, template))
            .ok_or_else(|| FaceError::Inference("the landmarks give no alignment".to_owned()))
    }

    /// Runs each model once on an empty picture at the usual sizes, so that the first request finds them warm.
    pub(crate) fn warm_up(&mut self) -> Result<(), FaceError> {
        let image =
            DecodedImage::from_rgb(640, 640, vec![96; 640 * 640 * 3]).ok_or(FaceError::NoFace)?;
        let face = whole_picture(&image);
        let observer = self.observer.take();
        let warm = |this: &mut Self| {
            this.find(&image, Wanted::Main(Effort::Fast))?;
            this.find(&image, Wanted::All)?;
            this.embed(&image, std::slice::from_ref(&face), Effort::Accurate)?;
            this.quality(&image, &face)?;
            if this.liveness.is_some() {
                this.liveness(&image, &face)?;
            }
            Ok(())
        };
        let result = warm(self);
        self.observer = observer;
        result
    }

    fn timed<R>(&mut self, stage: Stage, work: impl FnOnce(&mut Self) -> R) -> R {
        let start = Instant::now();
        let result = work(self);
        self.observe(stage, start);
        result
    }

    fn timed_ref<R>(&self, stage: Stage, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        self.observe(stage, start);
        result
    }

    fn observe(&self, stage: Stage, start: Instant) {
        if let Some(observer) = &self.observer {
            observer(stage, start.elapsed());
        }
    }
}

/// The face of a picture that is itself an aligned face.
fn whole_picture(image: &DecodedImage) -> Face {
    let (width, height) = (image.width(), image.height());
    Face {
        bbox: crate::BoundingBox {
            left: 0.0,
            top: 0.0,
            right: width as f32,
            bottom: height as f32,
        },
        landmarks: template_in(width, height),
        score: 0.0,
    }
}

//! What was found out about the pictures that came in the last moments.
//!
//! A client asks about one selfie several times in a row: is it live, whose is it, is it the face on this document. What the models say of
//! it is the same each time, so it is kept for a moment, under the SHA-256 of the file, for the lane that asked and for no other: nobody
//! learns from the time an answer takes whether somebody else has sent a picture. Kept are answers to single questions (one look of the
//! detector, the template of one face), never pixels; what comes out does not depend on what is kept.

mod findings;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

pub(crate) use self::findings::{Known, TemplateOf, recall};
use crate::{
    DecodeError, DecodedImage, ImageBytes, ImageLimits, Lane,
    picture::{self, Detail, usually_whole},
};

/// Pictures that are kept per worker.
const PICTURES: usize = 1024;

/// The pictures that came lately; shared by the workers of an engine.
pub(crate) struct Recent {
    keep: Duration,
    most: usize,
    pictures: Mutex<Pictures>,
}

#[derive(Default)]
struct Pictures {
    by_file: HashMap<Key, Picture>,
    /// Oldest first. Nothing is kept longer for being asked for again.
    order: VecDeque<(Instant, Key)>,
}

/// A file that somebody sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    lane: Lane,
    sha256: [u8; 32],
}

/// A file that could be decoded.
#[derive(Clone, Default)]
struct Picture {
    /// As it is decoded for most purposes.
    usual: Option<Decoded>,
    /// With all pixels at once; often the same.
    whole: Option<Decoded>,
}

/// A picture as it was decoded.
#[derive(Clone)]
struct Decoded {
    width: u32,
    height: u32,
    /// Pixels of the picture across one of those that are decoded first.
    scale: u32,
    known: Known,
}

impl Recent {
    /// Keeps each picture for this long, and at most so many as `workers` can have looked at; `None` when it keeps nothing.
    pub(crate) fn new(keep: Duration, workers: usize) -> Option<Self> {
        (!keep.is_zero()).then(|| Self {
            keep,
            most: PICTURES.saturating_mul(workers.max(1)),
            pictures: Mutex::default(),
        })
    }

    /// Decodes a file that `lane` sent; one that it sent before only when its pixels are asked for.
    ///
    /// # Errors
    /// As [`picture::decode`].
    pub(crate) fn decode(
        &self,
        lane: Lane,
        bytes: &ImageBytes,
        detail: Detail,
        limits: &ImageLimits,
    ) -> Result<DecodedImage, DecodeError> {
        let sha256 = Sha256::digest(bytes.as_slice()).into();
        let key = Key { lane, sha256 };
        if let Some(one) = self.find(&key, detail) {
            let later = DecodedImage::later(bytes, limits, (one.width, one.height), one.scale);
            return Ok(later.with_known(one.known));
        }
        let image = picture::decode(bytes, detail, limits)?;
        let known = self.keep(key, detail, &image, Instant::now());
        Ok(image.with_known(known))
    }

    /// Forgets what was kept for long enough.
    pub(crate) fn forget(&self) {
        self.lock().forget(Instant::now());
    }

    /// Pictures that are kept now.
    pub(crate) fn pictures(&self) -> usize {
        self.lock().by_file.len()
    }

    fn find(&self, key: &Key, detail: Detail) -> Option<Decoded> {
        let mut pictures = self.lock();
        pictures.forget(Instant::now());
        let picture = pictures.by_file.get(key)?;
        match detail {
            Detail::Usual => picture.usual.clone(),
            Detail::Whole => picture.whole.clone(),
        }
    }

    /// A place for what will be found out about `image`.
    fn keep(&self, key: Key, detail: Detail, image: &DecodedImage, now: Instant) -> Known {
        let decoded = Decoded {
            width: image.width(),
            height: image.height(),
            scale: image.first_scale(),
            known: Known::default(),
        };
        let mut pictures = self.lock();
        let picture = pictures.by_file.entry(key).or_default();
        let fresh = picture.usual.is_none() && picture.whole.is_none();
        let place = match detail {
            Detail::Usual => &mut picture.usual,
            Detail::Whole => &mut picture.whole,
        };
        // Two that decode it at the same time share what they find.
        let known = place.get_or_insert(decoded.clone()).known.clone();
        let all = decoded.scale == 1;
        let other = match detail {
            Detail::Usual => all.then_some(&mut picture.whole),
            Detail::Whole => {
                usually_whole(decoded.width, decoded.height).then_some(&mut picture.usual)
            }
        };
        if let Some(other) = other {
            other.get_or_insert(Decoded {
                known: known.clone(),
                ..decoded
            });
        }
        if fresh {
            pictures.order.push_back((now + self.keep, key));
        }
        while pictures.order.len() > self.most {
            pictures.drop_oldest();
        }
        known
    }

    fn lock(&self) -> MutexGuard<'_, Pictures> {
        // Nothing that can panic runs under the lock.
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pictures {
    fn forget(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(until, _)| *until <= now) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.by_file.remove(&key);
        }
        if self.order.is_empty() {
            // What a busy hour needed is given back.
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

    use super::*;
    use crate::{BoundingBox, Effort, Embedding, Point};

    const LANE: Lane = Lane(7);
    const WHO: ([Point; 5], Effort) = ([Point::new(0.0, 0.0); 5], Effort::Fast);

    fn recent(keep: Duration) -> Recent {
        Recent::new(keep, 1).unwrap()
    }

    /// A JPEG of these sides.
    fn file(width: u32, height: u32, level: u8) -> ImageBytes {
        let pixels = vec![level; width as usize * height as usize * 3];
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 40)
            .encode(&pixels, width, height, ExtendedColorType::Rgb8)
            .unwrap();
        ImageBytes::new(bytes, &ImageLimits::default()).unwrap()
    }

    fn image(recent: &Recent, lane: Lane, file: &ImageBytes, detail: Detail) -> DecodedImage {
        let limits = ImageLimits::default();
        recent.decode(lane, file, detail, &limits).unwrap()
    }

    fn template(of: &DecodedImage) -> Option<Embedding> {
        of.known().and_then(|known| known.template(&WHO))
    }

    fn learn(of: &DecodedImage) -> Embedding {
        let template = Embedding::normalised(&[0.6, 0.8]).unwrap();
        of.known().unwrap().keep_template(WHO, &template);
        template
    }

    #[test]
    fn what_is_known_of_a_file_is_known_to_who_sent_it_and_to_nobody_else() {
        let recent = recent(Duration::from_secs(600));
        let (one, other) = (file(40, 30, 90), file(40, 30, 190));
        let first = image(&recent, LANE, &one, Detail::Usual);
        assert_eq!(template(&first), None);
        let template_of_first = learn(&first);
        let again = image(&recent, LANE, &one, Detail::Usual);
        assert_eq!(template(&again), Some(template_of_first));
        assert_eq!(again.rgb(), first.rgb(), "decoded when it is asked for");
        assert_eq!((again.width(), again.height()), (40, 30));
        assert_eq!(
            template(&image(&recent, Lane(8), &one, Detail::Usual)),
            None
        );
        assert_eq!(template(&image(&recent, LANE, &other, Detail::Usual)), None);
    }

    #[test]
    fn a_picture_is_the_same_whole_and_as_usual_only_where_it_is_decoded_whole() {
        let recent = recent(Duration::from_secs(600));
        let small = file(40, 30, 90);
        learn(&image(&recent, LANE, &small, Detail::Whole));
        assert!(template(&image(&recent, LANE, &small, Detail::Usual)).is_some());
        let large = file(3200, 2000, 90);
        let whole = image(&recent, LANE, &large, Detail::Whole);
        learn(&whole);
        let reduced = image(&recent, LANE, &large, Detail::Usual);
        assert_eq!((whole.first_scale(), reduced.first_scale()), (1, 2));
        assert_eq!(template(&reduced), None);
        learn(&reduced);
        let again = image(&recent, LANE, &large, Detail::Usual);
        assert_eq!((again.first_scale(), template(&again).is_some()), (2, true));
    }

    #[test]
    fn nothing_is_kept_for_longer_than_it_should_or_beyond_the_room() {
        assert!(Recent::new(Duration::ZERO, 4).is_none());
        let mut recent = recent(Duration::from_secs(600));
        let one = file(40, 30, 90);
        learn(&image(&recent, LANE, &one, Detail::Usual));
        let later = Instant::now() + Duration::from_secs(599);
        recent.lock().forget(later);
        assert_eq!(recent.lock().by_file.len(), 1);
        // Asked for once more, it stays no longer.
        assert!(template(&image(&recent, LANE, &one, Detail::Usual)).is_some());
        recent.lock().forget(later + Duration::from_secs(2));
        let sizes = |recent: &Recent| {
            let pictures = recent.lock();
            (pictures.by_file.len(), pictures.order.len())
        };
        assert_eq!(sizes(&recent), (0, 0));
        recent.most = 2;
        for level in 0..5 {
            image(&recent, LANE, &file(40, 30, level * 40), Detail::Usual);
        }
        assert_eq!(sizes(&recent), (2, 2));
        assert!(template(&image(&recent, LANE, &one, Detail::Usual)).is_none());
    }

    #[test]
    fn a_file_that_cannot_be_decoded_is_not_kept() {
        let recent = recent(Duration::from_secs(600));
        let limits = ImageLimits::default();
        let bytes = ImageBytes::new(vec![1, 2, 3], &limits).unwrap();
        for _ in 0..2 {
            assert!(recent.decode(LANE, &bytes, Detail::Usual, &limits).is_err());
        }
        assert!(recent.lock().by_file.is_empty());
    }

    #[test]
    fn few_answers_are_kept_of_a_picture_and_none_that_is_large() {
        let recent = recent(Duration::from_secs(600));
        let image = image(&recent, LANE, &file(40, 30, 90), Detail::Usual);
        let square = |side: f32| BoundingBox {
            left: 0.0,
            top: 0.0,
            right: side,
            bottom: side,
        };
        let mut asked = 0;
        for _ in 0..2 {
            for side in 0..20 {
                let judge = || {
                    asked += 1;
                    Ok(vec![side as f32])
                };
                let kind = square(side as f32);
                let answer = recall(&image, |findings| &mut findings.liveness, kind, judge);
                assert_eq!(answer.unwrap(), [side as f32]);
            }
        }
        assert_eq!(asked, 20 + 12, "eight were kept");
    }
}

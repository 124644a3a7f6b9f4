//! What is done to a picture.

use std::fmt;

use image::{Rgb, RgbImage, imageops};

/// Eye distance of LFW's deep-funneled pictures, in pixels; the median of 400 is 42.8.
const EYES: f32 = 42.0;

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// Gaussian, over 2 pixels.
    Blurred,
    /// Reduced until the eyes are 20 pixels apart.
    Small,
    /// JPEG of quality 20.
    Jpeg,
    /// Pixel values times 0.4.
    Dark,
    /// Pixel values times 1.8, cut at white.
    Bright,
    /// Turned by up to 30 degrees either way.
    Turned,
}

const KINDS: [Kind; 6] = [
    Kind::Blurred,
    Kind::Small,
    Kind::Jpeg,
    Kind::Dark,
    Kind::Bright,
    Kind::Turned,
];

/// A kind of damage and how much of it: pixels, pixels, quality, factor, factor, degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Damage {
    kind: Kind,
    amount: f32,
}

impl Damage {
    /// The damage that `chance` has for a picture; of `kind`, if one is given.
    pub(super) fn choose(chance: &[u8; 32], kind: Option<Kind>) -> Self {
        let kind = kind.unwrap_or(KINDS[usize::from(chance[0]) % KINDS.len()]);
        let angle = f32::from(u16::from_le_bytes([chance[1], chance[2]])) / f32::from(u16::MAX);
        let amount = match kind {
            Kind::Blurred => 2.0,
            Kind::Small => 20.0,
            Kind::Jpeg => 20.0,
            Kind::Dark => 0.4,
            Kind::Bright => 1.8,
            Kind::Turned => 60.0 * angle - 30.0,
        };
        Self { kind, amount }
    }

    /// The quality to write the picture with, where that is the damage.
    pub(super) fn jpeg_quality(&self) -> Option<u8> {
        (self.kind == Kind::Jpeg).then_some(self.amount as u8)
    }

    pub(super) fn apply(&self, picture: &RgbImage) -> RgbImage {
        match self.kind {
            Kind::Blurred => imageops::blur(picture, self.amount),
            Kind::Small => {
                let side = |side: u32| ((side as f32 * self.amount / EYES).round() as u32).max(1);
                let (width, height) = (side(picture.width()), side(picture.height()));
                imageops::resize(picture, width, height, imageops::FilterType::Triangle)
            }
            Kind::Jpeg => picture.clone(),
            Kind::Dark | Kind::Bright => {
                let mut picture = picture.clone();
                for value in picture.iter_mut() {
                    *value = (f32::from(*value) * self.amount).round().min(255.0) as u8;
                }
                picture
            }
            Kind::Turned => turn(picture, self.amount),
        }
    }
}

/// The picture turned clockwise as seen, about its middle; bilinear, black outside.
fn turn(picture: &RgbImage, degrees: f32) -> RgbImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (
        (picture.width() as f32 - 1.0) / 2.0,
        (picture.height() as f32 - 1.0) / 2.0,
    );
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (dx, dy) = (x as f32 - middle_x, y as f32 - middle_y);
        let (from_x, from_y) = (
            middle_x + dx * cos + dy * sin,
            middle_y - dx * sin + dy * cos,
        );
        imageops::interpolate_bilinear(picture, from_x, from_y).unwrap_or(Rgb([0; 3]))
    })
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            Kind::Blurred => "blurred",
            Kind::Small => "small",
            Kind::Jpeg => "jpeg",
            Kind::Dark => "dark",
            Kind::Bright => "bright",
            Kind::Turned => "turned",
        };
        write!(f, "{name},{:.1}", self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dark but for a white spot right of the middle.
    fn spot() -> RgbImage {
        RgbImage::from_fn(101, 101, |x, y| {
            let near = x.abs_diff(80) <= 2 && y.abs_diff(50) <= 2;
            if near { Rgb([250; 3]) } else { Rgb([10; 3]) }
        })
    }

    fn brightest(picture: &RgbImage) -> (u32, u32) {
        let pixels = picture.enumerate_pixels();
        let best = pixels.max_by_key(|(_, _, pixel)| pixel.0[0]);
        best.map(|(x, y, _)| (x, y)).unwrap()
    }

    #[test]
    fn a_turn_is_clockwise() {
        let (x, y) = brightest(&turn(&spot(), 90.0));
        assert!(x.abs_diff(50) <= 2 && y.abs_diff(80) <= 2, "{x} {y}");
    }

    #[test]
    fn damages_do_what_they_are_called() {
        let of = |kind| Damage::choose(&[7; 32], Some(kind)).apply(&spot());
        assert_eq!(of(Kind::Small).dimensions(), (48, 48));
        assert_eq!(of(Kind::Dark).get_pixel(0, 0).0, [4; 3]);
        assert_eq!(of(Kind::Bright).get_pixel(80, 50).0, [255; 3]);
        assert!(of(Kind::Blurred).get_pixel(80, 50).0[0] < 200);
        assert_eq!(of(Kind::Jpeg), spot());
    }

    #[test]
    fn chance_reaches_every_kind_and_both_directions() {
        let mut seen = Vec::new();
        let (mut left, mut right) = (false, false);
        for at in 0..=255_u8 {
            let mut chance = [at; 32];
            chance[0] = at;
            let damage = Damage::choose(&chance, None);
            if !seen.contains(&damage.kind) {
                seen.push(damage.kind);
            }
            left |= damage.kind == Kind::Turned && damage.amount < 0.0;
            right |= damage.kind == Kind::Turned && damage.amount > 0.0;
            assert!(damage.kind != Kind::Turned || damage.amount.abs() <= 30.0);
        }
        assert!(seen.len() == KINDS.len() && left && right);
    }
}

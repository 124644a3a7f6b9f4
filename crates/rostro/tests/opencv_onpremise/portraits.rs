//! Portraits, spoilt in one way each. Made from the composites, large enough for liveness.

use image::{Rgb, RgbImage, imageops};

use crate::{
    common::keyed::Account,
    pictures::{encode, pixels, save},
};

/// How much larger than the composites: their faces are 137 pixels wide, and 150 are wanted.
const SCALE: f32 = 1.5;

/// A portrait that meets every capture limit.
pub(crate) fn portrait() -> RgbImage {
    let small = pixels(1, 1);
    let size = |side: u32| (side as f32 * SCALE) as u32;
    let (width, height) = (size(small.width()), size(small.height()));
    imageops::resize(&small, width, height, imageops::FilterType::CatmullRom)
}

/// As base64, without loss.
pub(crate) fn base64(picture: RgbImage) -> String {
    encode(&save(&picture.into(), image::ImageFormat::Png))
}

/// Where the face of [`portrait`] is: left, top, right, bottom, in pixels.
pub(crate) async fn face_box(account: &Account<'_>) -> [u32; 4] {
    let body = serde_json::json!({ "image": base64(portrait()) });
    let faces = account.verifik("/v2/face-recognition/detect", &body).await;
    let edges = &faces["faces"][0]["bounding_box"];
    let of = |name: &str| edges[name].as_u64().unwrap() as u32;
    let (x, y) = (of("x"), of("y"));
    [x, y, x + of("width"), y + of("height")]
}

/// The part of [`portrait`] that leaves so many pixels around the face: left, top, right, bottom; negative cuts it.
pub(crate) fn around(face: [u32; 4], margins: [i64; 4]) -> String {
    let picture = portrait();
    let [left, top, right, bottom] = face.map(i64::from);
    let (x, y) = (left - margins[0], top - margins[1]);
    let (width, height) = (right + margins[2] - x, bottom + margins[3] - y);
    let part = imageops::crop_imm(&picture, x as u32, y as u32, width as u32, height as u32);
    base64(part.to_image())
}

/// [`portrait`] with a mask over nose and mouth.
pub(crate) fn masked(face: [u32; 4]) -> String {
    let mut picture = portrait();
    let [left, top, right, bottom] = face;
    let height = bottom - top;
    for y in top + height * 55 / 100..(bottom + height / 20).min(picture.height()) {
        for x in left + 8..right - 8 {
            let shade = ((x + y) % 5) as u8;
            picture.put_pixel(x, y, Rgb([120 + shade, 165 + shade, 195 + shade]));
        }
    }
    base64(picture)
}

/// A picture whose eye on the right is closed, with that eye's mirror image in the place of the other.
pub(crate) async fn both_eyes_closed(account: &Account<'_>, wink: &[u8]) -> String {
    let body = serde_json::json!({ "image": encode(wink), "return_landmarks": true });
    let faces = account.verifik("/v2/face-recognition/detect", &body).await;
    let eye = |name: &str| {
        let eye = &faces["faces"][0]["landmarks"][name];
        [&eye["x"], &eye["y"]].map(|value| value.as_i64().unwrap())
    };
    let (open, closed) = (eye("left_eye"), eye("right_eye"));
    let half = (closed[0] - open[0]) * 2 / 5;
    let mut picture = image::load_from_memory(wink).unwrap().into_rgb8();
    let (x, y, side) = (closed[0] - half, closed[1] - half, 2 * half);
    let patch =
        imageops::crop_imm(&picture, x as u32, y as u32, side as u32, side as u32).to_image();
    let patch = imageops::flip_horizontal(&patch);
    imageops::overlay(&mut picture, &patch, open[0] - half, open[1] - half);
    base64(picture)
}

/// [`portrait`], small, on a large wall.
pub(crate) fn far_away() -> String {
    let small = imageops::resize(&portrait(), 45, 55, imageops::FilterType::Triangle);
    let mut wall = RgbImage::from_pixel(1000, 1200, Rgb([190, 190, 190]));
    imageops::overlay(&mut wall, &small, 470, 560);
    base64(wall)
}

/// Pictures of one size beside each other, each (person, number) of the composites.
pub(crate) fn row(people: &[(u32, u32)]) -> String {
    let faces: Vec<RgbImage> = people
        .iter()
        .map(|&(person, number)| pixels(person, number))
        .collect();
    let width: u32 = faces.iter().map(RgbImage::width).sum();
    let height = faces.iter().map(RgbImage::height).max().unwrap();
    let mut row = RgbImage::from_pixel(width, height, Rgb([200, 200, 200]));
    let mut x = 0;
    for face in &faces {
        imageops::overlay(&mut row, face, x, 0);
        x += i64::from(face.width());
    }
    base64(row)
}

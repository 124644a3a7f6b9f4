//! Pictures to send. The faces in `tests/data` are composites: averages of several people each, so nobody's.

use std::{io::Cursor, path::PathBuf};

use image::{DynamicImage, ImageFormat, RgbImage, codecs::gif::GifEncoder, imageops};

/// The file of `tests/data`.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Picture `number` (1 to 3) of the composite person `person` (1 to 4), as a file.
pub(crate) fn face_file(person: u32, number: u32) -> Vec<u8> {
    file(&format!("composite{person:02}_{number}.jpg"))
}

/// The same in base64.
pub(crate) fn face(person: u32, number: u32) -> String {
    encode(&face_file(person, number))
}

/// Plain base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// Picture `number` of `person`, decoded.
pub(crate) fn pixels(person: u32, number: u32) -> RgbImage {
    image::load_from_memory(&face_file(person, number))
        .unwrap()
        .into_rgb8()
}

/// `picture` as a file.
pub(crate) fn save(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A grey wall.
pub(crate) fn nobody() -> Vec<u8> {
    let wall = RgbImage::from_fn(400, 300, |x, y| {
        image::Rgb([(120 + x % 7) as u8, (120 + y % 5) as u8, 125])
    });
    save(&wall.into(), ImageFormat::Png)
}

/// Five faces of one size in a row.
pub(crate) fn five_faces() -> Vec<u8> {
    let faces =
        [(1, 1), (2, 1), (3, 1), (4, 1), (1, 1)].map(|(person, number)| pixels(person, number));
    let (width, height) = faces[0].dimensions();
    let mut row = RgbImage::from_pixel(5 * width, height, image::Rgb([200, 200, 200]));
    for (index, picture) in faces.iter().enumerate() {
        imageops::overlay(&mut row, picture, index as i64 * i64::from(width), 0);
    }
    save(&row.into(), ImageFormat::Jpeg)
}

/// A face far below the liveness models' size.
pub(crate) fn tiny_face() -> Vec<u8> {
    let small = imageops::resize(&pixels(1, 1), 40, 49, imageops::FilterType::Triangle);
    let mut wall = RgbImage::from_pixel(320, 320, image::Rgb([190, 190, 190]));
    imageops::overlay(&mut wall, &small, 140, 130);
    save(&wall.into(), ImageFormat::Png)
}

/// A face, then others: a GIF of three frames.
pub(crate) fn animated() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
    for person in 1..4 {
        let frame = DynamicImage::from(pixels(person, 1)).into_rgba8();
        let frame = imageops::resize(&frame, 300, 360, imageops::FilterType::Triangle);
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

/// A PNG of 16 bits a channel.
pub(crate) fn sixteen_bits() -> Vec<u8> {
    save(
        &DynamicImage::from(pixels(2, 1)).into_rgb16().into(),
        ImageFormat::Png,
    )
}

/// `side` x `side` black pixels, one bit each: a small file that would become gigabytes.
pub(crate) fn bomb(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    let row = vec![0; side.div_ceil(8) as usize];
    for _ in 0..side {
        std::io::Write::write_all(&mut stream, &row).unwrap();
    }
    stream.finish().unwrap();
    drop(writer);
    bytes
}

/// A real photograph of a live face of this machine's own, where there are some.
pub(crate) fn live_face() -> Option<String> {
    let Some(folder) = std::env::var_os("ROSTRO_FACES") else {
        eprintln!("SKIPPED: ROSTRO_FACES is not set");
        return None;
    };
    let folder = PathBuf::from(folder).join("liveness");
    let labels = std::fs::read_to_string(folder.join("labels.csv")).unwrap();
    let name = labels
        .lines()
        .find(|line| line.contains(",live"))
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    Some(encode(&std::fs::read(folder.join(name)).unwrap()))
}

#![allow(clippy::print_stdout, reason = "a program whose purpose is to print")]
//! Prints the faces of a picture.
//!
//! ```text
//! ORT_DYLIB_PATH=.../libonnxruntime.so cargo run --release -p inference --example faces -- <pack folder> <picture>
//! ```

use std::path::Path;

use inference::{Effort, Engine, EngineConfig, ImageBytes, ImageLimits};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(pack), Some(picture)) = (arguments.next(), arguments.next()) else {
        return Err("usage: faces <pack folder> <picture>".into());
    };
    let pack = packs::InstalledPack::open(Path::new(&pack))?;
    let engine = Engine::start(
        &pack,
        &EngineConfig {
            workers: 1,
            ..EngineConfig::default()
        },
    )?;
    let bytes = ImageBytes::new(std::fs::read(picture)?, &ImageLimits::default())?;
    let lines = engine
        .run(move |pipeline| {
            let image = pipeline.decode(&bytes)?;
            let faces = pipeline.faces(&image)?;
            let templates = pipeline.embed(&image, &faces, Effort::Fast)?;
            let mut lines = vec![format!("{} x {} pixels, {} faces", image.width(), image.height(), faces.len())];
            for (face, template) in faces.iter().zip(&templates) {
                let quality = pipeline.quality(&image, face)?;
                let likest = pipeline.similarity(template, &templates[0]).rounded();
                lines.push(format!(
                    "x {:.0}..{:.0}, y {:.0}..{:.0}: detection {:.2}, quality {:.2}, yaw {:+.0}, pupils {:.0} px apart, like the first {likest:.2}",
                    face.bbox.left, face.bbox.right, face.bbox.top, face.bbox.bottom, face.score, quality.overall, quality.yaw, quality.pupil_distance,
                ));
            }
            Ok::<_, inference::FaceError>(lines)
        })
        .await??;
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

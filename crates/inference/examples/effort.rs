#![allow(clippy::print_stdout, reason = "a program whose purpose is to print")]
//! What the mirror image, the detector's closer look and templates of several pictures bring, on a folder laid out as LFW (`cargo xtask
//! hard-set` makes one), or on a CSV of pictures (`file,person`), whose paths begin at its folder.
//!
//! ```text
//! ORT_DYLIB_PATH=.../libonnxruntime.so cargo run --release -p inference --example effort -- <pack folder> <folder or CSV> [<hard.csv>]
//! ```
//!
//! Every pair of pictures is compared; the thresholds are those at which the folder's own impostor pairs match at the given rates.

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use inference::{Effort, Embedding, Engine, EngineConfig, FaceRules, ImageBytes, ImageLimits};

/// False match rates at which genuine pairs are counted.
const RATES: [f64; 3] = [1e-3, 1e-4, 1e-5];
/// Pictures of a person that make one template.
const TOGETHER: usize = 3;

/// One picture.
struct Shot {
    person: usize,
    file: String,
    /// One look for the face, and one at it.
    fast: Embedding,
    /// One look for the face, and the mean over it and its mirror image.
    mirrored: Embedding,
    /// ACCURATE's look for the face, and one at it.
    closer: Embedding,
    quality: f32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [pack, set, more @ ..] = arguments.as_slice() else {
        return Err("usage: effort <pack folder> <LFW folder or CSV> [<hard.csv>]".into());
    };
    let engine = Engine::start(&packs::InstalledPack::open(pack)?, &EngineConfig::default())?;
    let pictures = if set.is_dir() {
        of_folder(&set.join("images"))?
    } else {
        of_list(set)?
    };
    let (shots, refused) = shots(&engine, pictures).await?;
    println!("{} pictures, {refused} refused", shots.len());
    let shots = Arc::new(shots);
    let thresholds = report("FAST", &shots, |shot| &shot.fast);
    report("with the mirror image", &shots, |shot| &shot.mirrored);
    report("with the closer look", &shots, |shot| &shot.closer);
    if let [list] = more {
        by_kind(&shots, &std::fs::read_to_string(list)?, &thresholds);
    }
    together(&shots, &thresholds);
    Ok(())
}

/// A picture to look at: number of the person, path, name in the lists.
type Picture = (usize, PathBuf, String);

/// The pictures of a folder with one folder a person, in the order of the names.
fn of_folder(images: &Path) -> Result<Vec<Picture>, Box<dyn Error>> {
    let mut people: Vec<_> = images.read_dir()?.collect::<Result<_, _>>()?;
    people.sort_by_key(std::fs::DirEntry::file_name);
    let mut pictures = Vec::new();
    for (person, folder) in people.iter().enumerate() {
        let mut files: Vec<_> = folder.path().read_dir()?.collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            let (person_name, name) = (folder.file_name(), file.file_name());
            let name = format!(
                "{}/{}",
                person_name.to_string_lossy(),
                name.to_string_lossy()
            );
            pictures.push((person, file.path(), name));
        }
    }
    Ok(pictures)
}

/// The pictures of a CSV with a heading, `file,person`.
fn of_list(list: &Path) -> Result<Vec<Picture>, Box<dyn Error>> {
    let text = std::fs::read_to_string(list)?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let mut rows: Vec<_> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .collect();
    rows.sort_by_key(|(_, person)| *person);
    let mut numbers = BTreeMap::new();
    let pictures = rows.into_iter().map(|(file, person)| {
        let next = numbers.len();
        let number = *numbers.entry(person).or_insert(next);
        (number, folder.join(file), file.to_owned())
    });
    Ok(pictures.collect())
}

/// The main face of every picture, and how many have none.
async fn shots(
    engine: &Engine,
    pictures: Vec<Picture>,
) -> Result<(Vec<Shot>, usize), Box<dyn Error>> {
    let gate = Arc::new(tokio::sync::Semaphore::new(engine.info().queue));
    let mut jobs = Vec::new();
    for (person, path, name) in pictures {
        let permit = Arc::clone(&gate).acquire_owned().await?;
        let bytes = ImageBytes::new(std::fs::read(path)?, &ImageLimits::default())?;
        let engine = engine.clone();
        jobs.push(tokio::spawn(async move {
            let work = move |pipeline: &mut inference::Pipeline| {
                let rules = FaceRules::default();
                let image = pipeline.decode(&bytes)?;
                let face = pipeline.main_face(&image, Effort::Fast, &rules)?;
                let near = pipeline.main_face(&image, Effort::Accurate, &rules)?;
                let quality = pipeline.quality(&image, &face)?.overall;
                let (faces, near) = (std::slice::from_ref(&face), std::slice::from_ref(&near));
                let fast = pipeline.embed(&image, faces, Effort::Fast)?;
                let mirrored = pipeline.embed(&image, faces, Effort::Accurate)?;
                let closer = if near == faces {
                    fast.clone()
                } else {
                    pipeline.embed(&image, near, Effort::Fast)?
                };
                Ok::<_, inference::FaceError>((fast, mirrored, closer, quality))
            };
            let done = engine.run(work).await;
            drop(permit);
            (person, name, done)
        }));
    }
    let (mut shots, mut refused) = (Vec::new(), 0);
    for job in jobs {
        let (person, file, done) = job.await?;
        match done? {
            Ok((mut fast, mut mirrored, mut closer, quality)) => {
                let made = (fast.pop(), mirrored.pop(), closer.pop());
                if let (Some(fast), Some(mirrored), Some(closer)) = made {
                    shots.push(Shot {
                        person,
                        file,
                        fast,
                        mirrored,
                        closer,
                        quality,
                    });
                }
            }
            Err(_) => refused += 1,
        }
    }
    Ok((shots, refused))
}

/// Prints how many genuine pairs match at each rate; returns the thresholds.
fn report(name: &str, shots: &Arc<Vec<Shot>>, template: fn(&Shot) -> &Embedding) -> Vec<f32> {
    let (mut genuine, mut impostors) = pairs(shots, template);
    impostors.sort_by(|a, b| b.total_cmp(a));
    genuine.sort_by(|a, b| b.total_cmp(a));
    let total = shots.len() * (shots.len() - 1) / 2 - genuine.len();
    let thresholds: Vec<f32> = RATES
        .iter()
        .map(|rate| {
            let allowed = (rate * total as f64) as usize;
            impostors.get(allowed).copied().unwrap_or(1.0)
        })
        .collect();
    for (rate, threshold) in RATES.iter().zip(&thresholds) {
        let found = genuine.partition_point(|cosine| cosine > threshold);
        println!(
            "{name}: {:.2} % of {} genuine pairs match at FMR {rate:e} (cosine {threshold:.4}, {total} impostor pairs)",
            100.0 * found as f64 / genuine.len() as f64,
            genuine.len()
        );
    }
    thresholds
}

/// Cosines of all genuine pairs, and of the impostor pairs that matter for the rates.
fn pairs(shots: &Arc<Vec<Shot>>, template: fn(&Shot) -> &Embedding) -> (Vec<f32>, Vec<f32>) {
    /// Below this, impostors are of no rate that is asked for.
    const FLOOR: f32 = 0.15;
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads: Vec<_> = (0..workers)
        .map(|worker| {
            let shots = Arc::clone(shots);
            thread::spawn(move || {
                let (mut genuine, mut impostors) = (Vec::new(), Vec::new());
                for a in (worker..shots.len()).step_by(workers) {
                    for b in a + 1..shots.len() {
                        let (a, b) = (&shots[a], &shots[b]);
                        let cosine = cosine(template(a), template(b));
                        if a.person == b.person {
                            genuine.push(cosine);
                        } else if cosine > FLOOR {
                            impostors.push(cosine);
                        }
                    }
                }
                (genuine, impostors)
            })
        })
        .collect();
    let (mut genuine, mut impostors) = (Vec::new(), Vec::new());
    for thread in threads {
        if let Ok((these, those)) = thread.join() {
            genuine.extend(these);
            impostors.extend(those);
        }
    }
    (genuine, impostors)
}

/// Both have unit length. Sixteen sums side by side, which the compiler turns into vector instructions.
fn cosine(a: &Embedding, b: &Embedding) -> f32 {
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.as_slice().chunks(16).zip(b.as_slice().chunks(16)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Of the genuine pairs of which a picture has this damage, how many match, in FAST and with the mirror image.
fn by_kind(shots: &[Shot], list: &str, thresholds: &[f32]) {
    let kinds: BTreeMap<&str, &str> = list
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some((fields.next()?, fields.next()?))
        })
        .collect();
    let Some(threshold) = thresholds.get(1) else {
        return;
    };
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (at, a) in shots.iter().enumerate() {
        for b in shots[at + 1..].iter().take_while(|b| b.person == a.person) {
            for shot in [a, b] {
                let Some(kind) = kinds.get(shot.file.as_str()) else {
                    continue;
                };
                let count = counts.entry(kind).or_default();
                count[0] += 1;
                count[1] += usize::from(cosine(&a.fast, &b.fast) > *threshold);
                count[2] += usize::from(cosine(&a.mirrored, &b.mirrored) > *threshold);
            }
        }
    }
    for (kind, [all, fast, mirrored]) in counts {
        let share = |count: usize| 100.0 * count as f64 / all as f64;
        println!(
            "{kind}: of {all} genuine pairs {:.2} % match at cosine {threshold:.4}, with the mirror image {:.2} %",
            share(fast),
            share(mirrored)
        );
    }
}

/// A template of several pictures of a person against each other picture of the person: alike, and weighted by quality.
fn together(shots: &[Shot], thresholds: &[f32]) {
    let mut ways: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    let mut start = 0;
    while start < shots.len() {
        let person = shots[start].person;
        let own = shots[start..]
            .iter()
            .take_while(|shot| shot.person == person);
        let own: Vec<&Shot> = own.collect();
        start += own.len();
        let Some((first, rest)) = own.split_at_checked(TOGETHER) else {
            continue;
        };
        let templates: Vec<_> = first.iter().map(|shot| shot.fast.clone()).collect();
        let weights: Vec<_> = first.iter().map(|shot| shot.quality.max(0.05)).collect();
        let best = first.iter().max_by(|a, b| a.quality.total_cmp(&b.quality));
        let made = [
            ("one picture", Some(first[0].fast.clone())),
            ("the best picture", best.map(|shot| shot.fast.clone())),
            (
                "mean of three",
                Embedding::weighted_mean(&templates, &[1.0; TOGETHER]),
            ),
            (
                "mean of three by quality",
                Embedding::weighted_mean(&templates, &weights),
            ),
        ];
        for (way, template) in made {
            if let Some(template) = template {
                let cosines = rest.iter().map(|shot| cosine(&template, &shot.fast));
                ways.entry(way).or_default().extend(cosines);
            }
        }
    }
    for (way, cosines) in ways {
        let shares: Vec<String> = thresholds
            .iter()
            .map(|threshold| {
                let found = cosines.iter().filter(|cosine| *cosine > threshold);
                format!(
                    "{:.2} %",
                    100.0 * found.count() as f64 / cosines.len() as f64
                )
            })
            .collect();
        println!(
            "{way}: of {} comparisons with another picture {} match",
            cosines.len(),
            shares.join(", ")
        );
    }
}

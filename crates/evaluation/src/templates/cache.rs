//! What became of each picture, on disk: an evaluation that was killed goes on, and one that is repeated is quick.
//!
//! One file per way of making templates. A record: SHA-256 of the picture, kind, length of the rest, the rest, and eight
//! bytes of the SHA-256 of all that, so that a record cut off by a kill is seen and dropped. Templates are personal data: the file
//! is the owner's alone.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use inference::{Embedding, Engine, FaceRules};
use packs::Manifest;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Looking, Outcome, Refusal};
use crate::EvalError;

/// Raise it when the way from a picture to its template changes in the code, so that older caches are not used.
const PIPELINE: u32 = 1;
/// First bytes of the file.
const MAGIC: &[u8; 16] = b"rostro-eval-001\n";
/// A longer rest is no record.
const MAX_REST: u32 = 1 << 20;

/// SHA-256 of a picture's file.
pub(super) type Digest = [u8; 32];

/// The cache of one way of making templates.
pub struct Cache {
    file: BufWriter<File>,
    path: PathBuf,
    known: HashMap<Digest, Outcome>,
}

impl Cache {
    /// Opens, or begins, the cache in `folder` for what `engine`, with the pack of `manifest`, makes of pictures under `looking`.
    ///
    /// # Errors
    /// [`EvalError::Read`], [`EvalError::Write`].
    pub fn open(
        folder: &Path,
        engine: &Engine,
        manifest: &Manifest,
        looking: &Looking,
    ) -> Result<Self, EvalError> {
        std::fs::create_dir_all(folder).map_err(EvalError::write(folder))?;
        let name = format!(
            "{}-{}.templates",
            manifest.name,
            &identity(engine, manifest, looking)[..16]
        );
        Self::open_file(folder.join(name))
    }

    fn open_file(path: PathBuf) -> Result<Self, EvalError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(EvalError::write(&path))?;
        let (known, good) = records(&file).map_err(EvalError::read(&path))?;
        let prepare = |file: &mut File| {
            file.set_len(good)?;
            file.seek(SeekFrom::End(0))?;
            if good == 0 {
                file.write_all(MAGIC)
            } else {
                Ok(())
            }
        };
        prepare(&mut file).map_err(EvalError::write(&path))?;
        Ok(Self {
            file: BufWriter::new(file),
            path,
            known,
        })
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Outcome> {
        self.known.get(digest).cloned()
    }

    /// Keeps what became of a picture; what the engine failed on is not kept. The last record may still be on its way to the disk.
    pub(super) fn put(&mut self, digest: Digest, outcome: &Outcome) -> Result<(), EvalError> {
        let Some((kind, rest)) = encode(outcome) else {
            return Ok(());
        };
        let mut record = digest.to_vec();
        record.push(kind);
        record.extend((rest.len() as u32).to_le_bytes());
        record.extend(rest);
        let check = Sha256::digest(&record);
        record.extend(check.iter().take(8));
        self.file
            .write_all(&record)
            .map_err(EvalError::write(&self.path))?;
        self.known.insert(digest, outcome.clone());
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<(), EvalError> {
        self.file.flush().map_err(EvalError::write(&self.path))
    }
}

/// A name for everything that decides what template a picture gets.
fn identity(engine: &Engine, manifest: &Manifest, looking: &Looking) -> String {
    let info = engine.info();
    let models: Vec<_> = info
        .models
        .iter()
        .map(|model| (model.role, &model.sha256, model.provider))
        .collect();
    let embedder = &manifest.embedder;
    let FaceRules {
        comparable,
        central_among,
    } = looking.rules;
    let said = json!({
        "pipeline": PIPELINE,
        "models": models,
        "detector": manifest.detector,
        "confirm": manifest.confirm,
        "landmarks": manifest.landmarks,
        "embedder": [json!(embedder.tensor), json!(embedder.template), json!(embedder.mirror)],
        "effort": format!("{:?}", looking.effort),
        "rules": [json!(comparable), json!(central_among)],
        "limits": [json!(looking.limits.max_bytes), json!(looking.limits.max_pixels)],
    });
    let digest = Sha256::digest(said.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The records of a file and where the last whole one ends. A file that does not begin as ours counts as empty.
fn records(file: &File) -> std::io::Result<(HashMap<Digest, Outcome>, u64)> {
    let mut reader = BufReader::new(file);
    let mut known = HashMap::new();
    let mut magic = [0; MAGIC.len()];
    if !filled(&mut reader, &mut magic)? || magic != *MAGIC {
        return Ok((known, 0));
    }
    let mut good = MAGIC.len() as u64;
    let mut head = [0; 37];
    while filled(&mut reader, &mut head)? {
        let (digest, tail) = head.split_at(32);
        let &[kind, a, b, c, d] = tail else { break };
        let length = u32::from_le_bytes([a, b, c, d]);
        let mut rest = vec![0; length.min(MAX_REST) as usize];
        let mut check = [0; 8];
        if length > MAX_REST
            || !filled(&mut reader, &mut rest)?
            || !filled(&mut reader, &mut check)?
        {
            break;
        }
        let found = Sha256::new()
            .chain_update(head)
            .chain_update(&rest)
            .finalize();
        let (Ok(digest), Some(outcome)) = (Digest::try_from(digest), decode(kind, &rest)) else {
            break;
        };
        if found.get(..8) != Some(&check) {
            break;
        }
        known.insert(digest, outcome);
        good += (head.len() + rest.len() + check.len()) as u64;
    }
    Ok((known, good))
}

/// Whether there was enough to fill `buffer`.
fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn encode(outcome: &Outcome) -> Option<(u8, Vec<u8>)> {
    match outcome {
        Outcome::Template(template) => Some((
            0,
            template
                .as_slice()
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        )),
        Outcome::Refused(Refusal::NoFace) => Some((1, Vec::new())),
        Outcome::Refused(Refusal::SeveralFaces(faces)) => {
            Some((2, (*faces as u32).to_le_bytes().to_vec()))
        }
        Outcome::Refused(Refusal::Unreadable(reason)) => Some((3, reason.as_bytes().to_vec())),
        Outcome::Refused(Refusal::Failed(_) | Refusal::CopyOf(_)) => None,
    }
}

fn decode(kind: u8, rest: &[u8]) -> Option<Outcome> {
    let refused = |refusal| Some(Outcome::Refused(refusal));
    match kind {
        0 => {
            let values: Vec<f32> = rest
                .chunks_exact(4)
                .filter_map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)))
                .collect();
            Some(Outcome::Template(Embedding::normalised(&values)?))
        }
        1 => refused(Refusal::NoFace),
        2 => refused(Refusal::SeveralFaces(
            u32::from_le_bytes(rest.try_into().ok()?) as usize,
        )),
        3 => refused(Refusal::Unreadable(String::from_utf8(rest.to_vec()).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcomes() -> Vec<Outcome> {
        vec![
            Outcome::Template(Embedding::normalised(&[0.6, 0.8, -0.1]).unwrap()),
            Outcome::Refused(Refusal::NoFace),
            Outcome::Refused(Refusal::SeveralFaces(3)),
            Outcome::Refused(Refusal::Unreadable("the picture is cut off".to_owned())),
        ]
    }

    fn filled_cache(path: &Path) {
        let mut cache = Cache::open_file(path.to_owned()).unwrap();
        for (number, outcome) in outcomes().iter().enumerate() {
            cache.put([number as u8; 32], outcome).unwrap();
        }
        cache
            .put(
                [9; 32],
                &Outcome::Refused(Refusal::Failed("oom".to_owned())),
            )
            .unwrap();
        cache.flush().unwrap();
    }

    #[test]
    fn what_was_kept_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.templates");
        filled_cache(&path);
        let cache = Cache::open_file(path).unwrap();
        for (number, outcome) in outcomes().into_iter().enumerate() {
            assert_eq!(cache.get(&[number as u8; 32]), Some(outcome));
        }
        assert_eq!(
            cache.get(&[9; 32]),
            None,
            "what the engine failed on is tried again"
        );
    }

    #[test]
    fn a_file_of_something_else_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.templates");
        std::fs::write(&path, "something that is no cache at all, and long").unwrap();
        filled_cache(&path);
        assert_eq!(Cache::open_file(path).unwrap().known.len(), 4);
    }

    proptest! {
        #[test]
        fn a_damaged_end_loses_the_damaged_records_alone(cut in 0_usize..400, flip in 0_usize..400) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.templates");
            filled_cache(&path);
            let mut bytes = std::fs::read(&path).unwrap();
            let whole = bytes.len();
            bytes.truncate(cut.min(whole));
            if let Some(byte) = bytes.get_mut(flip) {
                *byte ^= 0x40;
            }
            std::fs::write(&path, &bytes).unwrap();
            let known: Vec<_> = outcomes();
            let mut cache = Cache::open_file(path.clone()).unwrap();
            for (digest, outcome) in &cache.known {
                prop_assert_eq!(known.get(digest[0] as usize), Some(outcome));
            }
            // It can be written to again.
            cache.put([7; 32], &known[1]).unwrap();
            cache.flush().unwrap();
            prop_assert_eq!(Cache::open_file(path).unwrap().get(&[7; 32]), Some(known[1].clone()));
        }
    }
}

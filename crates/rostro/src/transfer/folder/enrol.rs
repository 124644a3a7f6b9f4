//! One person: what is there already, what is missing, and the faces for that.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context as _, Result};
use inference::{DecodeError, Effort, FaceError, ImageBytes, Pipeline};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{
    ClientId, Collection, FaceId, Membership, ModelId, NewFace, Person, PersonId, PersonRecord,
    PersonUpdate, Record, StoreError,
};
use time::OffsetDateTime;

use super::{Job, RefusedPicture, SourcePerson, report::Fate};
use service::{hex::hex, new_face};

/// Where a person's metadata keeps the SHA-256 of every file that was enrolled.
const FILES: &str = "importedFiles";

type Outcome = (Fate, Vec<RefusedPicture>);

/// A file that gave a face.
struct Enrolled {
    sha256: String,
    face: NewFace,
}

/// Enrols a person, or adds the faces that are missing.
pub(super) async fn person(job: &Job, person: SourcePerson) -> Result<Outcome> {
    let id = id(job.client, job.collection.as_ref(), &person);
    let there = job.store.person(job.client, id).await?;
    let known = there.as_ref().map(files).unwrap_or_default();
    let mut refused = Refusals(&person.name, Vec::new());
    let room = job.pictures.saturating_sub(known.len());
    let new = faces(job, &person, &known, room, &mut refused).await?;
    let fate = match there {
        None if new.is_empty() => {
            refused.add(None, "no picture can be used");
            Fate::Refused
        }
        None => create(job, id, &person, new, &mut refused).await?,
        Some(_) if new.is_empty() => Fate::Existed,
        Some(there) => extend(job, there, new).await?,
    };
    Ok((fate, refused.1))
}

/// The same for the same person, in every run.
fn id(client: ClientId, collection: Option<&Collection>, person: &SourcePerson) -> PersonId {
    let mut hash = Sha256::new();
    hash.update(b"rostro import, version 1\0");
    hash.update(client.bytes());
    hash.update(collection.map_or([0; 12], |collection| *collection.id.bytes()));
    let born = person.date_of_birth.map(|date| date.to_string());
    hash.update(born.unwrap_or_default().as_bytes());
    hash.update(b"\0");
    hash.update(person.name.to_lowercase().as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 12];
    bytes.copy_from_slice(&digest[..12]);
    bytes.into()
}

/// The files that a person was enrolled with.
fn files(person: &Person) -> BTreeSet<String> {
    let list = person.metadata.get(FILES).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// What was refused of the person of this name.
struct Refusals<'a>(&'a str, Vec<RefusedPicture>);

impl Refusals<'_> {
    fn add(&mut self, picture: Option<&Path>, reason: impl Into<String>) {
        self.1.push(RefusedPicture {
            person: self.0.to_owned(),
            picture: picture.map(|path| path.display().to_string()),
            reason: reason.into(),
        });
    }
}

/// The faces of at most `room` files that are not `known`, one after the other: a refused one is made up for by the next.
async fn faces(
    job: &Job,
    person: &SourcePerson,
    known: &BTreeSet<String>,
    room: usize,
    refused: &mut Refusals<'_>,
) -> Result<Vec<Enrolled>> {
    let model: ModelId = job
        .engine
        .info()
        .embedder
        .parse()
        .context("the embedding model has no identity")?;
    let (mut faces, mut seen) = (Vec::<Enrolled>::new(), known.clone());
    for path in &person.pictures {
        let bytes = match tokio::fs::read(path).await {
            Ok(bytes) => bytes,
            Err(error) => {
                refused.add(Some(path), format!("it cannot be read: {error}"));
                continue;
            }
        };
        let sha256 = hex(&Sha256::digest(&bytes));
        if !seen.insert(sha256.clone()) {
            continue;
        }
        if faces.len() >= room {
            refused.add(
                Some(path),
                format!("left out: the person has {} pictures", job.pictures),
            );
            continue;
        }
        let (limits, rules, keep) = (job.limits, job.rules, job.keep_crop);
        let make = move |pipeline: &mut Pipeline| {
            let bytes = ImageBytes::new(bytes, &limits)?;
            face(pipeline, &bytes, &rules, model, keep)
        };
        match job.engine.run(make).await? {
            Ok(face) => faces.push(Enrolled { sha256, face }),
            Err(error) => refused.add(Some(path), reason(&error)),
        }
    }
    Ok(faces)
}

/// A face to store, made as enrolment over HTTP makes it.
fn face(
    pipeline: &mut Pipeline,
    bytes: &ImageBytes,
    rules: &inference::FaceRules,
    model: ModelId,
    keep_crop: bool,
) -> Result<NewFace, FaceError> {
    let image = pipeline.decode(bytes)?;
    let face = pipeline.main_face(&image, Effort::Accurate, rules)?;
    let quality = pipeline.quality(&image, &face)?;
    new_face(pipeline, &image, &face, &quality, model, keep_crop).map(|(face, _)| face)
}

/// Why a picture cannot be used, for people.
fn reason(error: &FaceError) -> String {
    match error {
        FaceError::NoFace => "no face was found".to_owned(),
        FaceError::MultipleFaces(_) => "there are several faces".to_owned(),
        FaceError::Decode(DecodeError::UnknownFormat) => "it is not a picture".to_owned(),
        other => other.to_string(),
    }
}

async fn create(
    job: &Job,
    id: PersonId,
    person: &SourcePerson,
    faces: Vec<Enrolled>,
    refused: &mut Refusals<'_>,
) -> Result<Fate> {
    // Whole milliseconds, as the store keeps them.
    let now = OffsetDateTime::now_utc();
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    let files: Vec<&str> = faces.iter().map(|file| file.sha256.as_str()).collect();
    let membership = |collection: &Collection| Membership {
        id: collection.id,
        code: collection.code,
        name: collection.name.clone(),
        added_at: now,
    };
    let row = Person {
        id,
        client: job.client,
        external_id: None,
        name: person.name.clone(),
        gender: None,
        date_of_birth: person.date_of_birth,
        nationality: None,
        notes: None,
        emails: Vec::new(),
        phones: Vec::new(),
        metadata: [(FILES.to_owned(), json!(files))].into_iter().collect(),
        liveness_score: None,
        collections: job.collection.iter().map(membership).collect(),
        faces: Vec::new(),
        version: 0,
        created_at: now,
        updated_at: now,
    };
    let faces = faces.into_iter().map(|file| (FaceId::random(), file.face));
    let record = PersonRecord {
        person: row,
        namesakes: false,
        faces: faces.collect(),
    };
    match job
        .store
        .import_record(job.client, Record::Person(Box::new(record)))
        .await
    {
        Ok(committed) => Ok(match committed.value {
            store::Imported::Created => Fate::Enrolled,
            // Another import was faster.
            store::Imported::Existed => Fate::Existed,
        }),
        Err(StoreError::PersonAlreadySet(other)) => {
            refused.add(
                None,
                format!(
                    "the collection has a person of this name and date of birth: {}",
                    other.id
                ),
            );
            Ok(Fate::Refused)
        }
        Err(error) => Err(error).context("the database failed; run the import again to go on"),
    }
}

/// Adds faces to a person of an earlier import.
async fn extend(job: &Job, person: Person, faces: Vec<Enrolled>) -> Result<Fate> {
    let mut known = files(&person);
    let (mut metadata, mut missing) = (person.metadata, Vec::new());
    for file in faces {
        known.insert(file.sha256);
        // An import that was killed between the two writes below has added this face already.
        if !person
            .faces
            .iter()
            .any(|face| face.thumbnail == file.face.thumbnail)
        {
            missing.push(file.face);
        }
    }
    let fate = if missing.is_empty() {
        Fate::Existed
    } else {
        Fate::Extended
    };
    if !missing.is_empty() {
        job.store.add_faces(job.client, person.id, missing).await?;
    }
    metadata.insert(FILES.to_owned(), json!(known));
    let update = PersonUpdate {
        metadata: Some(metadata),
        ..PersonUpdate::default()
    };
    job.store
        .update_person(job.client, person.id, update)
        .await?;
    Ok(fate)
}

//! Enrolling under an id that the caller chose: whoever has it is updated.

use std::sync::Arc;

use gallery::Gallery;
use inference::{Effort, Embedding, Finding, Pipeline, Score};
use serde_json::{Map, Value};
use store::{
    ClientId, Collection, CollectionRef, ModelId, NewFace, NewPerson, Person, PersonUpdate,
    StoreError,
};

use super::{Keep, collection_for, person_of_key};
use crate::{
    App, Call, Cutoff, Enrolled, LivenessGate, LivenessVerdict, Part, PictureSource, SearchTerms,
    ServiceError,
    compare::Seen,
    enrol::{Doctor, new_face},
    liveness,
    look_alikes::{self, LookAlikes, Near},
    pictures::{self, Resolved},
    search::{Searched, Searcher, only},
    verify::enrolled,
    warnings,
    writes::visible,
};

/// Two pictures of one person reach this score also when years lie between them (opencv-fr-api 2.2).
const SAME_PERSON: f64 = 0.75;

/// Who else may have the face: the person itself and one more.
const SUSPECTS: usize = 2;

/// A person to enrol, or to update.
pub struct Enrolment {
    /// The id that the caller chose.
    pub key: String,
    /// Any text.
    pub name: String,
    /// The caller's own data: texts.
    pub metadata: Map<String, Value>,
    /// A picture; its largest face counts.
    pub picture: PictureSource,
    /// What is kept of the picture.
    pub keep: Keep,
    /// Whether somebody else in the collection may have the face.
    pub duplicates: Duplicates,
    /// What is asked of the picture; `None`: nothing.
    pub gate: Option<LivenessGate>,
}

/// Whether several persons of a collection may have one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Duplicates {
    /// They may.
    Allowed,
    /// Whoever scores this or more has the same face, 0 to 1.
    RefusedFrom(f64),
}

/// Enrols a person in the collection `collection`, or updates the one who has the key, and puts it there.
///
/// # Errors
/// [`ServiceError`]: the picture, the collection, no face, `LivenessFailed` and `LivenessQuality` of the gate,
/// [`ServiceError::KnownFace`], in this order; `ExternalIdTaken` when the key is that of somebody with another face, who is not in
/// this collection; the engine, the database.
pub async fn put_person(
    app: &App,
    call: &Call,
    client: ClientId,
    collection: &str,
    new: Enrolment,
) -> Result<Enrolled, ServiceError> {
    let picture = pictures::one(app, new.picture.clone(), Part::Image).await?;
    let collection = collection_for(app, client, collection, &picture).await?;
    let there = person_if_any(app, client, &new.key).await?;
    let near = LookAlikes::of(app, client, &[collection.id]);
    let studio = Studio::new(app, client, &collection, &new, there.as_ref(), near).await?;
    let mut taken = Arc::new(studio).work(app, picture).await?;
    warnings::tell(&taken.findings);
    taken.check(app, call, there.as_ref()).await?;
    let (near, own) = (std::mem::take(&mut taken.look_alikes), there.as_ref());
    let look_alikes = look_alikes::told(app, client, near, own.map(|one| one.id)).await?;
    let person = store(app, client, &collection, &new, taken, there).await?;
    Ok(Enrolled {
        person,
        look_alikes,
    })
}

/// The person of this key, if there is one.
pub(super) async fn person_if_any(
    app: &App,
    client: ClientId,
    key: &str,
) -> Result<Option<Person>, ServiceError> {
    match person_of_key(app, client, key).await {
        Ok(person) => Ok(Some(person)),
        Err(ServiceError::Store(StoreError::PersonNotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All that is needed to take a face, before any pixel is looked at.
pub(super) struct Studio {
    model: ModelId,
    limits: inference::ImageLimits,
    keep: Keep,
    keep_crop: bool,
    doctor: Doctor,
    gate: Option<LivenessGate>,
    /// Where others with the face are looked for.
    searcher: Option<Searcher>,
    /// Where look-alikes are.
    look_alikes: LookAlikes,
    /// Templates of the one who has the key, where it has to be found out whether that is the same person.
    known: Option<Vec<Embedding>>,
}

/// What came of a picture.
pub(super) struct Taken {
    face: NewFace,
    findings: Vec<Finding>,
    verdict: Option<LivenessVerdict>,
    /// Others with the face, where they are looked for.
    suspects: Option<Searched>,
    look_alikes: Near,
    /// How like the one who has the key; `None` where that was not asked.
    likeness: Option<Score>,
}

impl Studio {
    pub(super) async fn new(
        app: &App,
        client: ClientId,
        collection: &Collection,
        new: &Enrolment,
        there: Option<&Person>,
        look_alikes: LookAlikes,
    ) -> Result<Self, ServiceError> {
        let searcher = match new.duplicates {
            Duplicates::Allowed => None,
            Duplicates::RefusedFrom(min_score) => {
                let terms = SearchTerms {
                    client,
                    collection: Some(collection.id.into()),
                    cutoff: Cutoff::score(min_score),
                    limit: SUSPECTS,
                    effort: Effort::Accurate,
                };
                Some(Searcher::new(app, &terms).await?)
            }
        };
        // Within a collection the caller's id decides. Somebody of another collection is not to be overwritten by a namesake in
        // ids: both may have counted their people from 1.
        let known = match there.filter(|person| !is_in(person, collection)) {
            Some(person) => Some(enrolled(app, person).await?),
            None => None,
        };
        Ok(Self {
            model: app.gallery.model(),
            limits: app.config.images.limits(),
            keep: new.keep,
            keep_crop: app.config.faces.keep_crop && new.keep != Keep::Nothing,
            doctor: Doctor::new(app),
            gate: new.gate.clone(),
            searcher,
            look_alikes,
            known,
        })
    }

    /// Takes the face of a picture, and looks who has one like it. One job of the engine.
    pub(super) async fn work(
        self: Arc<Self>,
        app: &App,
        picture: Resolved,
    ) -> Result<Taken, ServiceError> {
        let at_work = Arc::clone(&self);
        let job = move |pipeline: &mut Pipeline| at_work.take(pipeline, picture);
        let find = move |gallery: Arc<Gallery>, (mut taken, template): (Taken, Embedding)| async move {
            taken.look_alikes = self
                .look_alikes
                .find(&gallery, std::slice::from_ref(&template))
                .await;
            if let Some(searcher) = &self.searcher {
                taken.suspects = Some(searcher.find(&gallery, vec![template]).await?);
            }
            Ok(taken)
        };
        app.infer_then(job, find).await
    }

    /// The face of a picture, of which nothing was looked for yet, and its template.
    fn take(
        &self,
        pipeline: &mut Pipeline,
        picture: Resolved,
    ) -> Result<(Taken, Embedding), ServiceError> {
        let of = ServiceError::of::<inference::FaceError>;
        let file = picture
            .load(&self.limits)
            .map_err(ServiceError::of(Part::Image))?;
        let image = liveness::decode_for(pipeline, &file, self.gate.is_some())
            .map_err(ServiceError::of(Part::Image))?;
        let seen = Seen::of(pipeline, &image).map_err(of(Part::Image))?;
        let verdict = self
            .gate
            .as_ref()
            .map(|gate| gate.pass(pipeline, &image, &seen.all))
            .transpose()?;
        let largest = &seen.largest;
        let quality = pipeline.quality(&image, largest).map_err(of(Part::Image))?;
        let findings = self
            .doctor
            .examine(&quality)
            .map_err(ServiceError::of(Part::Image))?;
        let (face, template) = new_face(
            pipeline,
            &image,
            largest,
            &quality,
            self.model,
            self.keep_crop,
        )
        .map_err(of(Part::Image))?;
        let likeness = self.known.as_ref().map(|known| {
            let scores = known.iter().map(|one| pipeline.similarity(&template, one));
            scores.fold(Score::ZERO, |best, one| if one > best { one } else { best })
        });
        let taken = Taken {
            face: self.keep.apply(face, file.as_slice()),
            findings,
            verdict,
            suspects: None,
            look_alikes: Near::default(),
            likeness,
        };
        Ok((taken, template))
    }
}

impl Taken {
    /// Whether the face may be stored, as that of `there` or of somebody new.
    pub(super) async fn check(
        &mut self,
        app: &App,
        call: &Call,
        there: Option<&Person>,
    ) -> Result<(), ServiceError> {
        if let Some(verdict) = &self.verdict {
            app.audit.record(call, liveness::KIND, verdict.clone());
        }
        if self
            .likeness
            .is_some_and(|score| score.rounded() < SAME_PERSON)
        {
            return Err(StoreError::ExternalIdTaken.into());
        }
        let own = there.map(|person| person.id);
        let suspects = self.suspects.take().map(|suspects| suspects.told().0);
        let suspects = suspects.map(only).unwrap_or_default();
        let mut others = suspects.iter().filter(|one| Some(one.person) != own);
        if let (Some(other), Some(client)) = (others.next(), call.client) {
            // Whoever was deleted meanwhile is no duplicate any more.
            if let Some(person) = app.store.person(client, other.person).await? {
                return Err(ServiceError::KnownFace(Box::new(person)));
            }
        }
        Ok(())
    }
}

fn is_in(person: &Person, collection: &Collection) -> bool {
    let mut all = person.collections.iter();
    all.any(|one| one.id == collection.id)
}

/// Stores the face as that of `there`, or of somebody new.
pub(super) async fn store(
    app: &App,
    client: ClientId,
    collection: &Collection,
    new: &Enrolment,
    taken: Taken,
    there: Option<Person>,
) -> Result<Person, ServiceError> {
    let Taken { face, verdict, .. } = taken;
    let liveness_score = verdict.map(|verdict| verdict.score.value());
    if let Some(person) = there {
        return update(app, collection, new, face, liveness_score, person).await;
    }
    let person = NewPerson {
        external_id: Some(new.key.clone()),
        name: new.name.clone(),
        metadata: new.metadata.clone(),
        liveness_score,
        collections: vec![collection.id.into()],
        faces: vec![face.clone()],
        namesakes: true,
        ..NewPerson::default()
    };
    let store = Arc::clone(&app.store);
    let write = async move { store.create_person(client, person).await };
    let created = visible(app, write).await;
    let Err(ServiceError::Store(StoreError::ExternalIdTaken)) = created else {
        return created.inspect(|person| app.audit.touched("enrol", [person.id]));
    };
    // Another request with the same key was faster: this one is the update, if it is of the same collection.
    match person_if_any(app, client, &new.key).await? {
        Some(person) if is_in(&person, collection) => {
            update(app, collection, new, face, liveness_score, person).await
        }
        _ => created,
    }
}

async fn update(
    app: &App,
    collection: &Collection,
    new: &Enrolment,
    face: NewFace,
    liveness_score: Option<f32>,
    person: Person,
) -> Result<Person, ServiceError> {
    // What is no text is not the caller's: `rostro import` keeps a list there.
    let mut metadata = person.metadata.clone();
    metadata.retain(|_, value| !value.is_string());
    metadata.extend(new.metadata.clone());
    let collections = (!is_in(&person, collection)).then(|| {
        let present = person
            .collections
            .iter()
            .map(|one| CollectionRef::Id(one.id));
        present.chain([collection.id.into()]).collect()
    });
    let update = PersonUpdate {
        name: Some(new.name.clone()),
        metadata: Some(metadata),
        liveness_score: Some(liveness_score),
        collections,
        faces: Some(vec![face]),
        ..PersonUpdate::default()
    };
    let (store, client, id) = (Arc::clone(&app.store), person.client, person.id);
    let write = async move { store.update_person(client, id, update).await };
    let person = visible(app, write).await?;
    app.audit.touched("update", [id]);
    Ok(person)
}

//! Searches in the memory of this node.

use std::{collections::HashMap, sync::Arc};

use index::VectorIndex;
use inference::{Embedding, Score};

use crate::{
    Aim, Answer, GalleryError, Match, Mode, Request, Scope, Shared,
    shelves::{face_of, person_of},
};

/// Answers from the indexes. Computes.
pub(crate) fn find(shared: &Shared, request: &Request) -> Result<Answer, GalleryError> {
    // Read first: what is searched is this or newer.
    let revision = shared.status.borrow().revision;
    let scope = request.collection.map(Scope::Collection);
    let faces = shared.shelves.faces(request.client, scope);
    let aim = Aim::new(&shared.scale, faces, request.min_score, request.max_fpir);
    let shelves = shared.shelves.of(request.client, scope);
    let probes = request.probes.iter();
    let matches = probes.map(|probe| likest(shared, &shelves, request, probe, &aim));
    Ok(Answer {
        matches: matches.collect::<Result<_, _>>()?,
        aim,
        revision,
    })
}

fn likest(
    shared: &Shared,
    shelves: &[Arc<dyn VectorIndex>],
    request: &Request,
    probe: &Embedding,
    aim: &Aim,
) -> Result<Vec<Match>, GalleryError> {
    let least = Score::new(request.least(aim) as f32);
    let search = index::Search {
        limit: request.limit,
        min_cosine: shared.scale.least_cosine(least),
        mode: match request.mode {
            Mode::Fast => index::Mode::Fast,
            Mode::Accurate => index::Mode::Exact,
        },
    };
    // A person of several collections is on several shelves, with the same faces.
    let mut best: HashMap<u128, index::Hit> = HashMap::new();
    for shelf in shelves {
        for hit in shelf
            .search(probe.as_slice(), search)
            .map_err(|_| GalleryError::WrongModel)?
        {
            let known = best.entry(hit.group).or_insert(hit);
            if hit.cosine > known.cosine {
                *known = hit;
            }
        }
    }
    let found = best.into_values().map(|hit| Match {
        person: person_of(hit.group),
        face: face_of(hit.key),
        score: shared.scale.score(hit.cosine),
    });
    Ok(request.cut(found.collect(), aim))
}

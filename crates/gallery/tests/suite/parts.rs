//! Galleries that hold a part of all scopes each.

use std::time::Duration;

use gallery::{Gallery, GalleryError, GalleryOptions, Held, Match, Scope};
use store::{ClientId, CollectionId, Revision};

use crate::harness::{Bench, face, on_both, options, person, query, template, who};

on_both! {
    parts_make_up_the_whole, what_is_not_held_is_refused, a_collection_that_ends_elsewhere_leaves_its_persons_here,
    parts_are_taken_over_and_given_back_while_persons_come_and_go,
}

async fn holding(bench: &Bench, hold: Held) -> Gallery {
    let gallery = bench.start(GalleryOptions { hold, ..options() });
    gallery.reached(Revision::ZERO).await.unwrap();
    gallery
}

/// Waits until exactly this is held.
async fn held(gallery: &Gallery, wanted: &Held) {
    let mut tries = 0..1000;
    while gallery.held() != *wanted {
        assert!(tries.next().is_some(), "never: {:?}", gallery.held());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What the galleries together find of a face among the whole account, each asked about what it holds, and the faces that were compared.
fn together(
    galleries: &[Gallery],
    client: ClientId,
    collections: &[CollectionId],
    face: u64,
) -> (Vec<Match>, usize) {
    let all = collections.iter().copied().map(Scope::Collection);
    let all: Vec<Scope> = all.chain([Scope::Loose(client)]).collect();
    let (mut found, mut faces) = (Vec::<Match>::new(), 0);
    for gallery in galleries {
        let held = gallery.held();
        let mine: Vec<Scope> = all
            .iter()
            .copied()
            .filter(|one| held.covers(*one))
            .collect();
        let asked = query(client, None, template(face), 0.9);
        let more = gallery.search_scopes(&asked, &mine).unwrap();
        let compared = gallery.faces_of(client, &mine).unwrap();
        for one in more {
            if found.iter().all(|known| known.person != one.person) {
                found.push(one);
            }
        }
        faces += compared;
    }
    found.sort_by_key(|one| one.person);
    (found, faces)
}

async fn parts_make_up_the_whole(bench: Bench) {
    let client = bench.account("a").await;
    let whole = bench.gallery().await;
    let mut parts = Vec::new();
    for number in 1..=3 {
        parts.push(holding(&bench, Held::range(number, 3)).await);
    }
    let mut collections = Vec::new();
    for _ in 0..6 {
        collections.push(bench.collection(client).await);
    }
    for number in 0..24_u64 {
        let places: Vec<_> = (0..number as usize % 4)
            .map(|step| collections[(number as usize + step) % 6])
            .collect();
        bench
            .enrol(&whole, client, &[number, 100 + number], &places)
            .await;
    }
    for part in &parts {
        part.reached(whole.revision()).await.unwrap();
    }
    let later = holding(&bench, Held::range(2, 3)).await;
    assert_eq!(
        later.status().rows,
        parts[1].status().rows,
        "as followed, so built"
    );
    let rows = || -> usize { parts.iter().map(|part| part.status().rows).sum() };
    assert_eq!(rows(), whole.status().rows, "each row is held once");
    // Whose collections end is at home elsewhere from then on, and counted there.
    for end in [None, Some(0), Some(3), Some(4)] {
        if let Some(end) = end {
            let gone = bench
                .catalog
                .delete_collection(client, collections[end].into());
            let revision = gone.await.unwrap().revision;
            for gallery in parts.iter().chain([&whole]) {
                gallery.reached(revision).await.unwrap();
            }
        }
        assert_eq!(rows(), whole.status().rows);
        all_are_found(&whole, &parts, client, &collections);
    }
}

fn all_are_found(
    whole: &Gallery,
    parts: &[Gallery],
    client: ClientId,
    collections: &[CollectionId],
) {
    for face in 0..24 {
        let (found, compared) = together(parts, client, collections, face);
        let asked = query(client, None, template(face), 0.9);
        let mut wanted = whole.search(&asked).unwrap();
        wanted.sort_by_key(|one| one.person);
        assert_eq!(found, wanted);
        assert_eq!(compared, whole.faces(client, None).unwrap());
        assert_eq!(compared, 48);
    }
}

async fn what_is_not_held_is_refused(bench: Bench) {
    let client = bench.account("a").await;
    let (here, there) = (
        bench.collection(client).await,
        bench.collection(client).await,
    );
    let gallery = holding(&bench, Held::of([here])).await;
    let one = bench.enrol(&gallery, client, &[1], &[here, there]).await.id;
    assert_eq!(who(&gallery, client, Some(here), 1).await, [one]);
    assert_eq!(gallery.status().rows, 1);
    for place in [None, Some(there)] {
        let asked = query(client, place, template(1), 0.9);
        assert_eq!(gallery.search(&asked), Err(GalleryError::NotHeld));
        assert_eq!(gallery.faces(client, place), Err(GalleryError::NotHeld));
    }
    let both = [Scope::Collection(here), Scope::Collection(there)];
    let asked = query(client, None, template(1), 0.9);
    assert_eq!(
        gallery.search_scopes(&asked, &both),
        Err(GalleryError::NotHeld)
    );
    // Another account's question about a held collection finds nobody, as ever.
    let other = bench.account("b").await;
    let asked = query(other, None, template(1), 0.9);
    assert_eq!(gallery.search_scopes(&asked, &both[..1]), Ok(vec![]));
    assert_eq!(gallery.faces_of(other, &both[..1]), Ok(0));
    gallery.hold(Held::nothing());
    held(&gallery, &Held::nothing()).await;
    let asked = query(client, Some(here), template(1), 0.9);
    assert_eq!(gallery.search(&asked), Err(GalleryError::NotHeld));
    let status = gallery.status();
    assert_eq!((status.rows, status.shelves), (0, 0), "and let go of");
}

/// Only the end of the collection is told, and not to whom it was home.
async fn a_collection_that_ends_elsewhere_leaves_its_persons_here(bench: Bench) {
    let client = bench.account("a").await;
    let there = bench.collection(client).await;
    let mut hold = Held::nothing();
    let loose = Scope::Loose(client);
    hold.add(loose.part());
    if loose.part() == Scope::Collection(there).part() {
        return;
    }
    let gallery = holding(&bench, hold).await;
    let one = bench.enrol(&gallery, client, &[1], &[there]).await.id;
    let found = |face| {
        let asked = query(client, None, template(face), 0.9);
        let found = gallery.search_scopes(&asked, &[loose]).unwrap();
        let compared = gallery.faces_of(client, &[loose]).unwrap();
        (
            found.iter().map(|one| one.person).collect::<Vec<_>>(),
            compared,
        )
    };
    assert_eq!(found(1), (vec![], 0));
    let gone = bench.catalog.delete_collection(client, there.into());
    gallery.reached(gone.await.unwrap().revision).await.unwrap();
    assert_eq!(found(1), (vec![one], 1));
}

async fn parts_are_taken_over_and_given_back_while_persons_come_and_go(bench: Bench) {
    let client = bench.account("a").await;
    let (half, all) = (Held::range(1, 2), Held::all());
    let gallery = holding(&bench, half.clone()).await;
    let mut collections = Vec::new();
    for _ in 0..8 {
        collections.push(bench.collection(client).await);
    }
    let store = &bench.catalog;
    let mut persons = Vec::new();
    for number in 0..40_u64 {
        let place = collections[number as usize % 8];
        let new = person(&[number], &[place]);
        persons.push(store.create_person(client, new).await.unwrap().value.id);
    }
    for round in 0..6_usize {
        let (wanted, writes) = match round % 2 {
            0 => (&all, 8),
            _ => (&half, 0),
        };
        gallery.hold(wanted.clone());
        let mut last = Revision::ZERO;
        // Deletions, moves and new faces while it is read.
        for step in 0..writes {
            let at = (round * 7 + step * 5) % persons.len();
            let to = collections[(at + round) % 8];
            let done = match step % 3 {
                0 => {
                    let gone = store.delete_person(client, persons.swap_remove(at)).await;
                    gone.unwrap().revision
                }
                1 => {
                    let face = face(1000 + round as u64);
                    let added = store.add_faces(client, persons[at], vec![face]).await;
                    added.unwrap().revision
                }
                _ => {
                    let moved = store.attach_person(client, persons[at], to.into()).await;
                    moved.map_or(Revision::ZERO, |done| done.revision)
                }
            };
            last = last.max(done);
        }
        held(&gallery, wanted).await;
        gallery.reached(last).await.unwrap();
        let fresh = holding(&bench, wanted.clone()).await;
        let (status, wanted) = (gallery.status(), fresh.status());
        assert_eq!(
            (status.rows, status.shelves),
            (wanted.rows, wanted.shelves),
            "round {round}"
        );
        for face in 0..40 {
            let both = [&gallery, &fresh].map(|one| {
                let held = one.held();
                let mine: Vec<Scope> = collections
                    .iter()
                    .map(|id| Scope::Collection(*id))
                    .filter(|scope| held.covers(*scope))
                    .collect();
                let asked = query(client, None, template(face), 0.9);
                let found = one.search_scopes(&asked, &mine).unwrap();
                (found, one.faces_of(client, &mine).unwrap())
            });
            assert_eq!(both[0], both[1], "round {round}, face {face}");
        }
    }
}

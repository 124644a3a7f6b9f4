#![allow(
    clippy::unwrap_used,
    reason = "a fault in a test's setting is a failed test"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    judge::{Fault, Judgement, judge},
    ledger::{Enrolment, Ledger},
    nodes, on_postgres,
    rounds::{self, Figures, Outcome, Plan, Victim},
    seen::{Record, Seen},
};
use crate::{postgres, setup::Fetched};

fn anna() -> Enrolment {
    Enrolment {
        name: "Anna".to_owned(),
        pictures: BTreeSet::from([0, 2]),
        collections: BTreeSet::from([0, 1]),
    }
}

/// The server shows Anna whole, as `id`.
fn whole(id: &str) -> Seen {
    let record = Record {
        name: "Anna".to_owned(),
        thumbnails: 2,
        collections: BTreeSet::from([Some(0), Some(1)]),
    };
    let found = [(0, 0), (0, 2), (1, 0), (1, 2)]
        .map(|place| (place, BTreeMap::from([(id.to_owned(), 0.99)])));
    Seen {
        listed: BTreeMap::from([(id.to_owned(), "Anna".to_owned())]),
        fetched: BTreeMap::from([(id.to_owned(), Some(record))]),
        found: BTreeMap::from(found),
    }
}

fn enrolled() -> Ledger {
    Ledger {
        living: BTreeMap::from([("a".to_owned(), anna())]),
        ..Ledger::default()
    }
}

fn faults(judgement: &Judgement) -> Vec<Fault> {
    judgement.faults.keys().map(|(fault, _)| *fault).collect()
}

/// What is wrong with the person that `ledger` knows when `spoil` has been at the server.
fn spoilt(ledger: Ledger, spoil: impl FnOnce(&mut Seen)) -> Vec<Fault> {
    let mut seen = whole("a");
    spoil(&mut seen);
    faults(&judge(&[Ledger::default(), ledger], &seen))
}

#[test]
fn every_way_to_lose_an_acknowledged_person_is_seen() {
    assert_eq!(spoilt(enrolled(), |_| ()), []);
    let ways: [fn(&mut Seen); 7] = [
        |seen| *seen = Seen::default(),
        |seen| seen.listed.clear(),
        |seen| *seen.fetched.get_mut("a").unwrap() = None,
        |seen| {
            seen.fetched
                .get_mut("a")
                .unwrap()
                .as_mut()
                .unwrap()
                .thumbnails = 1
        },
        |seen| {
            let record = seen.fetched.get_mut("a").unwrap().as_mut().unwrap();
            record.collections.remove(&Some(1));
        },
        |seen| seen.found.get_mut(&(1, 2)).unwrap().clear(),
        |seen| {
            let scores = seen.found.get_mut(&(0, 0)).unwrap();
            scores.insert("a".to_owned(), 0.5);
        },
    ];
    for (way, spoil) in ways.into_iter().enumerate() {
        assert_eq!(spoilt(enrolled(), spoil), [Fault::Lost], "way {way}");
    }
}

#[test]
fn whoever_should_not_be_there_is_a_ghost() {
    let deleted = || Ledger {
        deleted: BTreeSet::from(["a".to_owned()]),
        ..Ledger::default()
    };
    assert_eq!(spoilt(deleted(), |_| ()), [Fault::Ghost]);
    // Each trace alone is enough.
    assert_eq!(
        spoilt(deleted(), |seen| {
            seen.fetched.clear();
            seen.found.clear();
        }),
        [Fault::Ghost]
    );
    assert_eq!(
        spoilt(deleted(), |seen| {
            seen.listed.clear();
            seen.found.clear();
        }),
        [Fault::Ghost]
    );
    assert_eq!(
        spoilt(deleted(), |seen| {
            seen.listed.clear();
            seen.fetched.clear();
        }),
        [Fault::Ghost]
    );
    // In a collection that the person is not in.
    let mut ledger = enrolled();
    ledger.living.get_mut("a").unwrap().collections.remove(&1);
    let seen = |seen: &mut Seen| {
        let record = seen.fetched.get_mut("a").unwrap().as_mut().unwrap();
        record.collections.remove(&Some(1));
    };
    assert_eq!(spoilt(ledger, seen), [Fault::Ghost]);
}

#[test]
fn who_is_known_by_name_alone_must_be_there_too_and_gets_an_id() {
    let named = || Ledger {
        named: BTreeMap::from([("Anna".to_owned(), anna())]),
        ..Ledger::default()
    };
    assert_eq!(spoilt(named(), |_| ()), []);
    assert_eq!(
        spoilt(named(), |seen| *seen = Seen::default()),
        [Fault::Lost]
    );
    assert_eq!(spoilt(named(), |seen| seen.found.clear()), [Fault::Lost]);
    let judgement = judge(&[named()], &whole("a"));
    let mut ledger = named();
    ledger.settle(&judgement.here);
    assert_eq!((ledger.named.len(), ledger.living), (0, enrolled().living));
    // Another of the same name is one too many.
    let mut seen = whole("a");
    seen.listed.insert("b".to_owned(), "Anna".to_owned());
    assert_eq!(faults(&judge(&[named()], &seen)), [Fault::Ghost]);
}

#[test]
fn in_doubt_is_whole_or_absent_and_known_from_then_on() {
    let doubts: [fn() -> Ledger; 2] = [
        || Ledger {
            maybe_enrolled: vec![anna()],
            ..Ledger::default()
        },
        || Ledger {
            maybe_deleted: BTreeMap::from([("a".to_owned(), anna())]),
            ..Ledger::default()
        },
    ];
    for doubt in doubts {
        let judgement = judge(&[doubt()], &whole("a"));
        assert_eq!(faults(&judgement), []);
        let mut ledger = doubt();
        ledger.settle(&judgement.here);
        assert_eq!((ledger.in_doubt(), ledger.living), (0, enrolled().living));

        let judgement = judge(&[doubt()], &Seen::default());
        assert_eq!(faults(&judgement), []);
        let mut ledger = doubt();
        ledger.settle(&judgement.here);
        assert!(ledger.living.is_empty());

        let half = |seen: &mut Seen| seen.found.get_mut(&(0, 2)).unwrap().clear();
        assert_eq!(spoilt(doubt(), half), [Fault::Half]);
    }
    // One enrolment, two persons.
    let mut seen = whole("a");
    seen.listed.insert("b".to_owned(), "Anna".to_owned());
    assert_eq!(faults(&judge(&[doubts[0]()], &seen)), [Fault::Ghost]);
}

/// Runs with the `rostro` beside this test program, which `cargo xtask test` has just built, its models, and the pictures.
fn with_server(torture: impl FnOnce(&Path, &Fetched, &Path)) {
    let wanted = (path("ROSTRO_TEST_MODELS"), path("ORT_DYLIB_PATH"));
    let (Some(models), Some(onnxruntime)) = wanted else {
        eprintln!("SKIPPED: ROSTRO_TEST_MODELS or ORT_DYLIB_PATH is not set");
        return;
    };
    let test = env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("rostro");
    if !program.is_file() {
        eprintln!("SKIPPED: rostro is not built: cargo build --package rostro --bin rostro");
        return;
    }
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rostro/tests/data");
    let fetched = Fetched {
        onnxruntime,
        models,
        pack: env::var("ROSTRO_TEST_PACK").unwrap_or_else(|_| "standard".to_owned()),
    };
    torture(&program, &fetched, &pictures);
}

/// Three short rounds; twenty where all is wanted.
fn in_rounds(torture: impl FnOnce(&Plan<'_>) -> anyhow::Result<(Outcome, Figures)>) {
    with_server(|program, fetched, pictures| {
        let plan = Plan {
            program,
            fetched,
            pictures,
            rounds: if xtask::long::wanted() { 20 } else { 3 },
            time: Duration::from_secs(2),
            victim: Victim::Server,
            seed: 20_261_121,
            interrupted: &|| false,
        };
        let (outcome, figures) = torture(&plan).unwrap();
        assert_eq!((outcome, figures.rounds), (Outcome::Sound, plan.rounds));
        assert!(figures.acknowledged > 0);
    });
}

#[test]
fn three_gateways_answer_rightly_while_one_is_killed_and_all_are_restarted() {
    if !postgres::is_installed() {
        eprintln!("SKIPPED: Postgres's programs are not installed");
        return;
    }
    with_server(|program, fetched, pictures| {
        let register = tempfile::tempdir().unwrap();
        let plan = nodes::Plan {
            program,
            fetched,
            pictures,
            register: register.path(),
            time: Duration::from_secs(6),
            seed: 20_261_122,
            interrupted: &|| false,
        };
        let wanted = [nodes::Fault::Killed, nodes::Fault::Rolling];
        let told = nodes::play(&plan, &wanted).unwrap();
        assert_eq!(told.len(), wanted.len());
        for one in told {
            assert_eq!(one.faults, [""; 0], "{:?}", one.fault);
            assert!(one.acknowledged > 0 && one.owed.0 > 0 && one.owed.1 > 0);
        }
    });
}

fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from)
}

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() {
    in_rounds(|plan| rounds::run(plan, None));
}

#[test]
fn nothing_acknowledged_is_lost_on_postgres() {
    let Ok(server) = env::var("ROSTRO_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: ROSTRO_TEST_POSTGRES_URL is not set");
        return;
    };
    in_rounds(|plan| on_postgres(plan, &server));
}

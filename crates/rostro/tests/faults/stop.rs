//! SIGTERM while clients enrol: who was told is there after a restart, whole; of the others nobody is there by half.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::{common::figure::figure, process::Process, raw::assert_whole};

const CLIENTS: usize = 4;
const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_told_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let (mut told, mut doubtful) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..ROUNDS {
        let Some(process) = Process::start(home.path()).await else {
            return;
        };
        let client = Arc::new(process.client.again());
        let everybody: BTreeSet<String> = client.everybody().await.into_iter().collect();
        assert!(told.is_subset(&everybody), "{told:?} {everybody:?}");
        assert!(
            everybody
                .iter()
                .all(|name| told.contains(name) || doubtful.contains(name))
        );
        told = everybody;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|which| {
                let client = Arc::clone(&client);
                tokio::spawn(async move {
                    let (mut done, mut last) = (Vec::new(), None);
                    for turn in 0.. {
                        // Letters: digits are taken out of names.
                        let name =
                            format!("{} {} {}", letters(round), letters(which), letters(turn));
                        match client.try_enrol(&name, which as u32 + 1).await {
                            Some(200) => done.push(name),
                            // It stops taking requests, and says so.
                            Some(503) => break,
                            Some(status) => panic!("{status}"),
                            None => {
                                last = Some(name);
                                break;
                            }
                        }
                    }
                    (done, last)
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        process.signal("TERM");
        assert!(process.ended_well(), "SIGTERM is a good end");
        for client in clients {
            let (done, last) = client.await.unwrap();
            told.extend(done);
            doubtful.extend(last);
        }
    }
    let Some(process) = Process::start(home.path()).await else {
        return;
    };
    let everybody: BTreeSet<String> = process.client.everybody().await.into_iter().collect();
    assert!(told.is_subset(&everybody));
    assert!(
        everybody
            .iter()
            .all(|name| told.contains(name) || doubtful.contains(name))
    );
    drop(process);
    let url = format!("sqlite://{}", home.path().join("data/rostro.db").display());
    assert_whole(&url, everybody.len()).await;
    assert!(told.len() > ROUNDS);
    figure(
        "stop",
        &format!(
            "{ROUNDS} SIGTERMs, {} enrolments acknowledged, 0 lost, 0 by half",
            told.len()
        ),
    );
}

/// `number` in letters: no two are alike.
fn letters(number: usize) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}

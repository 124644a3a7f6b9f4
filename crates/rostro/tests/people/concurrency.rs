//! Many at the same time.

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    account::{Account, PERSONS, at, text},
    common::shared::on_both,
    pictures::face,
};

on_both! {
    Account<'_>,
    of_a_hundred_who_enrol_the_same_person_one_succeeds,
    a_search_while_persons_come_and_go_is_never_wrong,
}

async fn of_a_hundred_who_enrol_the_same_person_one_succeeds(account: &Account<'_>) {
    let one = account.collection("one").await;
    let request = json!({
        "name": "Maria Perez", "date_of_birth": "1994-02-07", "images": [face(2, 1)], "collections": [one["code"]],
    });
    let answers = join_all((0..100).map(|_| account.post(PERSONS, &request))).await;
    let created: Vec<_> = answers
        .iter()
        .filter(|(status, _)| *status == 200)
        .collect();
    assert_eq!(created.len(), 1);
    let id = &created[0].1["data"]["_id"];
    for (status, body) in answers.iter().filter(|(status, _)| *status != 200) {
        assert_eq!(
            (*status, &body["message"]),
            (412, &json!("person_already_set")),
            "{body}"
        );
        assert_eq!(body["data"]["_id"], *id);
    }
    assert_eq!(account.search(face(2, 2), Some(&one)).await, [text(id)]);
    assert_eq!(account.names(PERSONS).await, ["Maria Perez"]);
}

async fn a_search_while_persons_come_and_go_is_never_wrong(account: &Account<'_>) {
    let one = account.collection("one").await;
    let stays = account.person("Stays", 1, &[&one]).await;
    let comings = async {
        for _ in 0..5 {
            let goes = account.person("Goes", 2, &[&one]).await;
            assert_eq!(
                account.search(face(2, 2), Some(&one)).await,
                [text(&goes["_id"])]
            );
            assert_eq!(account.delete(&at(PERSONS, &goes)).await.0, 200);
            assert_eq!(account.search(face(2, 2), Some(&one)).await, [""; 0]);
        }
    };
    let searches = async {
        for _ in 0..20 {
            assert_eq!(
                account.search(face(1, 2), Some(&one)).await,
                [text(&stays["_id"])]
            );
        }
    };
    tokio::join!(comings, searches);
}

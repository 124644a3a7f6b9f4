//! Every search of every dialect, asked of every node.

use std::collections::BTreeMap;

use gallery::{Held, Scope};
use serde_json::{Value, json};

use crate::{
    client::{Client, Told},
    cluster::{collections, name, with_nodes},
    common::{TestServer, keyed::key},
    pictures::{encode, face, five_faces},
};

const NODES: [Option<&str>; 4] = [None, Some("1/3"), Some("2/3"), Some("3/3")];
const COLLECTIONS: usize = 6;

/// A search: with a token, or with a key.
struct Question {
    path: &'static str,
    keyed: bool,
    body: Value,
}

/// An answer without what is random in it, and what its headers say.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
    headers: BTreeMap<String, String>,
}

fn questions(code: Option<&str>, name: Option<&str>, who: u32) -> Vec<Question> {
    let one = face(who, 2);
    // A crowd takes long: once is enough.
    let crowd = match name {
        None | Some("C0") => encode(&five_faces()),
        Some(_) => one.clone(),
    };
    let mut all = Vec::new();
    for mode in ["FAST", "ACCURATE"] {
        // In the whole account each with each, in a collection one with one.
        let limits = [json!({ "min_score": 0.5 }), json!({ "max_fpir": 0.01 })];
        let limits = match (code, mode) {
            (None, _) => &limits[..],
            (Some(_), "FAST") => &limits[1..],
            (Some(_), _) => &limits[..1],
        };
        for limit in limits {
            let with = |mut body: Value| {
                let fields = body.as_object_mut().unwrap();
                fields.insert("search_mode".to_owned(), mode.into());
                fields.extend(limit.as_object().unwrap().clone());
                if let Some(code) = code {
                    fields.insert("collection_id".to_owned(), code.into());
                }
                body
            };
            let token = |path, body| Question {
                path,
                keyed: false,
                body,
            };
            let key = |path, body| Question {
                path,
                keyed: true,
                body,
            };
            let live = json!({ "os": "DESKTOP", "image": one, "liveness_min_score": 0.5 });
            all.push(token(
                "/v2/face-recognition/search",
                with(json!({ "images": [one] })),
            ));
            all.push(token(
                "/v2/face-recognition/search/crops",
                with(json!({ "images": [one] })),
            ));
            all.push(token(
                "/v2/face-recognition/search-live-face",
                with(live.clone()),
            ));
            all.push(token("/v2/face-recognition/search-active-user", with(live)));
            all.push(key("/opencv-fr/search", with(json!({ "images": [one] }))));
            let mut live = with(json!({ "image": one }));
            // It takes no lower one.
            if let Some(least) = live.get_mut("min_score") {
                *least = json!(0.81);
            }
            all.push(key("/opencv-fr/search-live-face", live));
        }
    }
    let mut among = json!({ "min_score": 0.5 });
    if let Some(code) = code {
        among["collection_id"] = code.into();
    }
    all.push(Question {
        path: "/opencv-fr/detect",
        keyed: true,
        body: json!({ "image": crowd, "search": among }),
    });
    if let Some(name) = name {
        for (path, field) in [
            ("/face-search", "face_base_64"),
            ("/multi-face-search", "multi_face_img_base_64"),
        ] {
            let body =
                json!({ "collection_name": name, field: crowd, "min_similarity_score": 0.5 });
            all.push(Question {
                path,
                keyed: true,
                body,
            });
        }
    }
    all
}

async fn ask(server: &TestServer, api_key: &str, question: &Question) -> Answer {
    let request = server
        .http
        .post(server.url(question.path))
        .json(&question.body);
    let request = match question.keyed {
        true => request.header("x-api-key", api_key),
        false => request.bearer_auth(&server.token),
    };
    let response = request.send().await.unwrap();
    let headers = response.headers().iter().filter_map(|(name, value)| {
        let shown = name.as_str().starts_with("x-rostro-");
        shown.then(|| (name.to_string(), value.to_str().unwrap().to_owned()))
    });
    let (status, headers) = (response.status().as_u16(), headers.collect());
    let mut body: Value = response.json().await.unwrap();
    if !question.keyed && status == 200 {
        // Each answer has an id and a signature of its own, and so has each liveness check.
        body = body["data"].take();
        if let Some(liveness) = body.get_mut("liveness").and_then(Value::as_object_mut) {
            liveness.retain(|key, _| !["_id", "createdAt", "updatedAt"].contains(&key.as_str()));
        }
    }
    Answer {
        status,
        body,
        headers,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_answers_as_one_that_holds_all() {
    with_nodes(NODES, async |nodes| {
        let collections = collections(&nodes[0], COLLECTIONS).await;
        let codes: Vec<String> = collections.iter().map(|one| one.code.to_string()).collect();
        let mut newest = 0;
        // Through all nodes in turn: in one collection, in two, in none.
        for number in 0..18_usize {
            let who = number as u32 % 4 + 1;
            let places: Vec<&String> = match number % 3 {
                0 => vec![&codes[number % COLLECTIONS]],
                1 => vec![
                    &codes[number % COLLECTIONS],
                    &codes[(number + 3) % COLLECTIONS],
                ],
                _ => vec![],
            };
            let body =
                json!({ "name": name(number), "images": [face(who, 1)], "collections": places });
            let told = Client::of(&nodes[1 + number % 3])
                .post("persons", &body)
                .await;
            newest = told.revision.as_deref().unwrap().parse().unwrap();
            told.data();
        }
        let newest = store::Revision::from(newest);
        for node in nodes {
            node.app().gallery.reached(newest).await.unwrap();
        }
        rows_add_up(nodes);
        let api_key = key(&nodes[0], &nodes[0].account).await.0;
        let mut places = vec![(None, None)];
        places.extend(
            collections
                .iter()
                .zip(&codes)
                .map(|(one, code)| (Some(code.as_str()), Some(one.name.as_str()))),
        );
        let (mut asked, mut found) = (0, 0);
        for (number, (code, name)) in places.into_iter().enumerate() {
            for question in questions(code, name, number as u32 % 4 + 1) {
                let wanted = ask(&nodes[0], &api_key, &question).await;
                assert_eq!(wanted.status, 200, "{}: {}", question.path, wanted.body);
                found += usize::from(wanted.body.to_string().contains("\"P"));
                for (index, node) in nodes.iter().enumerate().skip(1) {
                    let told = ask(node, &api_key, &question).await;
                    assert_eq!(
                        told, wanted,
                        "{} in {name:?} of node {index}",
                        question.path
                    );
                    asked += 1;
                }
            }
        }
        assert!(
            asked >= 3 * 6 * 15 && found > 30,
            "{asked} asked, {found} found"
        );
        let metrics = nodes[1]
            .http
            .get(nodes[1].url("/metrics"))
            .send()
            .await
            .unwrap();
        let metrics = metrics.text().await.unwrap();
        assert!(metrics.contains("rostro_search_forwarded_total{outcome=\"answered\"}"));
        assert!(metrics.contains("rostro_nodes_alive 3"));
    })
    .await;
}

/// Each row is in one node's memory.
fn rows_add_up(nodes: &[TestServer]) {
    let rows: Vec<usize> = nodes
        .iter()
        .map(|node| node.app().gallery.status().rows)
        .collect();
    assert_eq!(rows[0], 24);
    assert_eq!(rows[1..].iter().sum::<usize>(), rows[0]);
    let shares: Vec<_> = nodes[1..]
        .iter()
        .map(|node| node.app().gallery.held().parts())
        .collect();
    assert_eq!(shares, [341, 341, 342]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_through_one_node_is_seen_through_all() {
    with_nodes([Some("1/2"), Some("2/2")], async |nodes| {
        let collections = collections(&nodes[0], 6).await;
        let holders = |held: &Held| {
            let mut scopes = collections.iter().map(|one| Scope::Collection(one.id));
            scopes.any(|scope| held.covers(scope))
        };
        assert!(nodes.iter().all(|node| holders(&node.app().gallery.held())));
        let clients: Vec<Client> = nodes.iter().map(Client::of).collect();
        for (round, collection) in collections.iter().cycle().take(12).enumerate() {
            let (near, far) = (&clients[round % 2], &clients[(round + 1) % 2]);
            let code = collection.code.to_string();
            let body = json!({ "name": "Ada", "images": [face(1, 1)], "collections": [code] });
            let enrolled = near.post("persons", &body).await;
            let since = enrolled.revision.clone().unwrap();
            let id = enrolled.data()["_id"].as_str().unwrap().to_owned();
            let search = json!({ "images": [face(1, 2)], "min_score": 0.8, "search_mode": "FAST", "collection_id": code });
            let all = json!({ "images": [face(1, 2)], "min_score": 0.8, "search_mode": "FAST" });
            let seen = |told: Told| {
                let revision: i64 = told.revision.as_deref().unwrap().parse().unwrap();
                (told.data().as_array().unwrap().len(), revision)
            };
            // Through the node of the write without asking for it, through the other one by its revision.
            for body in [&search, &all] {
                for client in [near.again(), far.since(&since)] {
                    let (found, revision) = seen(client.post("search", body).await);
                    assert_eq!(found, 1, "round {round}");
                    assert!(revision >= since.parse().unwrap());
                }
            }
            let deleted = near.delete(&id).await;
            let since = deleted.revision.clone().unwrap();
            deleted.data();
            for body in [&search, &all] {
                for client in [near.again(), far.since(&since)] {
                    assert_eq!(seen(client.post("search", body).await).0, 0, "round {round}");
                }
            }
        }
        // Who is already there is found wherever the collection is.
        for collection in &collections {
            let live = |name: &str| {
                json!({ "name": name, "images": [face(2, 1)], "collection_id": collection.code.to_string(), "os": "DESKTOP",
                        "liveness_min_score": 0.5, "min_score": 0.7, "search_mode": "FAST" })
            };
            let body = json!({ "name": "Bea", "images": [face(2, 2)], "collections": [collection.code.to_string()] });
            clients[0].post("persons", &body).await.data();
            for client in &clients {
                let refused = client.post("persons/search-live-face", &live("Cleo")).await;
                assert_eq!(refused.status, 409, "{refused:?}");
            }
        }
    })
    .await;
}

//! The largest request that the document allows, of every route: while it is answered, nobody else waits. It is made from the document, so
//! that no route can be forgotten, and a list or a number without an end is found by its absence there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use crate::{
    common::{TestServer, keyed::Account},
    document::{Document, Operation},
};

/// How late the timer may be, in times of what it is when all is quiet.
const TIMES: u32 = 20;

/// Less than this is not told from what other programs do to this machine.
const LEAST: Duration = Duration::from_millis(250);

/// Bytes of a body: under the limit of the server.
const BODY: usize = 31 << 20;

/// The longest text where the document does not say.
const LONG: usize = 100_000;

/// A schema, looked up if it is a reference.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let at = reference.strip_prefix('#').unwrap();
            resolved(document, document.pointer(at).unwrap())
        }
        None => schema,
    }
}

/// Whether a value of this type fits, alone or among others.
fn is(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(all) => all.iter().any(|one| one == kind),
        _ => false,
    }
}

/// The largest value of a schema. What has no end is noted in `endless`.
fn largest(document: &Value, schema: &Value, at: &str, endless: &mut Vec<String>) -> Value {
    let schema = resolved(document, schema);
    for choice in ["anyOf", "oneOf", "allOf"] {
        let options = schema[choice].as_array().into_iter().flatten();
        let mut options = options.filter(|option| !is(option, "null"));
        if let Some(first) = options.next() {
            return largest(document, first, at, endless);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    if is(schema, "array") {
        let most = schema["maxItems"].as_u64().unwrap_or_else(|| {
            endless.push(format!("{at}: a list"));
            1
        });
        let item = largest(document, &schema["items"], &format!("{at}[]"), endless);
        return Value::from(vec![item; usize::try_from(most).unwrap()]);
    }
    if is(schema, "integer") || is(schema, "number") {
        let most = ["maximum", "exclusiveMaximum"].map(|name| &schema[name]);
        let most = most.into_iter().find(|most| most.is_number());
        return most.cloned().unwrap_or_else(|| {
            endless.push(format!("{at}: a number"));
            json!(1)
        });
    }
    if is(schema, "boolean") {
        return json!(true);
    }
    if is(schema, "string") {
        let most = schema["maxLength"].as_u64();
        let most = most.map_or(LONG, |most| usize::try_from(most).unwrap());
        return Value::from("A".repeat(most));
    }
    let mut object = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        object.insert(name.clone(), largest(document, property, &at, endless));
    }
    Value::Object(object)
}

/// The largest body, cut down to what a body may have: of long texts less, of lists all.
fn body(
    document: &Value,
    described: &Value,
    at: &str,
    endless: &mut Vec<String>,
) -> Option<String> {
    let content = described.pointer("/requestBody/content/application~1json/schema")?;
    let whole = largest(document, content, at, endless);
    let text = whole.to_string();
    if text.len() <= BODY {
        return Some(text);
    }
    // What is long in it are texts of one letter.
    let times = text.len().div_ceil(BODY) + 1;
    let (mut shorter, mut run) = (String::new(), 0);
    for letter in text.chars() {
        run = if letter == 'A' { run + 1 } else { 0 };
        if run == 0 || run % times == 1 {
            shorter.push(letter);
        }
    }
    Some(shorter)
}

/// A query with every parameter at its largest.
fn query(document: &Value, described: &Value, at: &str, endless: &mut Vec<String>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let parameters = described["parameters"].as_array().into_iter().flatten();
    for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
        let name = parameter["name"].as_str().unwrap();
        let at = format!("{at}?{name}");
        // Beyond the largest page there is always the largest: the number is cut.
        let endless = match name {
            "limit" => &mut Vec::new(),
            _ => &mut *endless,
        };
        match largest(document, &parameter["schema"], &at, endless) {
            Value::Array(items) => {
                for item in items {
                    query.append_pair(name, &item.to_string()[..20.min(item.to_string().len())]);
                }
            }
            Value::String(text) => {
                query.append_pair(name, &text[..text.len().min(300)]);
            }
            other => {
                query.append_pair(name, &other.to_string());
            }
        }
    }
    query.finish()
}

/// Tells how late a timer is while `work` is done, at worst and at the 99th of 100.
async fn lateness(work: impl Future<Output = ()>) -> (Duration, Duration) {
    const STEP: Duration = Duration::from_millis(2);
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    // On another worker of the runtime, as any request would be.
    let timer = tokio::spawn(async move {
        let mut late = Vec::new();
        while !seen.load(Ordering::Relaxed) {
            let due = Instant::now() + STEP;
            tokio::time::sleep_until(due.into()).await;
            late.push(due.elapsed());
        }
        late.sort();
        late
    });
    work.await;
    over.store(true, Ordering::Relaxed);
    let late = timer.await.unwrap();
    let at = |part: usize| {
        late.get(late.len() * part / 100)
            .copied()
            .unwrap_or_default()
    };
    (late.last().copied().unwrap_or_default(), at(99))
}

struct Asked {
    operation: Operation,
    path: String,
    body: Option<String>,
}

async fn ask(server: &TestServer, key: &str, asked: &Asked) {
    let method = asked.operation.method.to_uppercase().parse().unwrap();
    let mut request = server
        .http
        .request(method, server.url(&asked.path))
        .timeout(Duration::from_secs(120))
        .bearer_auth(&server.token)
        .header("x-api-key", key);
    if let Some(body) = &asked.body {
        request = request.body(body.clone());
    }
    let status = request.send().await.unwrap().status().as_u16();
    // Whatever it is told, it is told by the route and not by a limit before it.
    assert!(
        ![413, 429, 504].contains(&status),
        "{}: {status}",
        asked.operation
    );
}

#[test]
fn nobody_waits_for_the_largest_request_of_another() {
    let on = crate::common::database::Kind::Sqlite;
    crate::common::shared::on(on, async |server| {
        let document = Document::of(server).await;
        let key = Account::new(server).await.key;
        let (mut endless, mut all) = (Vec::new(), Vec::new());
        for (operation, described) in document.operations() {
            let at = operation.to_string();
            let query = query(&document.0, described, &at, &mut endless);
            let path = operation.path.replace("{type}", "login");
            let path = path.replace(['{', '}'], "");
            all.push(Asked {
                path: format!("{path}?{query}"),
                body: body(&document.0, described, &at, &mut endless),
                operation,
            });
        }
        assert!(endless.is_empty(), "without an end: {endless:#?}");
        assert!(all.len() > 60, "{} operations", all.len());
        let quiet = async { tokio::time::sleep(Duration::from_secs(1)).await };
        let (_, quiet) = lateness(quiet).await;
        let most = (quiet * TIMES).max(LEAST);
        for asked in &all {
            // The request is made before: that is not the server's work.
            let (worst, _) = lateness(ask(server, &key, asked)).await;
            assert!(
                worst <= most,
                "{}: a timer was {worst:?} late, and {quiet:?} when all is quiet",
                asked.operation
            );
        }
        // Lists of many different things, which the document's largest are not.
        let people: Vec<String> = (0..10_000).map(|n| format!("{n:024x}")).collect();
        let texts: Vec<String> = (0..100).map(|n| format!("{n}@example.com")).collect();
        let many = [
            (
                "put",
                "/v2/face-recognition/collections/0",
                json!({ "name": "n", "people": people }),
            ),
            (
                "post",
                "/v2/face-recognition/persons",
                json!({ "name": "n", "images": ["A".repeat(200)], "emails": texts, "phones": texts }),
            ),
        ];
        for (method, path, body) in many {
            let asked = Asked {
                operation: Operation {
                    method: method.to_owned(),
                    path: path.to_owned(),
                },
                path: path.to_owned(),
                body: Some(body.to_string()),
            };
            let (worst, _) = lateness(ask(server, &key, &asked)).await;
            assert!(worst <= most, "{method} {path}: {worst:?}");
        }
    });
}

#[test]
fn what_is_longer_than_allowed_is_refused_at_once() {
    let on = crate::common::database::Kind::Sqlite;
    crate::common::shared::on(on, async |server| {
        let addresses: Vec<String> = (0..80_000).map(|n| format!("{n}@example.com")).collect();
        let ids = vec!["0123456789abcdef01234567"; 40_000];
        let sort = vec!["name"; 12_000].join(",");
        let persons = "/v2/face-recognition/persons";
        let refused = [
            json!({ "name": "n", "images": [], "emails": addresses }),
            json!({ "name": "n", "images": [], "phones": addresses }),
            json!({ "name": "n", "images": [], "collections": ids }),
        ];
        for body in refused {
            let begun = Instant::now();
            let (status, answer) = server.call(persons, &body).await;
            assert_eq!(status, 409, "{answer}");
            assert!(
                begun.elapsed() < Duration::from_secs(2),
                "{:?}",
                begun.elapsed()
            );
        }
        for query in [
            format!("sort={sort}"),
            "offset=99999999999".to_owned(),
            "page=99999999999".to_owned(),
            vec!["like_name=a"; 21].join("&"),
            vec!["in_name=a"; 501].join("&"),
        ] {
            let url = server.url(&format!("{persons}?{query}"));
            let asked = server.http.get(url).bearer_auth(&server.token);
            let (status, answer) = crate::common::answer(asked).await;
            assert_eq!(status, 409, "{answer}");
        }
    });
}

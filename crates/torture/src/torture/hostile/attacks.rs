//! What those do who mean harm: each attack once, with or without an account.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rand::{RngExt as _, rngs::StdRng, seq::IndexedRandom as _};
use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::pictures::Pictures;
use crate::report;

/// Longer than the server's own limit for a request.
const PATIENCE: Duration = Duration::from_secs(60);

const LIVENESS: &str = "/v2/face-recognition/liveness";
const COMPARE: &str = "/v2/face-recognition/compare";
const DETECT: &str = "/v2/face-recognition/detect";
const PERSONS: &str = "/v2/face-recognition/persons";
const COLLECTIONS: &str = "/v2/face-recognition/collections";

/// The server, and what it is attacked with.
pub(super) struct Target {
    base: String,
    /// `HOST:PORT`.
    address: String,
    accounts: Vec<String>,
    http: Client,
    host: String,
    honest: String,
    portrait: Vec<u8>,
    asked: AtomicU64,
    lies: Vec<String>,
    large: Vec<String>,
    crowd: String,
    done: Mutex<BTreeMap<&'static str, usize>>,
}

fn encoded(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

fn liveness_of(image: &str) -> Value {
    json!({ "os": "DESKTOP", "image": image, "collection_id": "", "liveness_min_score": 0.6 })
}

impl Target {
    pub(super) fn new(
        base: String,
        accounts: Vec<String>,
        host: String,
        pictures: Pictures,
    ) -> Result<Self> {
        let all = |files: &[Vec<u8>]| files.iter().map(|file| encoded(file)).collect();
        Ok(Self {
            address: base.trim_start_matches("http://").to_owned(),
            base,
            accounts,
            http: Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .pool_max_idle_per_host(4)
                .build()?,
            host,
            honest: encoded(&pictures.honest),
            portrait: pictures.honest,
            asked: AtomicU64::new(0),
            lies: all(&pictures.lies),
            large: all(&pictures.large),
            crowd: encoded(&pictures.crowd),
            done: Mutex::default(),
        })
    }

    /// Asks for the liveness of the portrait; status and message when that fails.
    pub(super) fn liveness(&self, token: &str) -> Result<(), (u16, String)> {
        let answer = self
            .http
            .post(format!("{}{LIVENESS}", self.base))
            .bearer_auth(token)
            .json(&liveness_of(&encoded(&self.fresh())))
            .send()
            .map_err(|error| (0, error.to_string()))?;
        let status = answer.status().as_u16();
        match status {
            200 => Ok(()),
            _ => Err((status, answer.text().unwrap_or_default())),
        }
    }

    /// The portrait in a file that was not sent before: what lies behind its end is no part of the picture, but of what is remembered.
    fn fresh(&self) -> Vec<u8> {
        let mut file = self.portrait.clone();
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        file.extend(number.to_be_bytes());
        file
    }

    /// How long the server takes for the picture that takes it longest, when each of so many workers has one.
    pub(super) fn longest_decode(&self, workers: usize) -> Result<Duration> {
        let mut longest = Duration::ZERO;
        for picture in self.large.iter().chain([&self.crowd]) {
            let body = json!({ "image": picture });
            let begun = Instant::now();
            let one = |number: usize| {
                let account = self.accounts.get(number % self.accounts.len().max(1));
                self.post(DETECT, account.map(String::as_str), &body, PATIENCE)
            };
            let statuses: Vec<_> = thread::scope(|scope| {
                let all: Vec<_> = (0..workers)
                    .map(|number| scope.spawn(move || one(number)))
                    .collect();
                let all = all.into_iter();
                all.map(|one| one.join().ok().flatten()).collect()
            });
            for status in statuses {
                let status = status.context("a large picture was not answered")?;
                ensure!(status < 500, "a large picture: {status}");
            }
            longest = longest.max(begun.elapsed());
        }
        Ok(longest)
    }

    /// How often each attack was made.
    pub(super) fn tell(&self) {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, times) in done.iter() {
            report::line(format_args!("{times:>7}  {name}"));
        }
    }

    fn post(
        &self,
        path: &str,
        token: Option<&str>,
        body: &Value,
        patience: Duration,
    ) -> Option<u16> {
        let mut request = self.http.post(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.json(body).timeout(patience).send().ok()?;
        Some(answer.status().as_u16())
    }

    fn get(&self, path: &str, token: &str) {
        let request = self.http.get(format!("{}{path}", self.base));
        // Whatever it answers.
        let _answer = request.bearer_auth(token).send();
    }

    /// Begins a body of so many bytes, sends `part` of it again and again, and waits.
    fn begin(&self, path: &str, token: Option<&str>, bytes: usize, part: &[u8], parts: usize) {
        let authorization = token.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{authorization}Content-Length: {bytes}\r\n\r\n{{"
        );
        let Ok(mut stream) = TcpStream::connect(&self.address) else {
            return;
        };
        let _set = stream.set_read_timeout(Some(Duration::from_secs(6)));
        let _set = stream.set_write_timeout(Some(Duration::from_secs(6)));
        let mut going = stream.write_all(head.as_bytes()).is_ok();
        for _ in 0..parts {
            going = going && stream.write_all(part).is_ok();
        }
        let _answer = stream.read(&mut [0; 512]);
    }
}

type Attack = (&'static str, fn(&Target, &str, &mut StdRng));

/// Everything that is tried. The text is the token of an account, which strangers do not use.
const ATTACKS: [Attack; 16] = [
    ("a body that a stranger begins", |target, _, chance| {
        let many = chance.random_range(1..40);
        thread::scope(|scope| {
            for _ in 0..many {
                scope.spawn(|| target.begin("/v2/projects/email-login", None, 1000, b"", 0));
            }
        });
    }),
    ("a large body of a stranger", |target, _, _| {
        let part = vec![b' '; 1 << 20];
        target.begin("/v2/projects/email-login", None, 32 << 20, &part, 31);
        target.begin(LIVENESS, None, 32 << 20, &part, 31);
    }),
    ("a wrong token", |target, _, _| {
        let _status = target.post(LIVENESS, Some("a.b.c"), &json!({}), PATIENCE);
    }),
    ("a code for nobody", |target, _, _| {
        let body = json!({ "email": "nobody@example.com", "otp": "123456" });
        let _status = target.post("/v2/projects/email-login", None, &body, PATIENCE);
        let _status = target.post("/v2/projects/email-login/confirm", None, &body, PATIENCE);
    }),
    ("bodies that an account begins", |target, token, chance| {
        let many = chance.random_range(1..60);
        thread::scope(|scope| {
            for _ in 0..many {
                scope.spawn(|| target.begin(LIVENESS, Some(token), 32 << 20, b"", 0));
            }
        });
    }),
    ("a large body of an account", |target, token, _| {
        let part = vec![b' '; 1 << 20];
        target.begin(COMPARE, Some(token), 31 << 20, &part, 30);
    }),
    ("a body of values", |target, token, chance| {
        let values = vec![0; chance.random_range(1_000..3_000_000)];
        let _status = target.post(PERSONS, Some(token), &json!({ "emails": values }), PATIENCE);
    }),
    ("long lists", |target, token, chance| {
        let length = *[100, 10_000, 80_000].choose(chance).unwrap_or(&100);
        let texts: Vec<String> = (0..length).map(|n| format!("{n}@example.com")).collect();
        let body =
            json!({ "name": "n", "images": [target.honest], "emails": texts, "phones": texts });
        let _status = target.post(PERSONS, Some(token), &body, PATIENCE);
        let ids: Vec<String> = (0..length).map(|n| format!("{n:024x}")).collect();
        let body = json!({ "fromCollection": "0", "toCollection": "1", "peopleIds": ids });
        let path = format!("{COLLECTIONS}/move-people");
        let _status = target.post(&path, Some(token), &body, PATIENCE);
        let body =
            json!({ "name": "n", "images": [target.honest], "collections": vec!["0"; length] });
        let _status = target.post(PERSONS, Some(token), &body, PATIENCE);
    }),
    ("long queries", |target, token, _| {
        let sort = vec!["name"; 12_000].join(",");
        target.get(&format!("{PERSONS}?sort={sort}"), token);
        target.get(&format!("{PERSONS}?page=100000&limit=200&sort=name"), token);
        let conditions = vec!["like_name=a"; 500].join("&");
        target.get(&format!("{PERSONS}?{conditions}"), token);
    }),
    ("a picture that lies", |target, token, chance| {
        if let Some(lie) = target.lies.choose(chance) {
            let _status = target.post(LIVENESS, Some(token), &liveness_of(lie), PATIENCE);
        }
    }),
    ("a picture of many faces", |target, token, _| {
        let body = json!({ "probe": [target.crowd, target.crowd], "gallery": [target.honest] });
        let _status = target.post(COMPARE, Some(token), &body, PATIENCE);
        let body = json!({ "image": target.crowd });
        let _status = target.post(DETECT, Some(token), &body, PATIENCE);
    }),
    ("a large picture", |target, token, chance| {
        if let Some(large) = target.large.choose(chance) {
            let _status = target.post(LIVENESS, Some(token), &liveness_of(large), PATIENCE);
        }
    }),
    ("large pictures, given up", |target, token, chance| {
        let body = target.many_large();
        let patience = Duration::from_millis(chance.random_range(200..5000));
        let _status = target.post(COMPARE, Some(token), &body, patience);
    }),
    ("large pictures", |target, token, _| {
        let _status = target.post(COMPARE, Some(token), &target.many_large(), PATIENCE);
    }),
    ("pictures to fetch", |target, token, chance| {
        let url = |number: u32| format!("{}/{number}.jpg", target.host);
        let urls: Vec<String> = (0..10).map(|_| url(chance.random())).collect();
        let body = json!({ "probe": urls, "gallery": urls });
        let _status = target.post(COMPARE, Some(token), &body, PATIENCE);
    }),
    ("garbage", |target, token, chance| {
        let body: Vec<u8> = (0..chance.random_range(0..100_000))
            .map(|_| chance.random())
            .collect();
        let request = target.http.post(format!("{}{COMPARE}", target.base));
        let _answer = request.bearer_auth(token).body(body).send();
    }),
];

impl Target {
    /// As many large pictures as a body has room for.
    fn many_large(&self) -> Value {
        let smallest = self.large.iter().min_by_key(|picture| picture.len());
        let picture = smallest.map(String::as_str).unwrap_or_default();
        let room = (30 << 20) / picture.len().max(1);
        let each = (room / 2).clamp(1, 10);
        json!({ "probe": vec![picture; each], "gallery": vec![picture; each] })
    }
}

/// Makes any one of them.
pub(super) fn attack(target: &Target, chance: &mut StdRng) {
    let (Some((name, attack)), Some(account)) =
        (ATTACKS.choose(chance), target.accounts.choose(chance))
    else {
        return;
    };
    attack(target, account, chance);
    let mut done = target.done.lock().unwrap_or_else(PoisonError::into_inner);
    *done.entry(name).or_default() += 1;
}

//! The calls of the measurement, several at a time.

use std::{
    fs,
    panic::resume_unwind,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use indicatif::ProgressBar;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// Longer than the server's own limit for a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// How hard the server looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    Fast,
    Accurate,
}

impl Mode {
    /// As the contract writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fast => "FAST",
            Self::Accurate => "ACCURATE",
        }
    }
}

/// What a search gave.
#[derive(Debug)]
pub(super) enum Found {
    /// The picture has no face, or several.
    Refused,
    /// Nobody is similar.
    Nobody,
    /// The most similar person.
    Somebody { id: String, score: f64 },
}

/// What the headers of a search say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim {
    pub(super) min_score: f64,
    pub(super) fmr: f64,
    pub(super) fpir: f64,
    pub(super) faces: f64,
}

/// Holds a token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::blocking::Client,
    base: String,
    token: String,
}

impl Client {
    /// For the server at `base`, which is `http://HOST:PORT`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn new(base: &str, token: &str) -> Result<Self> {
        let http = reqwest::blocking::Client::builder()
            .timeout(PATIENCE)
            // A proxy of the environment has no business here.
            .no_proxy()
            .build()
            .context("the HTTP client cannot be made")?;
        Ok(Self {
            http,
            base: base.to_owned(),
            token: token.to_owned(),
        })
    }

    /// Enrols somebody; the id, or nothing when the picture is refused.
    ///
    /// # Errors
    /// Any other answer.
    pub(super) fn enrol(&self, name: &str, picture: &Path) -> Result<Option<String>> {
        self.enrol_in(&[], name, &[picture])
    }

    /// As [`Client::enrol`], with several pictures, and in collections.
    ///
    /// # Errors
    /// Any other answer.
    pub(super) fn enrol_in(
        &self,
        collections: &[&str],
        name: &str,
        pictures: &[&Path],
    ) -> Result<Option<String>> {
        let images: Vec<String> = pictures
            .iter()
            .map(|one| base64(one))
            .collect::<Result<_>>()?;
        let body = json!({ "name": name, "images": images, "collections": collections });
        let Some((_, data)) = self.post("persons", &body)? else {
            return Ok(None);
        };
        let id = data["_id"].as_str().context("a person without an id")?;
        Ok(Some(id.to_owned()))
    }

    /// Makes a collection; its code.
    ///
    /// # Errors
    /// Any other answer.
    pub(super) fn collection(&self, name: &str) -> Result<String> {
        let made = self.post("collections", &json!({ "name": name }))?;
        let (_, data) = made.context("a collection is refused")?;
        let code = data["code"]
            .as_str()
            .context("a collection without a code")?;
        Ok(code.to_owned())
    }

    /// What a search in a collection at this rate of false positives would take for a match.
    ///
    /// # Errors
    /// When the search is refused, or its answer does not say.
    pub(super) fn aim(&self, picture: &Path, collection: &str, max_fpir: f64) -> Result<Aim> {
        let body = json!({
            "images": [base64(picture)?], "max_fpir": max_fpir, "search_mode": "FAST", "collection_id": collection,
        });
        let (headers, _) = self
            .post("search", &body)?
            .context("the search is refused")?;
        let figure = |name: &str| -> Result<f64> {
            let text = headers.get(name).with_context(|| format!("no {name}"))?;
            Ok(text.to_str()?.parse()?)
        };
        Ok(Aim {
            min_score: figure("x-rostro-min-score")?,
            fmr: figure("x-rostro-fmr")?,
            fpir: figure("x-rostro-fpir")?,
            faces: figure("x-rostro-gallery-size")?,
        })
    }

    /// Looks for whoever a picture shows, in a collection or among all.
    ///
    /// # Errors
    /// Any answer but a list, or that the picture is refused.
    pub(super) fn search(
        &self,
        picture: &Path,
        mode: Mode,
        collection: Option<&str>,
    ) -> Result<Found> {
        // The lowest score that the contract allows to ask for.
        let body = json!({
            "images": [base64(picture)?], "min_score": 0.2, "search_mode": mode.name(), "max_results": 1,
            "collection_id": collection,
        });
        let Some((_, data)) = self.post("search", &body)? else {
            return Ok(Found::Refused);
        };
        let Some(first) = data.as_array().context("no list")?.first() else {
            return Ok(Found::Nobody);
        };
        Ok(Found::Somebody {
            id: first["id"]
                .as_str()
                .context("a match without an id")?
                .to_owned(),
            score: first["score"].as_f64().context("a match without a score")?,
        })
    }

    /// Headers and `data` of a success; nothing when the picture is refused.
    fn post(&self, path: &str, body: &Value) -> Result<Option<(HeaderMap, Value)>> {
        let url = format!("{}/v2/face-recognition/{path}", self.base);
        let response = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .json(body)
            .send()?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut told: Value = response.json()?;
        match status {
            200 => Ok(Some((headers, told["data"].take()))),
            422 => Ok(None),
            _ => bail!("{path}: {status} {}", told["message"]),
        }
    }
}

fn base64(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(base64_simd::STANDARD.encode_to_string(bytes))
}

/// Does `work` with each of `items`, as many at a time as keep the server busy; the results, in their order.
///
/// # Errors
/// The first one of `work`.
pub(super) fn for_each<T: Sync, R: Send>(
    items: &[T],
    bar: &ProgressBar,
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let run = || -> Result<Vec<(usize, R)>> {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else {
                return Ok(done);
            };
            // After a failure the others need not go on.
            let failed = |_: &_| next.store(items.len(), Ordering::Relaxed);
            done.push((number, work(item).inspect_err(failed)?));
            bar.inc(1);
        }
    };
    let threads = 2 * thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let join = |one: thread::ScopedJoinHandle<'_, _>| {
            one.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        running.into_iter().map(join).collect()
    });
    bar.finish_and_clear();
    let mut done = Vec::with_capacity(items.len());
    for result in results {
        done.extend(result?);
    }
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

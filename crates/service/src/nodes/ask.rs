//! Asking another node.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{
    Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};

use super::{Answer, Nodes, PATH, Question, wire::LARGEST};

/// Longest time for one question.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

/// Where the proof of an answer is.
pub(crate) const SEAL: &str = "x-rostro-seal";

/// What the proof of a question begins with in `Authorization`.
pub(crate) const SCHEME: &str = "Rostro-Node ";

/// Why a node gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It does not hold what was asked for, or not yet.
    NotHeld,
    /// It has not seen what the answer is to rest on.
    Behind,
    /// It does not answer, or not as it should.
    Failed,
}

impl Nodes {
    /// Asks the node at `address`.
    pub(crate) async fn ask(&self, address: &str, question: &Question) -> Result<Answer, Refused> {
        let answer = self.put(address, question).await;
        let outcome = match &answer {
            Ok(_) => "answered",
            Err(Refused::NotHeld) => "not_held",
            Err(Refused::Behind) => "behind",
            Err(Refused::Failed) => "failed",
        };
        crate::observe::forwarded(outcome);
        answer
    }

    async fn put(&self, address: &str, question: &Question) -> Result<Answer, Refused> {
        let failed = |why: &str| {
            tracing::warn!(node = address, why, "a node did not answer a search");
            Refused::Failed
        };
        let body =
            serde_json::to_vec(question).map_err(|_| failed("the question cannot be written"))?;
        let proof = self.keys.prove(now(), &body);
        let asked = self
            .http
            .post(format!("{address}{PATH}"))
            .header(AUTHORIZATION, format!("{SCHEME}{}", proof.as_str()))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = asked.send().await.map_err(|error| {
            failed(if error.is_timeout() {
                "it took too long"
            } else {
                "it cannot be reached"
            })
        })?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::MISDIRECTED_REQUEST => return Err(Refused::NotHeld),
            StatusCode::TOO_EARLY => return Err(Refused::Behind),
            StatusCode::UNAUTHORIZED => {
                return Err(failed(
                    "it does not know this node: auth.secret differs, or a clock is wrong",
                ));
            }
            StatusCode::CONFLICT => return Err(failed("it has another model pack")),
            _ => return Err(failed("it answered with an error")),
        }
        let seal = response
            .headers()
            .get(SEAL)
            .and_then(|value| value.to_str().ok());
        let seal = seal.unwrap_or_default().to_owned();
        let body = bounded(response)
            .await
            .ok_or_else(|| failed("its answer broke off, or is too large"))?;
        if !self.keys.seals(&seal, &proof, &body) {
            return Err(failed("its answer is not its own"));
        }
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| failed("its answer cannot be read"))?;
        match answer.found.len() == question.probes.len() {
            true => Ok(answer),
            false => Err(failed("its answer is to another question")),
        }
    }
}

async fn bounded(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(more) = response.chunk().await.ok()? {
        if body.len() + more.len() > LARGEST {
            return None;
        }
        body.extend_from_slice(&more);
    }
    Some(body)
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

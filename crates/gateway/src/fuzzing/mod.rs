//! Entry points for the fuzzer (`cargo xtask fuzz`): what a stranger's bytes meet first. Each takes any bytes; to return is to pass.
//! Not in the program: only tests and the fuzzer are built with it.

#[cfg(test)]
mod tests;
mod tokens;

use bytes::Bytes;

use crate::routes::{opencv_cloud, opencv_onpremise, verifik};

pub use tokens::authorization;

/// The text of a picture's field: base64 in its spellings, a data URI, an address.
pub fn base64(data: &[u8]) {
    service::take_apart(data);
}

/// Every body and query of the Verifik dialect: the first line is the query, the rest the body.
pub fn verifik(data: &[u8]) {
    let (query, body) = parts(data);
    verifik::fuzzing::requests(&body, &query);
}

/// Every body and query of the on-premise dialect, likewise.
pub fn opencv_onpremise(data: &[u8]) {
    let (query, body) = parts(data);
    opencv_onpremise::fuzzing::requests(&body, &query);
}

/// Every body and query of the cloud dialect, likewise.
pub fn opencv_cloud(data: &[u8]) {
    let (query, body) = parts(data);
    opencv_cloud::fuzzing::requests(&body, &query);
}

fn parts(data: &[u8]) -> (String, Bytes) {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (query, body) = data.split_at(end.unwrap_or(0));
    // The query of a request that hyper lets through is text.
    let query = String::from_utf8_lossy(query).into_owned();
    (
        query,
        Bytes::copy_from_slice(body.strip_prefix(b"\n").unwrap_or(body)),
    )
}

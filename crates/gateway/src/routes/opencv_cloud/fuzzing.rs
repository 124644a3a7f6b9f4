//! What the fuzzer reads: every body and query of this dialect.

use bytes::Bytes;

use super::{
    collections, compare, compare_live_face, detect, head_count, listing, liveness, persons,
    search, search_live_face, verify,
};
use crate::routes::opencv::body::read_any;

/// Reads a body and a query as every route would.
pub(crate) fn requests(body: &Bytes, query: &str) {
    read_any::<compare::CompareRequest>(body, query);
    read_any::<compare_live_face::CompareLiveFaceRequest>(body, query);
    read_any::<detect::DetectRequest>(body, query);
    read_any::<head_count::HeadCountRequest>(body, query);
    read_any::<listing::ListQuery>(body, query);
    read_any::<liveness::LivenessRequest>(body, query);
    read_any::<search::SearchRequest>(body, query);
    read_any::<search_live_face::SearchLiveFaceRequest>(body, query);
    read_any::<verify::VerifyRequest>(body, query);
    read_any::<collections::people::AddPerson>(body, query);
    read_any::<collections::people::ChangePeople>(body, query);
    collections::read_any(body, query);
    read_any::<persons::bulk::Bulk>(body, query);
    read_any::<persons::create::CreatePerson>(body, query);
    read_any::<persons::images::AddImages>(body, query);
    read_any::<persons::images::ChangeImages>(body, query);
    read_any::<persons::list::PersonQuery>(body, query);
    read_any::<persons::one::UpdatePerson>(body, query);
}

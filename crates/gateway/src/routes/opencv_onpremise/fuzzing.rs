//! What the fuzzer reads: every body and query of this dialect.

use bytes::Bytes;

use super::{collection, compare, extensions, face_search, person, persons};
use crate::routes::opencv::body::read_any;

/// Reads a body and a query as every route would.
pub(crate) fn requests(body: &Bytes, query: &str) {
    read_any::<collection::CollectionName>(body, query);
    read_any::<compare::Compare>(body, query);
    read_any::<extensions::ByName>(body, query);
    read_any::<extensions::Page>(body, query);
    read_any::<extensions::PersonKey>(body, query);
    read_any::<face_search::FaceSearch>(body, query);
    read_any::<face_search::MultiFaceSearch>(body, query);
    read_any::<person::PutPerson>(body, query);
    read_any::<persons::PutPersons>(body, query);
}

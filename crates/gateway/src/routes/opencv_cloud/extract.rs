//! What handlers name in their signatures.

use super::error::ApiError;
use crate::routes::opencv::extractors;

extractors!(ApiError);

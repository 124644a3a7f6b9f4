//! The `Authorization` header in its four spellings.

use http::{HeaderMap, header::AUTHORIZATION};

use super::AuthError;

/// The token in `Authorization: Bearer <jwt>`, `JWT <jwt>`, `jwt <jwt>` or the bare `<jwt>`; the scheme's case does not matter.
///
/// # Errors
/// [`AuthError::Missing`] without a header or token, [`AuthError::Malformed`] on another scheme, several headers, or
/// bytes that no token has.
pub fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let first = all.next().ok_or(AuthError::Missing)?;
    if all.next().is_some() {
        return Err(AuthError::Malformed);
    }
    let text = first.to_str().map_err(|_| AuthError::Malformed)?.trim();
    let mut words = text.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Err(AuthError::Missing),
        (Some(scheme), None, _) if is_scheme(scheme) => Err(AuthError::Missing),
        (Some(token), None, _) => Ok(token),
        (Some(scheme), Some(token), None) if is_scheme(scheme) => Ok(token),
        _ => Err(AuthError::Malformed),
    }
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("jwt")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(value: &'static str) -> Result<String, AuthError> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn the_four_spellings() {
        for value in [
            "Bearer a.b.c",
            "JWT a.b.c",
            "jwt a.b.c",
            "a.b.c",
            "bearer  a.b.c ",
            " a.b.c",
        ] {
            assert_eq!(of(value).as_deref(), Ok("a.b.c"), "{value:?}");
        }
    }

    #[test]
    fn what_is_no_token() {
        assert_eq!(bearer(&HeaderMap::new()), Err(AuthError::Missing));
        for value in ["", "  ", "Bearer", "Bearer  ", "JWT"] {
            assert_eq!(of(value), Err(AuthError::Missing), "{value:?}");
        }
        for value in ["Basic YTpi", "Bearer a.b.c d", "Token a.b.c"] {
            assert_eq!(of(value), Err(AuthError::Malformed), "{value:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer a.b.c"));
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer d.e.f"));
        assert_eq!(bearer(&twice), Err(AuthError::Malformed));
    }
}

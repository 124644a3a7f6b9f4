//! What handlers name in their signatures. Who asks is known before anything of a body is read.

/// Defines them for a dialect whose errors are `$error`: the error is a part of what axum wants of an extractor.
macro_rules! extractors {
    ($error:ty) => {
        /// A caller with a good key.
        pub(super) struct Owner(pub(super) $crate::routes::opencv::Owner);

        impl axum::extract::FromRequestParts<::service::AppState> for Owner {
            type Rejection = $error;

            async fn from_request_parts(
                parts: &mut axum::http::request::Parts,
                _: &::service::AppState,
            ) -> Result<Self, $error> {
                Ok(Self($crate::routes::opencv::Owner::of(parts)?))
            }
        }

        /// A body that follows its route's rules.
        pub(super) struct Valid<T>(pub(super) T);

        impl<T: $crate::routes::opencv::body::FromReader + Send + 'static, S: Send + Sync>
            axum::extract::FromRequest<S> for Valid<T>
        {
            type Rejection = $error;

            async fn from_request(
                request: axum::extract::Request,
                state: &S,
            ) -> Result<Self, $error> {
                Ok(Self(
                    $crate::routes::opencv::body::read_body(request, state).await?,
                ))
            }
        }

        /// A query that follows its route's rules.
        pub(super) struct ValidQuery<T>(pub(super) T);

        impl<T: $crate::routes::opencv::body::FromReader, S: Send + Sync>
            axum::extract::FromRequestParts<S> for ValidQuery<T>
        {
            type Rejection = $error;

            async fn from_request_parts(
                parts: &mut axum::http::request::Parts,
                _: &S,
            ) -> Result<Self, $error> {
                let query = parts.uri.query().unwrap_or_default();
                Ok(Self($crate::routes::opencv::body::read_query(query)?))
            }
        }
    };
}
pub(crate) use extractors;

//! The OpenAPI document: what is true of all of it. The routes bring their own parts.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rostro",
        description = "Self-hosted face recognition. Every answer is JSON; every error has `message` and `code`. Each answer carries \
                       `x-request-id`, which is that of the request when it had a usable one, and, over TLS, `strict-transport-security` (a setting).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags((name = "Server", description = "For operators; no token."))
)]
pub(super) struct Document;

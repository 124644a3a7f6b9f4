//! Why a picture was not fetched.

/// Why a picture was not fetched. Says nothing about the inside of the network; knows no HTTP of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Fetching is switched off.
    #[error("pictures are not fetched by address here")]
    Disabled,
    /// Not an address with a host.
    #[error("the address is not valid")]
    InvalidUrl,
    /// `http`, where only `https` will do.
    #[error("only https addresses are fetched")]
    InsecureScheme,
    /// Neither `https` nor `http`, or a name and password in it.
    #[error("an address of this kind is not fetched")]
    Unsupported,
    /// The host is not on the list of allowed ones, or leads to an address that is not public.
    #[error("the address is not allowed")]
    Forbidden,
    /// The name does not resolve.
    #[error("the host is not known")]
    Unresolved,
    /// Nothing there, or not reachable, or its certificate is not valid.
    #[error("the picture's host cannot be reached")]
    Unreachable,
    /// The host answered with this status.
    #[error("the picture's host answered with status {0}")]
    Status(u16),
    /// More redirects than are followed.
    #[error("too many redirects")]
    TooManyRedirects,
    /// More bytes than the limit.
    #[error("the picture is larger than {0} bytes")]
    TooLarge(u64),
    /// Too much is fetched already: for this account, from this host, or in all.
    #[error("too many pictures are fetched")]
    Busy,
    /// It took too long.
    #[error("the picture's host took too long")]
    TimedOut,
    /// The host said that it is not a picture.
    #[error("the address does not lead to a picture")]
    NotAPicture,
}

impl FetchError {
    /// Name for metrics: the variant in snake case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Disabled => "fetch_disabled",
            Self::InvalidUrl => "fetch_invalid_url",
            Self::InsecureScheme => "fetch_insecure",
            Self::Unsupported => "fetch_unsupported",
            Self::Forbidden => "fetch_forbidden",
            Self::Unresolved => "fetch_unresolved",
            Self::Unreachable => "fetch_unreachable",
            Self::Status(_) => "fetch_status",
            Self::TooManyRedirects => "fetch_too_many_redirects",
            Self::TooLarge(_) => "fetch_too_large",
            Self::Busy => "fetch_busy",
            Self::TimedOut => "fetch_timed_out",
            Self::NotAPicture => "fetch_not_a_picture",
        }
    }
}

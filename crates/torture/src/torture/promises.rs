//! The promises that tests of the crates keep.

/// A promise, and the tests that would fail if it were broken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise {
    /// In words.
    pub(super) words: &'static str,
    /// The test binary, or all unit tests when empty.
    pub(super) test: &'static str,
    /// Which of its tests.
    pub(super) filter: &'static str,
    /// The key of the figures that these tests note.
    pub(super) figures: &'static str,
}

const fn of(
    words: &'static str,
    test: &'static str,
    filter: &'static str,
    figures: &'static str,
) -> Promise {
    Promise {
        words,
        test,
        filter,
        figures,
    }
}

/// All of them.
pub(super) const PROMISES: &[Promise] = &[
    of(
        "Clients that mean harm (idle, half-open, deaf, trickling, lying about lengths, flooding headers, other protocols) take nothing from others, and leave nothing behind",
        "hostile",
        "",
        "hostile",
    ),
    of(
        "Who has no right takes no place and no memory, and an account takes what it leaves to others",
        "hostile",
        "rights",
        "",
    ),
    of(
        "The largest request of any route holds nobody up, and what is larger is refused",
        "openapi",
        "largest",
        "",
    ),
    of(
        "A picture that is larger than it says costs nothing",
        "",
        "tests::lies",
        "",
    ),
    of(
        "Who asks for little goes first in the middle of much; a job ends with its time, or with whoever waits for it",
        "",
        "tests::turns",
        "",
    ),
    of(
        "What is for operators can be served apart; nodes believe their proxy alone; no core files",
        "platform",
        "apart",
        "",
    ),
    of(
        "A full disk, a database that is away or silent, searches that fall behind: told as such, and nothing half-exists",
        "faults",
        "full_disk",
        "",
    ),
    of(
        "A database that goes away costs no request that does not need it",
        "faults",
        "away",
        "",
    ),
    of(
        "SIGTERM during enrolment loses nothing that was acknowledged",
        "faults",
        "stop",
        "stop",
    ),
    of(
        "A panic in a worker costs its own request",
        "faults",
        "panics",
        "panics",
    ),
    of(
        "A picture without memory for it costs its own request",
        "faults",
        "memory",
        "memory",
    ),
    of(
        "Jumps of the clock lose nothing; tokens live by it",
        "faults",
        "clock",
        "clock",
    ),
    of(
        "A cut-off model file, a missing ONNX Runtime: no start, and a sentence that names it",
        "faults",
        "startup",
        "startup",
    ),
    of(
        "No account reads or changes what is another's",
        "suite",
        "separation",
        "",
    ),
    of(
        "Forged, altered and expired tokens are refused",
        "",
        "auth::",
        "",
    ),
    of(
        "Addresses that guess are shut out; an account has a rate and a share",
        "platform",
        "callers",
        "",
    ),
    of(
        "Picture addresses do not reach the inside of the network, nor take much of one account, one host or all",
        "fetch",
        "",
        "",
    ),
    of(
        "The audit is a chain: changes and gaps are found",
        "suite",
        "audit",
        "",
    ),
    of("No picture, template or token in the log", "log", "", ""),
    of(
        "Every answer is as the OpenAPI documents say",
        "openapi",
        "",
        "",
    ),
];

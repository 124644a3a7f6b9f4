//! Settings of earlier versions that are refused with a word on what to use instead.

/// They divided the faces among several nodes.
const DIVISION: [&str; 4] = [
    "search.hold",
    "search.node_timeout",
    "search.take_over_after",
    "server.advertise",
];

/// What to use instead of `key`, if it was a setting once: "`key` `instead`" reads as a sentence.
pub(super) fn instead(key: &str) -> Option<&'static str> {
    DIVISION.contains(&key).then_some(
        "is not a setting any more, for nodes no longer divide faces among themselves: run several \
         gateways that each hold all faces on one Postgres, or set search.engine = \"pgvector\" \
         (docs/SCALING.md)",
    )
}

-- The audit of biometric calls: who asked what, with which scores and thresholds, and what the answer was. Never a picture,
-- never an embedding. Persons and collections are named inside `details`: the record outlives them.
CREATE TABLE verifications (
    id         TEXT NOT NULL PRIMARY KEY,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- 'liveness', 'compare', 'search', ...
    kind       TEXT NOT NULL,
    -- An object of scores, thresholds and result, as JSON.
    details    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX verifications_by_client ON verifications (client_id, created_at);

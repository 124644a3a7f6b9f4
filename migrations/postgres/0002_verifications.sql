-- The audit of biometric calls: who asked what, with which scores and thresholds, and what the answer was. Never a picture,
-- never an embedding. Persons and collections are named inside `details`: the record outlives them.
CREATE TABLE verifications (
    id         TEXT COLLATE "C" PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- 'liveness', 'compare', 'search', ...
    kind       TEXT NOT NULL,
    -- An object of scores, thresholds and result.
    details    JSONB NOT NULL,
    request_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX verifications_by_client ON verifications (client_id, created_at);

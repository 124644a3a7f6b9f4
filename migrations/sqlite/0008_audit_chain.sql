-- The audit becomes a chain: each row's hash covers the row and the hash of the one before, so that none can be changed, taken out or put in
-- without breaking it, and its seal, a keyed hash of the hash, can be made by the server alone. Rows from before have no place in it.

ALTER TABLE verifications ADD COLUMN seq INTEGER;
-- How the caller authenticated: 'token', or 'key:' and the id of the API key.
ALTER TABLE verifications ADD COLUMN credential TEXT;
-- The caller's address, as the server knows it.
ALTER TABLE verifications ADD COLUMN address TEXT;
-- SHA-256 of the model whose templates were compared or made, in hexadecimal.
ALTER TABLE verifications ADD COLUMN model TEXT;
-- A list of the ids of persons who were read, found or written, as JSON.
ALTER TABLE verifications ADD COLUMN persons TEXT;
ALTER TABLE verifications ADD COLUMN hash BLOB;
-- Which key made the seal: the first bytes of its SHA-256.
ALTER TABLE verifications ADD COLUMN seal_key BLOB;
ALTER TABLE verifications ADD COLUMN seal BLOB;
CREATE UNIQUE INDEX verifications_by_seq ON verifications (seq);
CREATE INDEX verifications_by_age ON verifications (created_at);

-- Where the chain ends, and where it now begins: rows older than the retention time are deleted from its beginning. Whoever adds to it
-- updates this row first, and so holds its lock until the commit.
CREATE TABLE audit_chain (
    single      INTEGER NOT NULL PRIMARY KEY DEFAULT TRUE CHECK (single),
    last        INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    pruned      INTEGER NOT NULL,
    pruned_hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_chain (last, hash, pruned, pruned_hash) VALUES (0, zeroblob(32), 0, zeroblob(32));

-- For the retention time of persons.
CREATE INDEX persons_by_update ON persons (updated_at);

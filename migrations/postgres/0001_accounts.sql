-- The tour of the code starts here: what Rostro keeps, table by table.
--
-- Conventions of every file in this folder (../sqlite holds the same tables for the embedded database):
--   * ids of 24 hex digits (4 bytes of seconds, 8 random) are TEXT in byte order; codes of collections and ids of faces are UUIDs;
--   * times are whole milliseconds since 1970 UTC, as BIGINT: they sort and compare in the same way in both databases;
--   * constraints have names, because the store turns a violated one into an error of its own by that name;
--   * every table that belongs to an account carries client_id, and a foreign key repeats it, so that a row of one account
--     cannot even by mistake point to a row of another.

-- An account: everything else belongs to exactly one.
CREATE TABLE clients (
    id           TEXT COLLATE "C" PRIMARY KEY,
    -- What the operator calls it on the command line.
    name         TEXT NOT NULL,
    -- Lower case. Where a one-time login code is sent.
    email        TEXT,
    phone        TEXT,
    -- A token is valid only while it repeats this phrase; a new phrase revokes all tokens at once.
    token_phrase TEXT NOT NULL,
    disabled     BOOLEAN NOT NULL DEFAULT FALSE,
    -- An object: company, address, avatar, countryCode, ...
    settings     JSONB NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    CONSTRAINT clients_name_unique UNIQUE (name),
    CONSTRAINT clients_email_unique UNIQUE (email)
);
CREATE INDEX clients_by_phone ON clients (phone);

-- Keys of the `x-api-key` dialects. The key itself is shown once, at its creation; here is only its SHA-256.
CREATE TABLE api_keys (
    id         TEXT COLLATE "C" PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    hash       BYTEA NOT NULL,
    -- What the operator calls it, and the first characters of the key to recognise it by.
    label      TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT api_keys_hash_unique UNIQUE (hash)
);
CREATE INDEX api_keys_by_client ON api_keys (client_id);

-- One-time login codes: at most one open code per account and channel, only as a keyed hash, dead after a few tries.
CREATE TABLE login_codes (
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- 'email' or 'phone'.
    channel    TEXT NOT NULL,
    hash       BYTEA NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, channel)
);

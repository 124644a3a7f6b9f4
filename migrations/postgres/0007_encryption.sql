-- Encryption at rest (docs/SECURITY.md). Every person has a data key of its own, which is not in this database but in the key
-- store; what is here of a person and readable by nobody without that key is called sealed.

-- There is a row once encryption was switched on.
CREATE TABLE encryption (
    single    BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (single),
    -- The key store that holds the data keys of this database.
    key_store BYTEA NOT NULL,
    -- Whether all persons are sealed and no copy of what was in the clear is left in the tables.
    clean     BOOLEAN NOT NULL
);

-- Data keys of persons who were deleted in the same transaction, as long as they are not destroyed in the key store.
CREATE TABLE erasures (
    data_key   BYTEA PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- Which data key seals the person and all that belongs to it; null: everything of this person is in the clear, as it was before
-- this migration. Otherwise the columns that `sealed` holds are empty, and so are the clear forms in `faces`, `face_images`
-- and `further_templates`: their columns hold the sealed bytes.
ALTER TABLE persons ADD COLUMN data_key BYTEA;
-- External id, name, gender, date of birth, nationality, notes, emails, phones and metadata.
ALTER TABLE persons ADD COLUMN sealed BYTEA;
-- Keyed hashes (HMAC-SHA-256) of the folded name and of the external id: what is equal can be found without reading it.
-- `identity` is one too, as soon as there is a row in `encryption`: it then has 24 bytes (or 12, of those who may have namesakes).
ALTER TABLE persons ADD COLUMN name_index BYTEA;
ALTER TABLE persons ADD COLUMN external_index BYTEA;
CREATE UNIQUE INDEX persons_external_index_unique ON persons (client_id, external_index);
CREATE INDEX persons_by_name_index ON persons (client_id, name_index);
-- Who is still in the clear.
CREATE INDEX persons_in_the_clear ON persons (id) WHERE data_key IS NULL;
-- Sealed bytes do not compress.
ALTER TABLE persons ALTER COLUMN sealed SET STORAGE EXTERNAL;

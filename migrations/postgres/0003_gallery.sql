-- The gallery: persons, their faces, and the collections that a search can be confined to.

CREATE TABLE collections (
    id          TEXT COLLATE "C" PRIMARY KEY,
    -- The second name of a collection, used in searches.
    code        UUID NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" NOT NULL,
    -- The name in lower case, folded by the store in the same way for both databases: what names are searched and sorted by.
    search_name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    project     TEXT COLLATE "C",
    -- Grows with every update.
    version     BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    CONSTRAINT collections_code_unique UNIQUE (code),
    -- For the foreign key of memberships.
    CONSTRAINT collections_of_client UNIQUE (client_id, id)
);

CREATE TABLE persons (
    id             TEXT COLLATE "C" PRIMARY KEY,
    client_id      TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- The person's id in the caller's own system, for the dialects that let the caller choose it.
    external_id    TEXT COLLATE "C",
    name           TEXT COLLATE "C" NOT NULL,
    search_name    TEXT COLLATE "C" NOT NULL,
    -- What no two persons of one collection may share: a hash of name and date of birth, or, for a dialect without that
    -- rule, the person's own id.
    identity       BYTEA NOT NULL,
    gender         TEXT COLLATE "C",
    date_of_birth  DATE,
    nationality    TEXT COLLATE "C",
    notes          TEXT COLLATE "C",
    -- Lists of texts, and an object.
    emails         JSONB NOT NULL,
    phones         JSONB NOT NULL,
    metadata       JSONB NOT NULL,
    -- From the liveness check at enrolment, when there was one.
    liveness_score REAL,
    version        BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    CONSTRAINT persons_external_id_unique UNIQUE (client_id, external_id),
    -- For the foreign keys of faces and memberships.
    CONSTRAINT persons_of_client UNIQUE (client_id, id),
    CONSTRAINT persons_identity_of_client UNIQUE (client_id, id, identity)
);

-- Who is in which collection. `identity` repeats the person's; the foreign key keeps the two equal, so that the uniqueness of
-- a person within a collection is held by the database, whatever runs at the same time.
CREATE TABLE memberships (
    collection_id TEXT COLLATE "C" NOT NULL,
    person_id     TEXT COLLATE "C" NOT NULL,
    client_id     TEXT COLLATE "C" NOT NULL,
    identity      BYTEA NOT NULL,
    added_at      BIGINT NOT NULL,
    CONSTRAINT memberships_unique PRIMARY KEY (collection_id, person_id),
    CONSTRAINT memberships_identity_unique UNIQUE (collection_id, identity),
    CONSTRAINT memberships_collection FOREIGN KEY (client_id, collection_id) REFERENCES collections (client_id, id) ON DELETE CASCADE,
    CONSTRAINT memberships_person FOREIGN KEY (client_id, person_id, identity) REFERENCES persons (client_id, id, identity)
        ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX memberships_by_person ON memberships (person_id);

-- What searches compare: one template (embedding) per enrolled picture. Pictures are in a table of their own, because an index
-- is built by reading every row of this one.
CREATE TABLE faces (
    id         UUID PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL,
    person_id  TEXT COLLATE "C" NOT NULL,
    -- The order in which the pictures were given.
    position   BIGINT NOT NULL,
    -- SHA-256 of the model that made the embedding; templates of different models are never compared.
    model_id   BYTEA NOT NULL,
    -- 0 (useless) to 1, when it was measured.
    quality    REAL,
    -- Little-endian 32-bit floats.
    embedding  BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT faces_person FOREIGN KEY (client_id, person_id) REFERENCES persons (client_id, id) ON DELETE CASCADE
);
CREATE INDEX faces_by_person ON faces (person_id, id);
-- Embeddings do not compress; keep them in the row, where the scan passes.
ALTER TABLE faces ALTER COLUMN embedding SET STORAGE MAIN;

CREATE TABLE face_images (
    face_id   UUID PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
    -- JPEG, 112 x 112.
    thumbnail BYTEA NOT NULL,
    -- Kept only when the configuration says so: the aligned face, and the picture as it came.
    crop      BYTEA,
    original  BYTEA
);
-- JPEGs do not compress either.
ALTER TABLE face_images ALTER COLUMN thumbnail SET STORAGE EXTERNAL;
ALTER TABLE face_images ALTER COLUMN crop SET STORAGE EXTERNAL;
ALTER TABLE face_images ALTER COLUMN original SET STORAGE EXTERNAL;

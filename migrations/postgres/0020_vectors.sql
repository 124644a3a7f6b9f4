-- Templates that Postgres itself compares (search.engine = "pgvector"). Only what every Postgres has is made here: the extension
-- `vector`, and a table of vectors for each model that is searched, are made by the first node that needs them
-- (crates/store/src/sql/vectors).

-- Grows with every new table of vectors. Whoever writes faces learns it with the revision, under the same lock: so no write misses a
-- table, also in a process that began before there was one.
ALTER TABLE revision ADD COLUMN vectors BIGINT NOT NULL DEFAULT 0;

CREATE TABLE vector_tables (
    model_id  BYTEA PRIMARY KEY,
    -- Of the table; its parts begin with it.
    name      TEXT COLLATE "C" NOT NULL,
    -- Components of a template.
    dimension BIGINT NOT NULL,
    -- Of its definition.
    version   BIGINT NOT NULL,
    -- Persons up to here, in the order of their ids, have their vectors; those after it only if they were written since.
    filled_to TEXT COLLATE "C" NOT NULL DEFAULT '',
    filled    BOOLEAN NOT NULL DEFAULT FALSE
);

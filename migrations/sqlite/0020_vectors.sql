-- For Postgres with pgvector (../postgres); here nothing ever fills it, and the store's statements are the same.
ALTER TABLE revision ADD COLUMN vectors INTEGER NOT NULL DEFAULT 0;

CREATE TABLE vector_tables (
    model_id  BLOB NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    filled_to TEXT NOT NULL DEFAULT '',
    filled    INTEGER NOT NULL DEFAULT FALSE
) STRICT;

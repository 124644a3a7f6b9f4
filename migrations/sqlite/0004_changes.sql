-- What search indexes follow. An index is never written by a transaction: it reads these rows, in order, after their commit.

-- The newest revision. Every transaction that changes the gallery updates this one row as its last step, and so holds its lock
-- until its commit, as in Postgres, where that lock puts revisions into the order of commits.
CREATE TABLE revision (
    single INTEGER NOT NULL PRIMARY KEY DEFAULT TRUE CHECK (single),
    last   INTEGER NOT NULL,
    -- Changes up to this revision may have been deleted: who is further behind must start anew.
    pruned INTEGER NOT NULL
) STRICT;
INSERT INTO revision (last, pruned) VALUES (0, 0);

-- They name things that may be gone by the time they are read: hence no foreign keys.
CREATE TABLE changes (
    revision        INTEGER NOT NULL PRIMARY KEY,
    -- The last revision of the same transaction.
    transaction_end INTEGER NOT NULL,
    kind            TEXT NOT NULL CONSTRAINT changes_kind CHECK (kind IN (
                        'face_added', 'face_removed', 'membership_added', 'membership_removed', 'person_removed', 'collection_removed')),
    client_id       TEXT NOT NULL,
    person_id       TEXT,
    collection_id   TEXT,
    face_id         BLOB,
    committed_at    INTEGER NOT NULL
) STRICT;

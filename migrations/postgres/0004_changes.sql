-- What search indexes follow. An index is never written by a transaction: it reads these rows, in order, after their commit.

-- The newest revision. Every transaction that changes the gallery updates this one row as its last step, and so holds its lock
-- until its commit: revisions become visible in the order of their numbers, which a sequence would not promise.
CREATE TABLE revision (
    single BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (single),
    last   BIGINT NOT NULL,
    -- Changes up to this revision may have been deleted: who is further behind must start anew.
    pruned BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO revision (last, pruned) VALUES (0, 0);

-- They name things that may be gone by the time they are read: hence no foreign keys.
CREATE TABLE changes (
    revision        BIGINT PRIMARY KEY,
    -- The last revision of the same transaction.
    transaction_end BIGINT NOT NULL,
    kind            TEXT NOT NULL CONSTRAINT changes_kind CHECK (kind IN (
                        'face_added', 'face_removed', 'membership_added', 'membership_removed', 'person_removed', 'collection_removed')),
    client_id       TEXT COLLATE "C" NOT NULL,
    person_id       TEXT COLLATE "C",
    collection_id   TEXT COLLATE "C",
    face_id         UUID,
    committed_at    BIGINT NOT NULL
);

-- Wakes the followers on all nodes when the transaction commits.
CREATE FUNCTION notify_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rostro_revision', NEW.last::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER revision_notify AFTER UPDATE ON revision FOR EACH ROW EXECUTE FUNCTION notify_revision();

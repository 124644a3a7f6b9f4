-- The nodes that divide the search indexes among themselves, and find each other here.

CREATE TABLE nodes (
    -- Where the others reach it; a node that starts again takes its own row.
    address      TEXT NOT NULL PRIMARY KEY,
    -- The process: two that claim one address would else not notice.
    id           BLOB NOT NULL,
    -- What its settings let it hold, and what it holds now, as the program writes them.
    hold         TEXT NOT NULL,
    serves       TEXT NOT NULL,
    -- By the clock of the database, in milliseconds since 1970.
    heartbeat_at INTEGER NOT NULL
) STRICT;

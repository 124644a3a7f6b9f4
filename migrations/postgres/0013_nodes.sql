-- The nodes that divide the search indexes among themselves, and find each other here.

CREATE TABLE nodes (
    -- Where the others reach it; a node that starts again takes its own row.
    address      TEXT COLLATE "C" PRIMARY KEY,
    -- The process: two that claim one address would else not notice.
    id           UUID NOT NULL,
    -- What its settings let it hold, and what it holds now, as the program writes them.
    hold         TEXT COLLATE "C" NOT NULL,
    serves       TEXT COLLATE "C" NOT NULL,
    -- By the clock of the database, in milliseconds since 1970.
    heartbeat_at BIGINT NOT NULL
);

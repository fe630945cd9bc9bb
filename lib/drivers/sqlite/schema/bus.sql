-- SPDX-License-Identifier: MIT
-- The bus: messages, which groups want what, and who has still to see which.
--
-- Instants are nanoseconds since 1970-01-01T00:00:00Z. is_head is 1 for the
-- first delivery of its (grp, topic, key) and for all without a key, so that
-- claiming in order never searches behind a message that is still open.

CREATE TABLE IF NOT EXISTS bus_message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT,
    occurred_at INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    topic TEXT NOT NULL,
    "key" TEXT,
    traceparent TEXT,
    tracestate TEXT,
    headers TEXT,                -- a JSON object of strings
    payload BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS bus_binding (
    grp TEXT NOT NULL,
    pattern TEXT NOT NULL,
    PRIMARY KEY (grp, pattern)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bus_delivery (
    grp TEXT NOT NULL,
    seq INTEGER NOT NULL,
    topic TEXT NOT NULL,
    "key" TEXT,
    is_head INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    owner TEXT,                  -- the bus that has it open
    PRIMARY KEY (grp, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS bus_delivery_head ON bus_delivery (grp, seq) WHERE is_head = 1;
CREATE INDEX IF NOT EXISTS bus_delivery_key ON bus_delivery (grp, topic, "key", seq)
    WHERE "key" IS NOT NULL;
CREATE INDEX IF NOT EXISTS bus_delivery_seq ON bus_delivery (seq);

CREATE TABLE IF NOT EXISTS bus_parked (
    grp TEXT NOT NULL,
    seq INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    parked_at INTEGER NOT NULL,
    PRIMARY KEY (grp, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS bus_parked_seq ON bus_parked (seq);

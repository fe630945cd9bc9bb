-- SPDX-License-Identifier: MIT
-- The outbox: events of committed transactions that wait to be published.
--
--     INSERT INTO outbox_events (type, payload) VALUES ('order.created', '{"id":1}');
--
-- Instants are nanoseconds since 1970-01-01T00:00:00Z. AUTOINCREMENT, because
-- SQLite would otherwise give the number of a removed row to a new one.

CREATE TABLE outbox_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) ||
        '-4' || substr(hex(randomblob(2)), 2) ||
        '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) ||
        '-' || hex(randomblob(6)))),
    type TEXT NOT NULL,
    topic TEXT,                  -- where it goes; NULL: the type
    "key" TEXT,                  -- messages of one (topic, key) keep their order; NULL: no order
    source TEXT,                 -- NULL: the relay's bus says
    subject TEXT,
    content_type TEXT NOT NULL DEFAULT 'application/json',
    headers TEXT,                -- a JSON object of strings
    traceparent TEXT,
    tracestate TEXT,
    time_ns INTEGER NOT NULL DEFAULT ((
        CAST(strftime('%s', 'now') AS INTEGER) * 1000 +
        CAST(substr(strftime('%f', 'now'), 4) AS INTEGER)) * 1000000),
    not_before INTEGER,          -- publish then or later; NULL: at once
    created_at INTEGER NOT NULL DEFAULT ((
        CAST(strftime('%s', 'now') AS INTEGER) * 1000 +
        CAST(substr(strftime('%f', 'now'), 4) AS INTEGER)) * 1000000),
    payload BLOB NOT NULL        -- text or bytes
);

CREATE INDEX outbox_events_delayed ON outbox_events (not_before) WHERE not_before IS NOT NULL;

-- Who may publish. SQLite has one writer, and one relay leads all shards: row 0.
CREATE TABLE outbox_lease (
    shard INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    "until" INTEGER NOT NULL
);

-- Events that could not be published, put aside for a person.
CREATE TABLE outbox_parked (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    topic TEXT,
    "key" TEXT,
    source TEXT,
    subject TEXT,
    content_type TEXT NOT NULL,
    headers TEXT,
    traceparent TEXT,
    tracestate TEXT,
    time_ns INTEGER NOT NULL,
    not_before INTEGER,
    created_at INTEGER NOT NULL,
    payload BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    blocks_key INTEGER NOT NULL,
    parked_at INTEGER NOT NULL
);

CREATE INDEX outbox_parked_blocking ON outbox_parked (coalesce(topic, type), "key")
    WHERE blocks_key AND "key" IS NOT NULL;

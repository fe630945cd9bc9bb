-- SPDX-License-Identifier: MIT
-- The inbox: which messages a consumer has handled, remembered in the
-- transaction of their effect. received_at is in nanoseconds since 1970.

CREATE TABLE inbox_messages (
    consumer TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, source, id)
) WITHOUT ROWID;

CREATE INDEX inbox_messages_received ON inbox_messages (received_at);

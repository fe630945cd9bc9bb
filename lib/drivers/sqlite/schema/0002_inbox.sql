-- SPDX-License-Identifier: MIT
-- The inbox: which messages a consumer has handled, remembered in the
-- transaction of their effect. accepted_at is in nanoseconds since 1970.

CREATE TABLE inbox_messages (
    consumer TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, source, id)
) WITHOUT ROWID;

CREATE INDEX inbox_messages_age ON inbox_messages (accepted_at);

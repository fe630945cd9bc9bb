-- SPDX-License-Identifier: MIT
-- What each consumer has handled. A concurrent duplicate waits on the key until the first commits.
CREATE TABLE inbox_messages (
    consumer    text        NOT NULL,
    source      text        NOT NULL,
    id          text        NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, source, id)
);

CREATE INDEX inbox_messages_age ON inbox_messages (accepted_at);

-- Who users are, as user-service's events told.
CREATE TABLE recipients (
    user_id TEXT PRIMARY KEY,
    email   TEXT NOT NULL,
    name    TEXT NOT NULL
);

CREATE TABLE notifications (
    id         TEXT    PRIMARY KEY,
    user_id    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    channel    TEXT    NOT NULL CHECK (channel IN ('email', 'sms', 'push')),
    subject    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
    attempts   INTEGER NOT NULL,
    next_ms    BIGINT  NOT NULL,
    last_error TEXT,
    created_ms BIGINT  NOT NULL,
    sent_ms    BIGINT
);

CREATE INDEX notifications_due ON notifications (next_ms) WHERE state = 'pending';
CREATE INDEX notifications_of_user ON notifications (user_id, id);

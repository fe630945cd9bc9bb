CREATE TABLE users (
    id            TEXT   PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    role          TEXT   NOT NULL CHECK (role IN ('customer', 'staff')),
    password_hash TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL
);

-- One row: the key that signs tokens when none is configured.
CREATE TABLE signing_keys (
    slot       INTEGER PRIMARY KEY CHECK (slot = 1),
    pem        TEXT    NOT NULL,
    created_ms BIGINT  NOT NULL
);

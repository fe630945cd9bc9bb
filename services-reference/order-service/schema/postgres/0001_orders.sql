CREATE TABLE prices (
    sku      TEXT   PRIMARY KEY,
    amount   BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT   NOT NULL,
    version  BIGINT NOT NULL
);

CREATE TABLE orders (
    id         TEXT   PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    status     TEXT   NOT NULL CHECK (status IN ('pending', 'reserved', 'confirmed', 'cancelled')),
    reason     TEXT, -- why it was cancelled
    amount     BIGINT NOT NULL CHECK (amount > 0),
    currency   TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE INDEX orders_of_user ON orders (user_id, id);

-- Prices as they were when the order was placed.
CREATE TABLE order_items (
    order_id TEXT    NOT NULL REFERENCES orders (id),
    line     INTEGER NOT NULL,
    sku      TEXT    NOT NULL,
    quantity BIGINT  NOT NULL CHECK (quantity > 0),
    amount   BIGINT  NOT NULL CHECK (amount > 0),
    PRIMARY KEY (order_id, line)
);

-- Its row is locked before an order is charged or its cancellation noted, so
-- that the two exclude each other, whichever comes first.
CREATE TABLE order_locks (
    order_id     TEXT    PRIMARY KEY,
    is_cancelled INTEGER NOT NULL
);

CREATE TABLE payments (
    id         TEXT   PRIMARY KEY,
    order_id   TEXT   NOT NULL UNIQUE,
    user_id    TEXT   NOT NULL,
    status     TEXT   NOT NULL CHECK (status IN ('authorized', 'declined', 'refunded')),
    reason     TEXT, -- why it was declined
    amount     BIGINT NOT NULL CHECK (amount > 0),
    currency   TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE INDEX payments_of_user ON payments (user_id, id);

-- Entries are only ever added; their sum is what we hold of the customer's money.
-- An entry is numbered by the version of the payment that it made.
CREATE TABLE ledger (
    payment_id TEXT   NOT NULL REFERENCES payments (id),
    number     BIGINT NOT NULL,
    kind       TEXT   NOT NULL CHECK (kind IN ('authorization', 'refund')),
    amount     BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (payment_id, number),
    CHECK ((kind = 'authorization') = (amount > 0) AND amount <> 0)
);

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER ledger_keeps_entries BEFORE UPDATE OR DELETE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Numbers rise; one is missing where a transaction was rolled back.
CREATE TABLE invoices (
    number     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id TEXT   NOT NULL UNIQUE REFERENCES payments (id),
    issued_ms  BIGINT NOT NULL
);

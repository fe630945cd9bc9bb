CREATE TABLE stock (
    sku      TEXT   PRIMARY KEY,
    free     BIGINT NOT NULL CHECK (free >= 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    version  BIGINT NOT NULL
);

CREATE TABLE reservations (
    order_id TEXT   NOT NULL,
    sku      TEXT   NOT NULL REFERENCES stock (sku),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, sku)
);

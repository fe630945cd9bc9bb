-- SPDX-License-Identifier: MIT
-- A durable bus: a message is stored once, and once more as a delivery for each group that wants
-- it, in the transaction of the publish. Settling a delivery removes it.

-- Which topics a group wants. The expression says what the pattern says, of the topic and a dot.
CREATE TABLE bus_bindings (
    group_name text NOT NULL,
    pattern    text NOT NULL,
    expression text NOT NULL,
    PRIMARY KEY (group_name, pattern)
);

CREATE TABLE bus_messages (
    message       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            text        NOT NULL,
    source        text        NOT NULL,
    type          text        NOT NULL,
    subject       text,
    time_ns       bigint      NOT NULL,
    content_type  text        NOT NULL,
    topic         text        NOT NULL,
    key           text,
    traceparent   text,
    tracestate    text,
    headers       json,
    payload       text        NOT NULL,
    payload_bytes bytea,
    published_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Nobody takes a delivery before not_before: a retry waits until then, and so does what a member
-- has taken and might have died with.
CREATE TABLE bus_deliveries (
    delivery   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_name text        NOT NULL,
    message    bigint      NOT NULL,
    topic      text        NOT NULL,
    key        text,
    attempt    integer     NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    owner      text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE UNIQUE INDEX bus_deliveries_message ON bus_deliveries (message, group_name);
CREATE INDEX bus_deliveries_group ON bus_deliveries (group_name, message);
CREATE INDEX bus_deliveries_key ON bus_deliveries (group_name, topic, key, message) WHERE key IS NOT NULL;

-- Put aside for a person.
CREATE TABLE bus_parked (
    delivery      bigint      PRIMARY KEY,
    group_name    text        NOT NULL,
    attempt       integer     NOT NULL,
    reason        text        NOT NULL,
    parked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    id            text        NOT NULL,
    source        text        NOT NULL,
    type          text        NOT NULL,
    subject       text,
    time_ns       bigint      NOT NULL,
    content_type  text        NOT NULL,
    topic         text        NOT NULL,
    key           text,
    traceparent   text,
    tracestate    text,
    headers       json,
    payload       text        NOT NULL,
    payload_bytes bytea
);

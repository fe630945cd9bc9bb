-- SPDX-License-Identifier: MIT
-- Transactional outbox. Every column but type and payload has a default:
--
--     INSERT INTO outbox_events (type, payload) VALUES ('order.created', $1)
--
-- The payload is text, and any JSON type is assigned to it as it stands. What
-- is not text comes in payload_bytes, and wins over payload.

-- FNV-1a-32 of topic, a zero byte, key; the low six bits. msvc_outbox_shard() computes the same.
CREATE FUNCTION outbox_shard(topic text, key text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    bytes bytea := convert_to(topic, 'UTF8') || '\x00'::bytea || convert_to(coalesce(key, ''), 'UTF8');
    hash bigint := 2166136261;
BEGIN
    FOR i IN 0 .. length(bytes) - 1 LOOP
        hash := ((hash # get_byte(bytes, i)) * 16777619) & 4294967295;
    END LOOP;
    RETURN (hash & 63)::smallint;
END
$$;

-- Defaults are computed in the order of the columns: the transaction has its id before it draws a seq.
CREATE TABLE outbox_events (
    xid           xid8        NOT NULL DEFAULT pg_current_xact_id(),
    seq           bigint      GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    id            text        NOT NULL DEFAULT gen_random_uuid()::text,
    source        text,
    type          text        NOT NULL,
    subject       text,
    time_ns       bigint      NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000,
    content_type  text        NOT NULL DEFAULT 'application/json',
    topic         text,
    key           text,
    traceparent   text,
    tracestate    text,
    headers       json,
    payload       text        NOT NULL,
    payload_bytes bytea,
    not_before    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    shard         smallint    NOT NULL GENERATED ALWAYS AS (outbox_shard(coalesce(topic, type), key)) STORED,
    CHECK (octet_length(type) BETWEEN 1 AND 255),
    CHECK (octet_length(id) BETWEEN 1 AND 255),
    CHECK (octet_length(topic) BETWEEN 1 AND 255),
    CHECK (octet_length(key) BETWEEN 1 AND 255),
    CHECK (octet_length(payload) <= 16777216),
    CHECK (octet_length(payload_bytes) <= 16777216)
) WITH (
    fillfactor = 100,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);

-- What came since the last look, whatever was removed before it.
CREATE INDEX outbox_events_new ON outbox_events (xid, seq);
CREATE INDEX outbox_events_delayed ON outbox_events (not_before, seq) WHERE not_before IS NOT NULL;

-- Put aside for a person. To send one again: insert it into outbox_events and delete it here.
CREATE TABLE outbox_parked (
    seq           bigint      PRIMARY KEY,
    id            text        NOT NULL,
    source        text,
    type          text        NOT NULL,
    subject       text,
    time_ns       bigint      NOT NULL,
    content_type  text        NOT NULL,
    topic         text,
    key           text,
    traceparent   text,
    tracestate    text,
    headers       json,
    payload       text        NOT NULL,
    payload_bytes bytea,
    created_at    timestamptz NOT NULL,
    attempts      integer     NOT NULL,
    reason        text        NOT NULL,
    blocks_key    boolean     NOT NULL,
    parked_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX outbox_parked_blocking ON outbox_parked (key) WHERE blocks_key;

-- Who relays, and which shards, and until when. An epoch never comes again.
CREATE TABLE outbox_relays (
    owner text        PRIMARY KEY,
    epoch bigint      NOT NULL,
    until timestamptz NOT NULL
);

CREATE TABLE outbox_leases (
    shard smallint    PRIMARY KEY,
    owner text        NOT NULL DEFAULT '',
    epoch bigint      NOT NULL DEFAULT 0,
    until timestamptz NOT NULL DEFAULT '-infinity'
);

INSERT INTO outbox_leases (shard) SELECT generate_series(0, 63);

CREATE SEQUENCE outbox_epoch;

-- Renew what a relay holds, give away what is more than its share, take what is free. Returns a bit
-- for each shard held. One relay at a time: the lock goes with the transaction.
CREATE FUNCTION outbox_lease(relay text, relay_epoch bigint, lease_ms bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    share integer;
    shards bigint;
BEGIN
    PERFORM pg_advisory_xact_lock('outbox_leases'::regclass::oid::bigint);
    DELETE FROM outbox_relays WHERE until < clock_timestamp();
    INSERT INTO outbox_relays (owner, epoch, until)
        VALUES (relay, relay_epoch, clock_timestamp() + lease_ms * interval '1 millisecond')
        ON CONFLICT (owner) DO UPDATE SET epoch = EXCLUDED.epoch, until = EXCLUDED.until;
    SELECT (63 + count(*)) / count(*) INTO share FROM outbox_relays;

    WITH wanted AS (
        SELECT shard FROM outbox_leases
        WHERE owner = relay OR until < clock_timestamp()
        ORDER BY epoch = relay_epoch DESC, shard
        LIMIT share)
    UPDATE outbox_leases l
        SET owner = relay, epoch = relay_epoch,
            until = clock_timestamp() + lease_ms * interval '1 millisecond'
        FROM wanted WHERE l.shard = wanted.shard;
    UPDATE outbox_leases SET owner = '', epoch = 0, until = '-infinity'
        WHERE owner = relay AND shard NOT IN (
            SELECT shard FROM outbox_leases WHERE owner = relay
            ORDER BY epoch = relay_epoch DESC, until DESC, shard LIMIT share);
    SELECT coalesce(bit_or(1::bigint << shard), 0) INTO shards
        FROM outbox_leases WHERE owner = relay AND epoch = relay_epoch;
    RETURN shards;
END
$$;

/* SPDX-License-Identifier: MIT */
/*
 * Appending is one INSERT. With the key lock, transactions that append to one
 * (topic, key) come one after the other, so that the order of seq is the order
 * of commits; without it that is so only for writers that exclude each other
 * anyway, which is what the relay's cursor relies on.
 */
#include "drivers/postgres/outbox_internal.h"

#include <msvc/error.h>
#include <msvc/status.h>

#include "drivers/postgres/message_internal.h"

#define NS_PER_US 1000

extern const struct msvc_migration msvc__postgres_outbox_migrations[];

static int lock(struct msvc_tx *tx, const struct msvc_message *m, struct msvc_error *err)
{
    int status = msvc_tx_exec(
        tx,
        "SELECT pg_advisory_xact_lock('outbox_events'::regclass::oid::int, "
        "hashtext($1::text || E'\\x01' || $2::text))",
        MSVC_VALUES(MSVC_TEXT(msvc_message_topic(m)), MSVC_TEXT(m->key != NULL ? m->key : "")),
        err);

    return status < 0 ? status : 0;
}

/* Rounded up: never before. */
static struct msvc_value instant(int64_t wall_ns)
{
    if (wall_ns == 0)
        return msvc_value_null();
    return msvc_value_int(wall_ns / NS_PER_US + (wall_ns % NS_PER_US > 0));
}

static int append(struct msvc_tx *tx, const struct msvc_message *message, int64_t not_before_ns,
                  bool lock_key, struct msvc_error *err)
{
    const struct msvc__postgres *pg = msvc_tx_connection(tx);
    struct msvc_buffer headers = MSVC_BUFFER_INIT;
    struct msvc_value values[MSVC__POSTGRES_MESSAGE_COLUMNS + 2];
    int status = lock_key ? lock(tx, message, err) : 0;

    if (status == 0)
        status =
            msvc__postgres_message_write(values, message, msvc__postgres_is_utf8(pg), &headers);
    if (status == 0) {
        values[MSVC__POSTGRES_MESSAGE_COLUMNS] = instant(not_before_ns);
        values[MSVC__POSTGRES_MESSAGE_COLUMNS + 1] = (struct msvc_value){ .type = MSVC_VALUE_END };
        status = msvc_tx_exec(tx,
                              "INSERT INTO outbox_events (" MSVC__POSTGRES_MESSAGE_NAMES
                              ", not_before) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                              "$12, $13, timestamptz 'epoch' + $14::bigint * interval '1 us')",
                              values, err);
    } else if (status == MSVC_ERR_NOMEM) {
        (void)msvc_error_set(err, status, "postgres", 0, "no memory for headers");
    }
    msvc_buffer_clear(&headers);
    return status < 0 ? status : 0;
}

const struct msvc_outbox_driver msvc__postgres_outbox = {
    .size = sizeof(struct msvc_outbox_driver),
    .migrations = msvc__postgres_outbox_migrations,
    .append = append,
    .open = msvc__postgres_outbox_open,
    .close = msvc__postgres_outbox_close,
    .lease = msvc__postgres_outbox_lease,
    .release = msvc__postgres_outbox_release,
    .fetch = msvc__postgres_outbox_fetch,
    .rewind = msvc__postgres_outbox_rewind,
    .remove = msvc__postgres_outbox_remove,
    .park = msvc__postgres_outbox_park,
    .is_blocked = msvc__postgres_outbox_is_blocked,
    .wake_fd = msvc__postgres_outbox_wake_fd,
};

/* SPDX-License-Identifier: MIT */
/* A duplicate waits for the first where every writer waits: at BEGIN IMMEDIATE. */
#include "drivers/sqlite/sqlite_internal.h"

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

static int accept_message(struct msvc_tx *tx, const char *consumer, const char *source,
                          const char *id, struct msvc_error *err)
{
    const struct msvc__sqlite *c = msvc_tx_connection(tx);
    int added = msvc_tx_exec(tx,
                             "INSERT INTO inbox_messages (consumer, source, id, accepted_at) "
                             "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                             MSVC_VALUES(MSVC_TEXT(consumer), MSVC_TEXT(source), MSVC_TEXT(id),
                                         MSVC_INT(msvc_clock_wall_ns(c->clock))),
                             err);

    if (added < 0)
        return added;
    if (added == 0)
        return msvc_error_set(err, MSVC_ERR_EXISTS, "sqlite", 0, "%s has handled message %s",
                              consumer, id);
    return 0;
}

static int prune(struct msvc_tx *tx, int64_t before_wall_ns, struct msvc_error *err)
{
    return msvc_tx_exec(tx, "DELETE FROM inbox_messages WHERE accepted_at < $1",
                        MSVC_VALUES(MSVC_INT(before_wall_ns)), err);
}

const struct msvc_inbox_driver msvc__sqlite_inbox = {
    .size = sizeof(msvc__sqlite_inbox),
    .accept = accept_message,
    .prune = prune,
};

/* SPDX-License-Identifier: MIT */
/*
 * The unique key does the work: a concurrent duplicate waits on it until the
 * first transaction ends, then finds the row there, or not.
 */
#include <msvc/driver/inbox.h>

#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/store.h>

#include "drivers/postgres/postgres_internal.h"

static int accept_message(struct msvc_tx *tx, const char *consumer, const char *source,
                          const char *id, struct msvc_error *err)
{
    int added =
        msvc_tx_exec(tx,
                     "INSERT INTO inbox_messages (consumer, source, id) "
                     "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                     MSVC_VALUES(MSVC_TEXT(consumer), MSVC_TEXT(source), MSVC_TEXT(id)), err);

    if (added < 0)
        return added;
    if (added == 0)
        return msvc_error_set(err, MSVC_ERR_EXISTS, "postgres", 0, "'%s' has handled '%s' before",
                              consumer, id);
    return 0;
}

static int prune(struct msvc_tx *tx, int64_t before_wall_ns, struct msvc_error *err)
{
    return msvc_tx_exec(tx,
                        "DELETE FROM inbox_messages WHERE accepted_at < "
                        "timestamptz 'epoch' + $1::bigint * interval '1 microsecond'",
                        MSVC_VALUES(MSVC_INT(before_wall_ns / 1000)), err);
}

const struct msvc_inbox_driver msvc__postgres_inbox = {
    .size = sizeof(struct msvc_inbox_driver),
    .accept = accept_message,
    .prune = prune,
};

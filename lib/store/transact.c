/* SPDX-License-Identifier: MIT */
/*
 * Full jitter: two transactions that collided draw their pauses from the same
 * growing range, so that they are unlikely to collide again.
 */
#include <msvc/store.h>

#include <poll.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "store/store_internal.h"

#define MOST_REPEATS  5
#define FIRST_WAIT_MS 10

static int run_once(struct msvc_store *store, const struct msvc_tx_options *options, msvc_tx_fn *fn,
                    void *user, struct msvc_error *err)
{
    struct msvc_tx *tx;
    int result = msvc_tx_begin(&tx, store, options, err);
    int status;

    if (result < 0)
        return result;
    result = fn(tx, user, err);
    if (result < 0) {
        msvc_tx_rollback(tx);
        return result;
    }
    status = msvc_tx_commit(tx, err);
    return status < 0 ? status : result;
}

/* Whether there is time for another run: neither deadline nor token end the wait. */
static bool wait_before_repeat(struct msvc_store *store, const struct msvc_tx_options *options,
                               unsigned repeat)
{
    int wait_ms = (int)msvc_random_below(NULL, (uint64_t)FIRST_WAIT_MS << repeat);
    uint64_t deadline_ns = options != NULL ? options->deadline_ns : 0;
    struct pollfd cancelled = {
        .fd = options != NULL ? msvc_cancel_fd(options->cancel) : -1,
        .events = POLLIN,
    };

    if (msvc_deadline_left_ms(store->options.clock, deadline_ns, wait_ms + 1) <= wait_ms)
        return false;
    return poll(&cancelled, 1, wait_ms) <= 0;
}

int msvc_store_transact(struct msvc_store *store, const struct msvc_tx_options *options,
                        msvc_tx_fn *fn, void *user, struct msvc_error *err)
{
    int status;

    if (store == NULL || fn == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "a transaction needs a store and a function to run in it");
    status = run_once(store, options, fn, user, err);
    for (unsigned repeat = 0; status == MSVC_ERR_CONFLICT && repeat < MOST_REPEATS; repeat++) {
        if (!wait_before_repeat(store, options, repeat))
            break;
        status = run_once(store, options, fn, user, err);
    }
    return status;
}

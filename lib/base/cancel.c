/* SPDX-License-Identifier: MIT */
/*
 * A flag to look at and a descriptor to wait for. The flag is set first, so
 * that whoever the descriptor wakes finds it.
 */
#include <msvc/cancel.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"

/* A signal handler may only touch atomics that take no lock. */
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2,
               "msvc_cancel_request() must be safe in a signal handler");

struct msvc_cancel {
    _Atomic bool is_requested;
    int fd; /* constant after new(); never cleared, so that it stays readable */
};

int msvc_cancel_new(struct msvc_cancel **out)
{
    struct msvc_cancel *cancel;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    cancel = msvc__new(sizeof(*cancel));
    if (cancel == NULL)
        return MSVC_ERR_NOMEM;
    cancel->fd = msvc__wake_open();
    if (cancel->fd < 0) {
        free(cancel);
        return MSVC_ERR_UNAVAILABLE;
    }
    *out = cancel;
    return 0;
}

void msvc_cancel_free(struct msvc_cancel *cancel)
{
    if (cancel == NULL)
        return;
    (void)close(cancel->fd);
    free(cancel);
}

void msvc_cancel_request(struct msvc_cancel *cancel)
{
    if (cancel == NULL || atomic_exchange(&cancel->is_requested, true))
        return;
    msvc__wake_signal(cancel->fd);
}

bool msvc_cancel_is_requested(const struct msvc_cancel *cancel)
{
    return cancel != NULL && atomic_load(&cancel->is_requested);
}

int msvc_cancel_fd(const struct msvc_cancel *cancel)
{
    return cancel != NULL ? cancel->fd : -1;
}

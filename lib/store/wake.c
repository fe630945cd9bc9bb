/* SPDX-License-Identifier: MIT */
#include "store/wake_internal.h"

#include <stdlib.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"
#include "store/store_internal.h"

int msvc__wakes_init(struct msvc__wakes *wakes)
{
    return pthread_mutex_init(&wakes->lock, NULL) == 0 ? 0 : MSVC_ERR_NOMEM;
}

void msvc__wakes_clear(struct msvc__wakes *wakes)
{
    (void)pthread_mutex_destroy(&wakes->lock);
    free(wakes->fds);
}

void msvc__wakes_signal(struct msvc__wakes *wakes)
{
    (void)pthread_mutex_lock(&wakes->lock);
    for (size_t i = 0; i < wakes->count; i++)
        msvc__wake_signal(wakes->fds[i]);
    (void)pthread_mutex_unlock(&wakes->lock);
}

int msvc__store_watch(struct msvc_store *store, int fd)
{
    struct msvc__wakes *wakes = &store->wakes;
    int *grown;

    (void)pthread_mutex_lock(&wakes->lock);
    grown = msvc__grow(wakes->fds, (wakes->count + 1) * sizeof(*grown));
    if (grown != NULL) {
        wakes->fds = grown;
        wakes->fds[wakes->count++] = fd;
    }
    (void)pthread_mutex_unlock(&wakes->lock);
    return grown != NULL ? 0 : MSVC_ERR_NOMEM;
}

void msvc__store_unwatch(struct msvc_store *store, int fd)
{
    struct msvc__wakes *wakes = &store->wakes;

    (void)pthread_mutex_lock(&wakes->lock);
    for (size_t i = 0; i < wakes->count; i++) {
        if (wakes->fds[i] == fd) {
            wakes->fds[i] = wakes->fds[--wakes->count];
            break;
        }
    }
    (void)pthread_mutex_unlock(&wakes->lock);
}

void msvc__tx_appended(struct msvc_tx *tx)
{
    tx->has_appended = true;
}

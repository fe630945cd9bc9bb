/* SPDX-License-Identifier: MIT */
/*
 * Deliveries that wait for a thread. The consumer's bus puts them here and goes
 * on; pumps take them one by one, so that one slow transaction holds up its own
 * key and nothing else.
 */
#ifndef MSVC_SERVICE_HANDLERS_INTERNAL_H
#define MSVC_SERVICE_HANDLERS_INTERNAL_H

#include <pthread.h>

#include <msvc/base.h>
#include <msvc/runner.h>

struct msvc_delivery;

/* Most deliveries that wait. */
#define MSVC__HANDLERS_IN_FLIGHT 64

/* Handle one, and settle it. Called on the threads that run the pumps. */
typedef void msvc__handle_fn(struct msvc_delivery *delivery, void *user);

struct msvc__handlers {
    msvc__handle_fn *handle;
    void *user;
    int wake_fd;          /* readable while something waits; −1: not open */
    pthread_mutex_t lock; /* guards everything below */
    unsigned first;
    unsigned count;
    struct msvc_delivery *waiting[MSVC__HANDLERS_IN_FLIGHT];
};

/* Returns 0 or MSVC_ERR_UNAVAILABLE when no descriptor is left. */
int msvc__handlers_open(struct msvc__handlers *handlers, msvc__handle_fn *handle, void *user);
/* Nothing waits any more. */
void msvc__handlers_close(struct msvc__handlers *handlers);
/* False: too many wait already; deliveries of a lost connection may still be among them. */
bool msvc__handlers_put(struct msvc__handlers *handlers, struct msvc_delivery *delivery);
/* One of the threads. */
struct msvc_pump msvc__handlers_pump(struct msvc__handlers *handlers);
/* Handle what waits on the calling thread. */
void msvc__handlers_finish(struct msvc__handlers *handlers);

#endif

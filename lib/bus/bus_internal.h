/* SPDX-License-Identifier: MIT */
/*
 * A driver must not be called while it is in its run_once(). So what it
 * reports from there is only put into lists, and handlers, outcomes and
 * dispositions go their way after it has returned.
 */
#ifndef MSVC_BUS_BUS_INTERNAL_H
#define MSVC_BUS_BUS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <msvc/bus.h>
#include <msvc/driver/bus.h>
#include <msvc/trace.h>

#include "bus/list_internal.h"

#define MSVC__BUS_KEY_BUCKETS 64

/* What a delivery needs when it outlives its bus, because somebody still has to settle it. */
struct hub {
    unsigned generation; /* of msvc__fork_generation(); constant */
    int wake_fd;         /* constant until closed */

    pthread_mutex_t lock;          /* guards everything below */
    bool is_closed;                /* the bus is gone */
    struct msvc_delivery *settled; /* singly linked, the newest first */
    unsigned references;           /* the bus and every delivery */
};

struct publish {
    struct link link;             /* in pending, handed or ended */
    struct msvc_message *message; /* NULL when the driver is done with it */
    msvc_published_fn *fn;
    void *user;
    uint64_t deadline_ns;
    bool is_told; /* timed out: the outcome that still comes is of no interest */
    struct msvc_publish_result result;
    char *reason; /* of the result; NULL: "" */
};

/* A delivery that got no further than the driver's report. */
struct stillborn {
    uint64_t tag;
    enum msvc_disposition disposition;
};

struct subscription {
    struct link link;
    struct msvc_subscription wanted; /* its strings are copies */
    bool keeps_order;                /* here, because the engine does not */
    struct stillborn *stillborn;     /* max_in_flight of them */
    unsigned stillborn_count;
    struct msvc_delivery *buckets[MSVC__BUS_KEY_BUCKETS]; /* open, in order, by key */
};

struct msvc_delivery {
    struct link link; /* in ready, held, retrying or later */
    struct msvc_bus *bus;
    struct hub *hub;
    struct subscription *subscription;
    struct msvc_message *message;
    struct msvc_span *span;
    struct msvc_trace_context context; /* of the span, or of the message when nobody traces */
    uint64_t tag;
    uint64_t epoch; /* of the connection that it came by */
    unsigned attempt;

    struct msvc_delivery *next_in_bucket;
    struct msvc_delivery *next_settled;
    enum msvc_disposition disposition; /* of settle() */
    unsigned delay_ms;
    bool has_delay;
    uint64_t retry_at_ns; /* while retrying */
    char reason[256];
};

struct msvc_bus {
    struct msvc_bus_host host; /* first: what a driver has is the bus */
    const struct msvc_bus_driver *driver;
    void *handle;
    struct msvc_bus_options options; /* its strings are copies */
    struct hub *hub;
    int pollset;
    int driver_fd; /* as it is in the pollset; −1: none */

    bool is_running;
    bool is_draining;
    uint64_t epoch;
    unsigned failures;         /* to connect, in a row */
    atomic_bool was_connected; /* when run_once last ended; for other threads */
    uint64_t try_at_ns;

    struct link subscriptions;
    unsigned publishes;  /* that take room in the window */
    struct link pending; /* publishes that the driver does not have yet */
    struct link handed;  /* that it has */
    struct link ended;   /* whose outcome nobody was told yet */

    struct link ready;    /* deliveries that a handler may see */
    struct link held;     /* that wait for another one of their key */
    struct link retrying; /* that wait for their time, here */
    struct link later;    /* that somebody will settle */
    unsigned later_count;
    struct msvc_bus_counts counts;
};

/* #MSVC_ERR_STATE in a child of fork() or inside of a callback, when that is not allowed. */
int msvc__bus_check(const struct msvc_bus *bus, struct msvc_error *err);

/* ---- publish.c ---- */
void msvc__publish_report(struct msvc_bus_host *host, void *publish,
                          const struct msvc_publish_result *result);
void msvc__publish_hand_over(struct msvc_bus *bus);
void msvc__publish_expire(struct msvc_bus *bus);
unsigned msvc__publish_tell(struct msvc_bus *bus);
uint64_t msvc__publish_deadline(struct msvc_bus *bus); /* 0: none */
void msvc__publish_end_all(struct msvc_bus *bus);

/* ---- delivery.c ---- */
void msvc__delivery_report(struct msvc_bus_host *host, void *subscription,
                           const struct msvc_message *message, uint64_t tag, unsigned attempt);
void msvc__delivery_release_stale(struct msvc_bus *bus);
void msvc__delivery_settle_queued(struct msvc_bus *bus);
void msvc__delivery_wake_retries(struct msvc_bus *bus);
unsigned msvc__delivery_handle_ready(struct msvc_bus *bus);
uint64_t msvc__delivery_deadline(struct msvc_bus *bus); /* 0: none */
void msvc__delivery_abandon_all(struct msvc_bus *bus);

/* ---- keys.c: the order of a key, for engines that do not keep it themselves ---- */
bool msvc__keys_enter(struct subscription *subscription, struct msvc_delivery *delivery);
struct msvc_delivery *msvc__keys_leave(struct subscription *subscription,
                                       struct msvc_delivery *delivery);

/* ---- span.c ---- */
struct msvc_span *msvc__delivery_span(const struct msvc_delivery *delivery,
                                      const struct msvc_trace_context *parent);
void msvc__delivery_span_end(struct msvc_delivery *delivery, enum msvc_disposition disposition);

/* ---- hub.c ---- */
struct hub *msvc__hub_new(void);
void msvc__hub_ref(struct hub *hub);
void msvc__hub_unref(struct hub *hub);

#endif

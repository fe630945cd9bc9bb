/* SPDX-License-Identifier: MIT */
/* What the files of the SQLite bus share. */
#ifndef MSVC_SQLITE_BUS_INTERNAL_H
#define MSVC_SQLITE_BUS_INTERNAL_H

#include <msvc/driver/bus.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "drivers/sqlite/sqlite_internal.h"

/* Most deliveries that one commit leases. */
#define MSVC__SQLITE_BUS_CLAIM 256

struct bus_publish {
    void *publish; /* the core's */
    const struct msvc_message *message;
    bool is_refused;
    char reason[424];
};

struct bus_settle {
    struct bus_group *group;
    int64_t seq;
    enum msvc_disposition disposition;
    unsigned delay_ms;
    char reason[256];
};

/* One subscription of this bus. */
struct bus_group {
    struct bus_group *next;
    const struct msvc_subscription *wanted;
    void *subscription; /* the core's */
    bool is_bound;      /* its topics are in the file */
    int64_t *open;      /* what it has leased; max_in_flight of them */
    unsigned open_count;
};

struct bus_claim {
    struct bus_group *group;
    int64_t seq;
    unsigned attempts;
};

struct bus_handle {
    struct msvc_bus_host *host;
    struct msvc__sqlite *connection;
    char owner[MSVC_UUID_SIZE];
    int watch_fd; /* −1: none, it polls */
    int64_t lease_ns;
    int64_t renew_at_ns; /* by the wall clock */
    int64_t due_at_ns;   /* when a delivery that cannot be had now can be; 0: none */
    uint64_t look_at_ns; /* when to look without being woken; monotonic */
    bool is_down;
    bool is_stopped;

    struct bus_group *groups;
    struct bus_publish *publishes;
    size_t publish_count, publish_capacity;
    struct bus_settle *settles;
    size_t settle_count, settle_capacity;
    struct bus_claim claims[MSVC__SQLITE_BUS_CLAIM];
    size_t claim_count;
};

extern const struct msvc_migration msvc__sqlite_bus_schema[];

/* ---- bus_write.c: parts of the one transaction; 0 or a store status ---- */
int msvc__sqlite_bus_bind(struct bus_handle *h, struct msvc_error *err);
int msvc__sqlite_bus_settle(struct bus_handle *h, struct msvc_error *err);
int msvc__sqlite_bus_renew(struct bus_handle *h, struct msvc_error *err);
int msvc__sqlite_bus_store(struct bus_handle *h, struct msvc_error *err);
/* Leases what there is room for, and finds out when more can be had. */
int msvc__sqlite_bus_claim(struct bus_handle *h, struct msvc_error *err);
/* Gives back everything open. */
int msvc__sqlite_bus_release(struct bus_handle *h, struct msvc_error *err);

/* ---- bus_turn.c ---- */
int msvc__sqlite_bus_run_once(void *handle, int timeout_ms, struct msvc_error *err);
int msvc__sqlite_bus_timeout_ms(const void *handle);
/* The write-ahead log that tells the others. Borrowed. */
const char *msvc__sqlite_bus_wal(const struct bus_handle *h);
/* Forget that @p g has it open. */
void msvc__sqlite_bus_close_delivery(struct bus_group *g, int64_t seq);

/* ---- bus_message.c ---- */
int msvc__sqlite_bus_put(struct bus_handle *h, const struct msvc_message *message,
                         struct msvc_error *err);
/* Report one that is leased. 0, MSVC_ERR_NOT_FOUND, or a store status. */
int msvc__sqlite_bus_deliver(struct bus_handle *h, const struct bus_claim *claim,
                             struct msvc_error *err);

#endif

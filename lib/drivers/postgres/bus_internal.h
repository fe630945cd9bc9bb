/* SPDX-License-Identifier: MIT */
/* One bus: a connection, what waits to be published or settled, and who listens. */
#ifndef MSVC_POSTGRES_BUS_INTERNAL_H
#define MSVC_POSTGRES_BUS_INTERNAL_H

#include <msvc/driver/bus.h>
#include <msvc/uuid.h>

#include "drivers/postgres/postgres_internal.h"

/* What msvc_bus_publish() gave, until its outcome was reported. */
struct msvc__postgres_publish {
    const struct msvc_message *message;
    void *publish;
};

/* A decision on its way to the database. */
struct msvc__postgres_settlement {
    uint64_t tag;
    enum msvc_disposition disposition;
    unsigned delay_ms;
    char *reason; /* owned; NULL unless parked */
};

struct msvc__postgres_member {
    struct msvc__postgres_member *next;
    const struct msvc_subscription *wanted;
    void *subscription;
    unsigned open_count; /* delivered and not settled */
    bool is_bound;       /* stands in the database, as far as this connection goes */
    bool may_claim;      /* there may be something */
};

struct msvc__postgres_bus {
    struct msvc__postgres *pg; /* NULL: not connected */
    struct msvc_bus_host *host;
    char *conninfo;
    char owner[MSVC_UUID_SIZE]; /* of what is claimed */
    unsigned lease_ms;
    unsigned poll_ms;
    bool is_stopped;

    struct msvc__postgres_member *members;

    struct msvc__postgres_publish *queue;
    size_t queue_count;
    size_t queue_capacity;

    struct msvc__postgres_settlement *settlements;
    size_t settlement_count;
    size_t settlement_capacity;

    uint64_t look_at_ns;  /* when to look without being told */
    uint64_t renew_at_ns; /* when the leases need it */
    uint64_t sweep_at_ns; /* when to look for messages that nobody wants any more */
};

/* bus_connect.c */
int msvc__postgres_bus_connect(struct msvc__postgres_bus *bus, int timeout_ms,
                               struct msvc_error *err);
int msvc__postgres_bus_bind(struct msvc__postgres_bus *bus, struct msvc_error *err);
/* A regular expression that matches a topic with a dot behind exactly when the pattern does. */
int msvc__postgres_bus_expression(char **out, const char *pattern);

/* bus_publish.c: each reports the outcomes it learns. */
int msvc__postgres_bus_prepare(struct msvc__postgres_bus *bus, struct msvc_error *err);
int msvc__postgres_bus_flush(struct msvc__postgres_bus *bus, struct msvc_error *err);
void msvc__postgres_bus_give_up(struct msvc__postgres_bus *bus); /* all UNKNOWN */

/* bus_consume.c: claim() returns how many it delivered. */
int msvc__postgres_bus_settle(struct msvc__postgres_bus *bus, struct msvc_error *err);
int msvc__postgres_bus_claim(struct msvc__postgres_bus *bus, struct msvc_error *err);
int msvc__postgres_bus_renew(struct msvc__postgres_bus *bus, struct msvc_error *err);
int msvc__postgres_bus_sweep(struct msvc__postgres_bus *bus, struct msvc_error *err);
/* Give back what this bus has claimed, here or on a connection before. */
int msvc__postgres_bus_unclaim(struct msvc__postgres_bus *bus, struct msvc_error *err);

/* bus.c: run one statement; *out (optional) holds binary columns. */
int msvc__postgres_bus_run(PGresult **out, struct msvc__postgres_bus *bus, const char *sql,
                           const struct msvc_value *values, size_t count, struct msvc_error *err);

#define MSVC__POSTGRES_BUS_NOTIFY "NOTIFY msvc_bus"

#endif

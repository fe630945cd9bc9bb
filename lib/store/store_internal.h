/* SPDX-License-Identifier: MIT */
/* What the files of the store share. */
#ifndef MSVC_STORE_INTERNAL_H
#define MSVC_STORE_INTERNAL_H

#include <pthread.h>

#include <msvc/driver/store.h>
#include <msvc/store.h>

struct msvc_url;

/* Connections, of which no more than `limit` are open at once. */
struct msvc__pool {
    pthread_mutex_t lock;   /* guards everything below but limit */
    pthread_cond_t changed; /* a connection was given back or dropped */
    unsigned limit;         /* constant after init */
    unsigned open_count;    /* idle, in use, or being opened */
    unsigned idle_count;
    void **idle; /* room for limit; the last one used is on top */
};

/* Descriptors to signal after a commit that appended to the outbox. */
struct msvc__wakes {
    pthread_mutex_t lock; /* guards everything below */
    int *fds;
    size_t count;
};

struct msvc_store {
    const struct msvc_store_driver *driver; /* all constant after open() but pool and wakes */
    struct msvc_store_options options;
    struct msvc_store_target target;
    struct msvc_url *url;
    char *text;
    unsigned generation; /* a forked child must not touch the connections */

    struct msvc__pool pool;
    struct msvc__wakes wakes;
};

struct msvc_tx {
    const struct msvc_store_driver *driver;
    void *connection;
    struct msvc_store *store;          /* NULL when enlisted */
    void (*release)(void *connection); /* enlisted: ends the driver's view of the connection */
    struct msvc_cancel *cancel;
    uint64_t deadline_ns; /* 0: the store's timeout for each statement */
    unsigned generation;  /* the process that began it */
    bool has_failed;      /* only rollback is left */
    bool has_appended;    /* to the outbox: wake relays after the commit */
};

/* 0 or MSVC_ERR_STATE in a forked child. */
int msvc__store_check_process(const struct msvc_store *store, struct msvc_error *err);

int msvc__pool_init(struct msvc__pool *pool, unsigned limit);
/* Disconnect what is idle; after a fork abandon it. */
void msvc__pool_clear(struct msvc__pool *pool, const struct msvc_store_driver *driver,
                      bool is_forked);

/*
 * Take an idle connection or open one, waiting for either until the deadline.
 * *was_idle tells which: an idle one may have died since it was last used.
 */
int msvc__pool_take(void **out, bool *was_idle, struct msvc_store *store, uint64_t deadline_ns,
                    const struct msvc_cancel *cancel, struct msvc_error *err);

/* Give a connection back; one that cannot be used again is closed. */
void msvc__pool_give(struct msvc_store *store, void *connection);

int msvc__wakes_init(struct msvc__wakes *wakes);
void msvc__wakes_clear(struct msvc__wakes *wakes);
void msvc__wakes_signal(struct msvc__wakes *wakes);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Clients behind a balancer that honours /readyz: each request goes to a
 * replica that said a moment ago that it is ready, over a connection that is
 * kept, and is sent once. There are no retries: what is lost is counted.
 */
#ifndef RESTARTS_LOAD_H
#define RESTARTS_LOAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define REPLICAS     2
#define CLIENTS_MOST 32

struct replica {
    _Atomic unsigned port;   /* 0: it has not told it yet */
    _Atomic unsigned starts; /* a connection to an earlier one is of no use */
    _Atomic bool is_ready;
    _Atomic double probed_at; /* seconds_now() when it said so */
};

struct client {
    struct restarts_load *load;
    pthread_t thread;
    bool is_running;
    int fds[REPLICAS]; /* -1: none */
    unsigned starts[REPLICAS];
    size_t next; /* replica */
    size_t count;
    size_t room;
    double *answer_ms;
};

struct restarts_load {
    struct replica replicas[REPLICAS];
    double trust; /* seconds that a probe is believed */
    double rate;  /* requests a second, of all clients */
    const char *path;
    size_t client_count;
    struct client clients[CLIENTS_MOST];
    pthread_t balancer;
    atomic_bool must_end;
    atomic_long answered; /* with 200 */
    atomic_long lost;
    atomic_long unserved; /* nobody was ready in time */
    char problem[256];    /* of the first that was lost */
};

/* The balancer, which everything below needs. */
int restarts_load_balance(struct restarts_load *load);
int restarts_load_start(struct restarts_load *load);
/* Of both. */
void restarts_load_stop(struct restarts_load *load);

/* All answer times together; free(). */
double *restarts_load_times(const struct restarts_load *load, size_t *count);
void restarts_load_clear(struct restarts_load *load);

#endif

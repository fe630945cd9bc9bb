/* SPDX-License-Identifier: MIT */
/* What the files of the chaos run share. */
#ifndef DEMO_CHAOS_H
#define DEMO_CHAOS_H

#include <pthread.h>

#include "demo.h"

enum {
    CHAOS_ORDER_LIMIT = 4096,
    CHAOS_CUSTOMERS = 3,
    CROWD_CALL_TIMEOUT_MS = 2000,
    CHAOS_RESTOCK = 100000, /* of every shelf, before it begins */
};

/* What a customer wants to see happen. */
struct wish {
    const char *sku;
    int64_t quantity;
    bool is_cancelled; /* by the customer, as soon as it is accepted */
    bool is_repeated;  /* the customer sends it again although it was accepted */
};

struct placed_order {
    struct wish wish;
    char key[37];
    char id[64]; /* empty until it was accepted */
    char state[16];
    uint64_t placed_ns, final_ns;
};

/* The orders of all customers. */
struct crowd {
    struct demo *demo;
    pthread_t threads[CHAOS_CUSTOMERS + 1]; /* the last one watches the orders */
    size_t started;
    uint64_t deadline_ns; /* of everything that is waited for */

    pthread_mutex_t lock; /* of all that follows */
    struct placed_order *orders;
    size_t count;
    bool is_over;     /* no more new ones */
    size_t customers; /* who still wait for an answer */
    size_t unclear;   /* calls repeated because nobody knew what became of them */
    size_t replayed;  /* orders and cancellations that were known already when they came again */
    int status;       /* the first failure */
    char message[256];
};

/* crowd.c: orders flow from start to end; end waits until all are accepted and final. */
int crowd_start(struct crowd *crowd, struct demo *demo, struct msvc_error *err);
int crowd_end(struct crowd *crowd, struct msvc_error *err);
void crowd_clear(struct crowd *crowd);
/* The first failure counts. */
void crowd_fail(struct crowd *crowd, int status, const char *what, const char *message);
bool crowd_is_late(const struct crowd *crowd);
/* Whether it could be read. */
bool crowd_read_state(char state[16], struct crowd *crowd, const char *id);

/* customers.c: the thread of one customer. */
void *crowd_shop(void *crowd);

/* ledger.c: what the services say about all orders, compared with what customers were told. */
struct ledger {
    size_t confirmed, cancelled;
    size_t lost;       /* accepted, and order-service does not know it */
    size_t duplicated; /* in order-service, and no customer was told */
    int64_t charged;   /* minor units that payment-service holds */
};

int ledger_compare(struct ledger *out, const struct crowd *crowd, struct msvc_error *err);

#endif

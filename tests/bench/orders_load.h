/* SPDX-License-Identifier: MIT */
/* Concurrent customers who place orders and wait until each is confirmed. */
#ifndef ORDERS_LOAD_H
#define ORDERS_LOAD_H

#include <stddef.h>

struct demo;
struct msvc_error;

#define CUSTOMERS_MOST 64

struct orders_load {
    size_t customers;
    size_t orders;

    double seconds;     /* from the first POST to the last order's final state */
    double *answer_ms;  /* of each order: POST until 201; free() */
    double *final_ms;   /* of each order: POST until it is seen confirmed; free() */
    unsigned questions; /* the watcher's */
};

/* Fills in what is below the blank line. An order that ends otherwise is an error. */
int orders_load_run(struct orders_load *load, struct demo *demo, struct msvc_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A server with some workers and a queue without end, calls that come at random
 * and give up after a while, and a limit between them: discrete events in time
 * that is only counted. The same numbers every time.
 */
#ifndef MSVC_TEST_SIMULATE_LIMIT_H
#define MSVC_TEST_SIMULATE_LIMIT_H

struct msvc_adaptive_limit_options;

enum service_times {
    SERVICE_EXPONENTIAL, /* mean 10 ms */
    SERVICE_EVEN,        /* 9 to 11 ms */
    SERVICE_TWO_KINDS,   /* 5 ms, and one in ten 55 ms */
};

struct limit_simulation {
    unsigned workers;
    double load; /* 1: as many calls as the server can do */
    enum service_times service;
    double slower_after_s; /* from then on the server takes twice as long; 0: never */
    double seconds;
    double warm_up_s;     /* is not counted */
    unsigned fixed_limit; /* 0: an adaptive one */
    unsigned initial;     /* of the adaptive one; 0: its default */
};

struct limit_result {
    double goodput; /* answers in time, as a share of what the server could do */
    double p99_ms;  /* of all answers */
    unsigned long offered;
    unsigned long rejected;
    unsigned limit; /* in the end */
};

void simulate_limit(struct limit_result *out, const struct limit_simulation *simulation);

/* The best of all fixed limits. */
void simulate_best_fixed_limit(struct limit_result *out, unsigned *out_limit,
                               const struct limit_simulation *simulation);

#endif

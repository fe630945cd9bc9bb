/* SPDX-License-Identifier: MIT */
/*
 * Calls to a dependency with a slow tail, one after the other, in time that is only
 * counted: what a hedge makes of it. The same numbers every time.
 */
#ifndef MSVC_TEST_SIMULATE_HEDGE_H
#define MSVC_TEST_SIMULATE_HEDGE_H

#include <stdbool.h>

struct hedge_simulation {
    unsigned calls;
    unsigned slow_one_in; /* such calls take 200 ms, the others 10 to 15 ms */
    bool hedges;
    unsigned budget_percent; /* 0: no budget */
};

struct hedge_result {
    double p50_ms;
    double p99_ms;
    double p999_ms;
    double load; /* attempts for each call */
    unsigned failed;
};

void simulate_hedge(struct hedge_result *out, const struct hedge_simulation *simulation);

#endif

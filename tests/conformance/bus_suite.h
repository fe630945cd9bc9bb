/* SPDX-License-Identifier: MIT */
/*
 * One suite for every bus driver. An engine's program describes how to reach
 * it and calls bus_suite(); what the engine claims in its capabilities is
 * proven here; tests of what it does not claim say so and end.
 *
 * Waits poll with a deadline; nothing sleeps to be right.
 */
#ifndef MSVC_TEST_BUS_SUITE_H
#define MSVC_TEST_BUS_SUITE_H

#include <stdbool.h>

#include <msvc/bus.h>

/* How to reach an engine. */
struct bus_engine {
    const char *name;
    const struct msvc_bus_driver *const *drivers; /* ended by NULL */
    char url[512]; /* one broker for all tests: each uses topics and groups of its own */

    /* Optional: before and after each test, for an engine that wants another url each time. */
    int (*setup)(struct bus_engine *engine);
    void (*teardown)(struct bus_engine *engine);

    /* Optional: take the broker away and bring it back with all it had confirmed. */
    int (*stop)(struct bus_engine *engine);
    int (*start)(struct bus_engine *engine);

    bool crosses_processes;
    unsigned patience_ms;  /* how long something may take before it counts as lost; default 10000 */
    size_t payload_tested; /* the largest payload to try; default payload_most */
    void *user;
};

/* Runs every test; what main() returns. */
int bus_suite(struct bus_engine *engine);

#endif

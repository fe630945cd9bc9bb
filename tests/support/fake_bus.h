/* SPDX-License-Identifier: MIT */
/* A bus driver that does what a test says and remembers what the core asked. `fake:` is its URL. */
#ifndef MSVC_TEST_FAKE_BUS_H
#define MSVC_TEST_FAKE_BUS_H

#include <msvc/driver/bus.h>

#define FAKE_BUS_MOST 64

struct fake_bus_settled {
    uint64_t tag;
    enum msvc_disposition disposition;
    unsigned delay_ms;
    char reason[128];
};

struct fake_bus_delivery {
    struct msvc_message message; /* its strings are the test's */
    uint64_t tag;
    unsigned attempt;
};

struct fake_bus {
    struct msvc_bus_driver driver; /* give &fake->driver to msvc_bus_open() */
    struct msvc_bus_capabilities capabilities;
    struct msvc_bus_host *host;

    bool is_connected;
    int publish_status; /* what publish() answers */
    int run_status;     /* what run_once() answers when it has nothing to report */

    void *publishes[FAKE_BUS_MOST]; /* accepted, in order */
    size_t publish_count;
    void *subscription; /* the last one */
    struct fake_bus_settled settled[FAKE_BUS_MOST];
    size_t settled_count;
    unsigned run_count;
    bool was_stopped;

    /* What the next run_once() reports. */
    struct msvc_publish_result result;
    void *result_for; /* NULL: none */
    struct fake_bus_delivery deliveries[FAKE_BUS_MOST];
    size_t delivery_count;
    bool disconnects;
};

/* One at a time in a program: the driver's open() has no other way to find it. */
void fake_bus_init(struct fake_bus *fake);

/* Have run_once() deliver one to the last subscription. */
void fake_bus_deliver(struct fake_bus *fake, uint64_t tag, unsigned attempt,
                      const struct msvc_message *message);

#endif

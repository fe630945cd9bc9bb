/* SPDX-License-Identifier: MIT */
/*
 * A bus driver that does as it is told: hold outcomes back, refuse, answer
 * nothing, be away. One at a time: fake_broker_init() before msvc_bus_open(&bus,
 * "fake:", …).
 */
#ifndef MSVC_TEST_FAKE_BROKER_H
#define MSVC_TEST_FAKE_BROKER_H

#include <msvc/driver/bus.h>

#define FAKE_BROKER_SENT 8192
#define FAKE_BROKER_TEXT 40

/* A publish as the broker saw it. */
struct fake_publish {
    void *publish; /* NULL: it has had its outcome */
    char id[FAKE_BROKER_TEXT];
    char key[FAKE_BROKER_TEXT];
    char payload[FAKE_BROKER_TEXT]; /* cut */
    char traceparent[64];
    enum msvc_publish_outcome outcome;
    size_t sent_at; /* in sends and outcomes since the start */
    size_t ended_at;
};

struct fake_broker {
    struct msvc_bus_host *host;
    bool is_away;
    bool holds; /* no outcome until it is false again */

    /* What to answer; default: confirm. */
    enum msvc_publish_outcome (*decide)(const struct fake_publish *publish, bool *is_permanent,
                                        void *user);
    void *user;

    struct fake_publish sent[FAKE_BROKER_SENT]; /* everything ever published */
    size_t count;
    size_t steps;
};

const struct msvc_bus_driver *fake_broker_driver(void);

/* The fake that the driver's next handle is. */
void fake_broker_init(struct fake_broker *fake);

/* The connection breaks: whatever has no outcome ends UNKNOWN at the next run. */
void fake_broker_break(struct fake_broker *fake);

/* How many publishes of this payload, and of them with this outcome. */
size_t fake_broker_times(const struct fake_broker *fake, const char *payload);
size_t fake_broker_confirmed(const struct fake_broker *fake, const char *payload);

#endif

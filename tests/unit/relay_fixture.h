/* SPDX-License-Identifier: MIT */
/* A relay over a SQLite file and a bus that does as it is told, at a time that stands still. */
#ifndef MSVC_TEST_RELAY_FIXTURE_H
#define MSVC_TEST_RELAY_FIXTURE_H

#include <sqlite3.h>

#include <msvc/bus.h>
#include <msvc/error.h>
#include <msvc/relay.h>
#include <msvc/store.h>

#include "fake_broker.h"
#include "fake_clock.h"
#include "fake_random.h"

#include "test.h"

struct fixture {
    char folder[64];
    char path[96];
    char url[128];
    struct fake_clock clock;
    struct fake_random random;
    struct fake_broker broker;
    struct msvc_store *store;
    struct msvc_bus *bus;
    struct msvc_relay *relay;
    struct msvc_error err;
};

int setup(void **state);
int teardown(void **state);

/* Another relay than the one that setup() made, in its place. */
void use_relay(struct fixture *f, const struct msvc_relay_options *options);
int open_relay(struct msvc_relay **out, struct fixture *f, const char *owner);

void append(struct fixture *f, const char *key, const char *payload);
int64_t number(struct fixture *f, const char *sql);
void run_sql(struct fixture *f, const char *sql);

/* Some turns of the relay, or as many as it takes until nothing is left to publish. */
void turn(struct fixture *f, int turns);
void pass_ms(struct fixture *f, uint64_t ms);

/* The payloads published so far, joined: "1 2 3". */
const char *sent(const struct fixture *f);

#endif

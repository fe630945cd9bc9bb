/* SPDX-License-Identifier: MIT */
/* What the tests of the bus suite share: buses of one test, and recorders that count what came. */
#ifndef MSVC_TEST_BUS_SUPPORT_H
#define MSVC_TEST_BUS_SUPPORT_H

#include <msvc/bus.h>
#include <msvc/error.h>

#include "bus_suite.h"

#include "test.h"

#define BUS_MOST     12
#define RECORDS_MOST 4096

struct recorder;

struct fixture {
    struct bus_engine *engine;
    struct recorder *recorders[16];
    size_t recorder_count;
    struct msvc_bus *buses[BUS_MOST];
    size_t bus_count;
    unsigned sent; /* outcomes that came */
    unsigned confirmed;
    char prefix[32]; /* of topics and groups: nobody else's */
    char names[16][300];
    unsigned name_at;
};

/* One delivery. */
struct record {
    char key[16];
    char payload[32];
    unsigned attempt;
    uint64_t at_ns;
};

/* The user pointer of record(): what to answer, and what came. */
struct recorder {
    struct record records[RECORDS_MOST];
    unsigned count;
    enum msvc_disposition answer; /* default ACK, which is 0 */
    const char *answer_for;       /* only this payload gets the answer; NULL: all */
    unsigned answer_times;        /* the others get ACK; 0: always */
    unsigned answered;
    bool has_delay;
    unsigned delay_ms;
    struct msvc_delivery *later[64];
    unsigned later_count;
};

/* Before the first call a test may fork. */
struct fixture *fixture_of(void **state);

/* Freed with the test. Answers ACK unless told otherwise. */
struct recorder *new_recorder(struct fixture *f);

/* Ends the test when it fails. */
struct msvc_bus *open_bus(struct fixture *f);
struct msvc_bus *open_bus_with(struct fixture *f, const struct msvc_bus_options *options);
void close_bus(struct fixture *f, struct msvc_bus *bus);

/* "orders" becomes this test's own topic or group; good for the next 16 calls. */
const char *own(struct fixture *f, const char *name);

msvc_delivery_fn record;

/* Subscribe and wait until it stands at the broker. */
void subscribe(struct fixture *f, struct msvc_bus *bus, const char *group, const char *topic,
               struct recorder *recorder);
void subscribe_with(struct fixture *f, struct msvc_bus *bus,
                    const struct msvc_subscription *subscription);

/* Publish one with this payload; key may be NULL. */
void publish(struct fixture *f, struct msvc_bus *bus, const char *topic, const char *key,
             const char *payload);

/* Run all buses of the test once, in turn. */
void run_all(struct fixture *f, int timeout_ms);

/* Run all buses until it is so; fail the test when it takes too long. */
typedef bool condition_fn(void *user);
void run_until(struct fixture *f, condition_fn *condition, void *user);
void wait_for_count(struct fixture *f, const struct recorder *recorder, unsigned count);
void wait_for_all_confirmed(struct fixture *f);

/* Run on for a while in which nothing should happen. */
void run_quietly(struct fixture *f, int ms);

/* How many of the recorder's deliveries had this payload. */
unsigned times_seen(const struct recorder *recorder, const char *payload);

/* Ends a test of something that this engine does not claim, and says so. */
#define only_if(condition, reason)                     \
    do {                                               \
        if (!(condition)) {                            \
            print_message("# not here: " reason "\n"); \
            return;                                    \
        }                                              \
    } while (0)

#endif

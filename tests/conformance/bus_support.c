/* SPDX-License-Identifier: MIT */
#include "bus_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/uuid.h>

struct fixture *fixture_of(void **state)
{
    return *state;
}

struct recorder *new_recorder(struct fixture *f)
{
    struct recorder *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    assert_true(f->recorder_count < sizeof(f->recorders) / sizeof(f->recorders[0]));
    f->recorders[f->recorder_count++] = r;
    return r;
}

struct msvc_bus *open_bus_with(struct fixture *f, const struct msvc_bus_options *options)
{
    struct msvc_error err = { .message = "" };

    assert_true(f->bus_count < BUS_MOST);
    if (msvc_bus_open(&f->buses[f->bus_count], f->engine->url, f->engine->drivers, options, &err) <
        0)
        fail_msg("%s: %s", f->engine->url, err.message);
    return f->buses[f->bus_count++];
}

struct msvc_bus *open_bus(struct fixture *f)
{
    return open_bus_with(f, NULL);
}

void close_bus(struct fixture *f, struct msvc_bus *bus)
{
    size_t at = 0;

    while (f->buses[at] != bus)
        at++;
    msvc_bus_close(bus);
    f->bus_count--;
    memmove(&f->buses[at], &f->buses[at + 1], (f->bus_count - at) * sizeof(f->buses[0]));
}

const char *own(struct fixture *f, const char *name)
{
    char *text = f->names[f->name_at++ % 16];

    (void)snprintf(text, sizeof(f->names[0]), "%s.%s", f->prefix, name);
    return text;
}

static bool gets_the_answer(const struct recorder *r, const struct record *record)
{
    if (r->answer_for != NULL && strcmp(r->answer_for, record->payload) != 0)
        return false;
    return r->answer_times == 0 || r->answered < r->answer_times;
}

enum msvc_disposition record(struct msvc_delivery *delivery, void *user)
{
    const struct msvc_message *m = msvc_delivery_message(delivery);
    struct recorder *r = user;
    struct record *at;

    assert_true(r->count < RECORDS_MOST);
    at = &r->records[r->count++];
    (void)snprintf(at->key, sizeof(at->key), "%s", m->key != NULL ? m->key : "");
    (void)snprintf(at->payload, sizeof(at->payload), "%.*s", (int)m->payload_length,
                   (const char *)m->payload);
    at->attempt = msvc_delivery_attempt(delivery);
    at->at_ns = msvc_clock_monotonic_ns(NULL);
    if (!gets_the_answer(r, at))
        return MSVC_DELIVERY_ACK;
    r->answered++;
    if (r->answer == MSVC_DELIVERY_RETRY && r->has_delay)
        return msvc_delivery_retry_in(delivery, r->delay_ms);
    if (r->answer == MSVC_DELIVERY_PARK)
        return msvc_delivery_park(delivery, "the test says so");
    if (r->answer == MSVC_DELIVERY_LATER)
        r->later[r->later_count++ % 64] = delivery;
    return r->answer;
}

static bool is_connected(void *user)
{
    return msvc_bus_is_connected(user);
}

void subscribe_with(struct fixture *f, struct msvc_bus *bus,
                    const struct msvc_subscription *subscription)
{
    struct msvc_error err = { .message = "" };

    if (msvc_bus_subscribe(bus, subscription, &err) < 0)
        fail_msg("subscribe: %s", err.message);
    run_all(f, 0);
    run_until(f, is_connected, bus);
}

void subscribe(struct fixture *f, struct msvc_bus *bus, const char *group, const char *topic,
               struct recorder *recorder)
{
    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, group), .topics = MSVC_TOPICS(own(f, topic)),
                                     .retry_least_ms = 1, .handler = record, .user = recorder));
}

static void note(const struct msvc_publish_result *result, void *user)
{
    struct fixture *f = user;

    f->sent--;
    f->confirmed += result->outcome == MSVC_PUBLISH_CONFIRMED;
}

void publish(struct fixture *f, struct msvc_bus *bus, const char *topic, const char *key,
             const char *payload)
{
    const struct msvc_message *m =
        MSVC_MESSAGE(.type = "test", .topic = own(f, topic), .key = key, .payload = payload,
                     .payload_length = strlen(payload), .content_type = "text/plain");
    struct msvc_error err = { .message = "" };
    int status;

    while ((status = msvc_bus_publish(bus, m, note, f, &err)) == MSVC_ERR_REJECTED)
        run_all(f, 10); /* the window is full */
    if (status < 0)
        fail_msg("publish: %s", err.message);
    f->sent++;
}

void run_all(struct fixture *f, int timeout_ms)
{
    for (size_t i = 0; i < f->bus_count; i++)
        (void)msvc_bus_run_once(f->buses[i], timeout_ms, NULL);
}

void run_until(struct fixture *f, condition_fn *condition, void *user)
{
    uint64_t deadline = msvc_deadline_in(NULL, f->engine->patience_ms);

    while (!condition(user)) {
        if (msvc_deadline_left_ms(NULL, deadline, 1) == 0)
            fail_msg("waited %u ms in vain", f->engine->patience_ms);
        run_all(f, 5);
    }
}

struct wanted {
    const struct recorder *recorder;
    unsigned count;
};

static bool has_count(void *user)
{
    const struct wanted *wanted = user;

    return wanted->recorder->count >= wanted->count;
}

void wait_for_count(struct fixture *f, const struct recorder *recorder, unsigned count)
{
    struct wanted wanted = { recorder, count };

    run_until(f, has_count, &wanted);
}

static bool has_no_open_publish(void *user)
{
    const struct fixture *f = user;

    return f->sent == 0;
}

void wait_for_all_confirmed(struct fixture *f)
{
    run_until(f, has_no_open_publish, f);
}

void run_quietly(struct fixture *f, int ms)
{
    uint64_t deadline = msvc_deadline_in(NULL, ms);

    do {
        run_all(f, 5);
    } while (msvc_deadline_left_ms(NULL, deadline, 1) > 0);
}

unsigned times_seen(const struct recorder *recorder, const char *payload)
{
    unsigned times = 0;

    for (unsigned i = 0; i < recorder->count; i++)
        times += strcmp(recorder->records[i].payload, payload) == 0;
    return times;
}

/* SPDX-License-Identifier: MIT */
/*
 * A publish is in one of three lists: pending (the driver does not have it),
 * handed (it has), ended (the caller is to be told). The window counts those
 * whose caller has not been told.
 */
#include "bus/bus_internal.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/uuid.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define ORIGIN "bus"

static void publish_free(struct msvc_bus *bus, struct publish *p)
{
    bus->publishes--;
    list_take_out(&p->link);
    msvc_message_free(p->message);
    free(p->reason);
    free(p);
}

/* The bus's clock and randomness, where the message has no id or time of its own. */
static int copy_message(struct msvc_message **out, struct msvc_bus *bus,
                        const struct msvc_message *message, struct msvc_error *err)
{
    const char *source = bus->options.source != NULL ? bus->options.source : "/";
    char id[MSVC_UUID_SIZE];
    struct msvc_message m;

    if (message == NULL || msvc__options_copy(&m, sizeof(m), message) < 0)
        return msvc_message_copy(out, message, source, err); /* which says what is wrong */
    if (m.id == NULL) {
        msvc_uuid_new(id, bus->host.clock, bus->host.random);
        m.id = id;
    }
    if (m.time_ns == 0)
        m.time_ns = msvc_clock_wall_ns(bus->host.clock);
    return msvc_message_copy(out, &m, source, err);
}

static int check_size(const struct msvc_bus *bus, const struct msvc_message *message,
                      struct msvc_error *err)
{
    size_t most = bus->driver->capabilities(bus->handle)->payload_most;

    if (message->payload_length <= most)
        return 0;
    return msvc_error_set(err, MSVC_ERR_LIMIT, bus->driver->origin, 0,
                          "payload has %zu bytes, this engine takes %zu", message->payload_length,
                          most);
}

static int publish_new(struct publish **out, struct msvc_bus *bus,
                       const struct msvc_message *message, struct msvc_error *err)
{
    struct publish *p = msvc__new(sizeof(*p));
    int status;

    if (p == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, ORIGIN, 0, "no memory for a publish");
    bus->publishes++;
    list_init(&p->link);
    status = copy_message(&p->message, bus, message, err);
    if (status == 0)
        status = check_size(bus, p->message, err);
    if (status < 0) {
        publish_free(bus, p);
        return status;
    }
    p->deadline_ns = msvc_deadline_in(bus->host.clock, bus->options.timeout_ms);
    *out = p;
    return 0;
}

/* To the driver, if it can take it now. What it refuses is the caller's error. */
static int hand_over(struct msvc_bus *bus, struct publish *p, struct msvc_error *err)
{
    int status = MSVC_ERR_UNAVAILABLE;

    if (bus->driver->is_connected(bus->handle))
        status = bus->driver->publish(bus->handle, p->message, p, err);
    list_take_out(&p->link);
    list_add(status == 0 ? &bus->handed : &bus->pending, &p->link);
    return status == MSVC_ERR_UNAVAILABLE ? 0 : status;
}

static int start(struct publish **out, struct msvc_bus *bus, const struct msvc_message *message,
                 struct msvc_error *err)
{
    struct publish *p = NULL;
    int status = msvc__bus_check(bus, err);

    if (status < 0)
        return status;
    assert(bus != NULL);
    if (bus->publishes >= bus->options.window)
        return msvc_error_set(err, MSVC_ERR_REJECTED, ORIGIN, 0,
                              "%u publishes wait for their outcome already", bus->options.window);
    status = publish_new(&p, bus, message, err);
    if (status < 0)
        return status;
    if (list_is_empty(&bus->pending))
        status = hand_over(bus, p, err);
    else
        list_add(&bus->pending, &p->link);
    if (status < 0) {
        publish_free(bus, p);
        return status;
    }
    bus->counts.waiting++;
    *out = p;
    return 0;
}

int msvc_bus_publish(struct msvc_bus *bus, const struct msvc_message *message,
                     msvc_published_fn *fn, void *user, struct msvc_error *err)
{
    struct publish *p = NULL;
    int status = start(&p, bus, message, err);

    if (status == 0) {
        p->fn = fn;
        p->user = user;
    }
    return status;
}

static void end(struct msvc_bus *bus, struct publish *p, enum msvc_publish_outcome outcome,
                bool is_permanent, const char *reason)
{
    p->result.outcome = outcome;
    p->result.is_permanent = is_permanent;
    if (reason != NULL && *reason != '\0')
        p->reason = msvc__copy_text(reason); /* NULL when out of memory: then there is no reason */
    list_take_out(&p->link);
    list_add(&bus->ended, &p->link);
}

void msvc__publish_report(struct msvc_bus_host *host, void *publish,
                          const struct msvc_publish_result *result)
{
    struct msvc_bus *bus = (struct msvc_bus *)(void *)host;
    struct publish *p = publish;

    msvc_message_free(p->message);
    p->message = NULL;
    if (p->is_told)
        publish_free(bus, p);
    else
        end(bus, p, result->outcome, result->is_permanent, result->reason);
}

void msvc__publish_hand_over(struct msvc_bus *bus)
{
    struct link *first;

    while (bus->driver->is_connected(bus->handle) && (first = list_first(&bus->pending)) != NULL) {
        struct publish *p = ITEM(struct publish, first);
        struct msvc_error err;
        int status = bus->driver->publish(bus->handle, p->message, p, &err);

        if (status == MSVC_ERR_UNAVAILABLE)
            return;
        list_take_out(&p->link);
        if (status == 0)
            list_add(&bus->handed, &p->link);
        else
            end(bus, p, MSVC_PUBLISH_REFUSED, msvc_status_retry(status) == MSVC_RETRY_NEVER,
                err.message);
    }
}

/* NULL when none waits for an outcome: in these lists the first is the oldest. */
static struct publish *first_untold(struct link *list)
{
    for (struct link *at = list->next; at != list; at = at->next) {
        if (!ITEM(struct publish, at)->is_told)
            return ITEM(struct publish, at);
    }
    return NULL;
}

uint64_t msvc__publish_deadline(struct msvc_bus *bus)
{
    const struct publish *pending = first_untold(&bus->pending);
    const struct publish *handed = first_untold(&bus->handed);

    if (pending == NULL || handed == NULL)
        return pending != NULL ? pending->deadline_ns : handed != NULL ? handed->deadline_ns : 0;
    return pending->deadline_ns < handed->deadline_ns ? pending->deadline_ns : handed->deadline_ns;
}

static unsigned tell(struct msvc_bus *bus, struct publish *p, enum msvc_publish_outcome outcome,
                     const char *reason)
{
    struct msvc_publish_result result = { outcome, p->result.is_permanent, reason };

    bus->counts.waiting--;
    bus->counts.confirmed += outcome == MSVC_PUBLISH_CONFIRMED;
    bus->counts.refused += outcome == MSVC_PUBLISH_REFUSED;
    bus->counts.unknown += outcome == MSVC_PUBLISH_UNKNOWN;
    p->is_told = true;
    if (p->fn != NULL)
        p->fn(&result, p->user);
    return 1;
}

/* The driver still has its message, so that it stays until the driver reports. */
void msvc__publish_expire(struct msvc_bus *bus)
{
    struct publish *p;

    while ((p = first_untold(&bus->pending)) != NULL &&
           msvc_deadline_left_ms(bus->host.clock, p->deadline_ns, 1) == 0)
        end(bus, p, MSVC_PUBLISH_UNKNOWN, false, "not connected in time");
    while ((p = first_untold(&bus->handed)) != NULL &&
           msvc_deadline_left_ms(bus->host.clock, p->deadline_ns, 1) == 0)
        (void)tell(bus, p, MSVC_PUBLISH_UNKNOWN, "no outcome in time");
}

unsigned msvc__publish_tell(struct msvc_bus *bus)
{
    unsigned told = 0;
    struct link *first;

    while ((first = list_pop(&bus->ended)) != NULL) {
        struct publish *p = ITEM(struct publish, first);

        told += tell(bus, p, p->result.outcome, p->reason != NULL ? p->reason : "");
        publish_free(bus, p);
    }
    return told;
}

/* The bus is closing: nobody will say more about any of them. In a child nobody is told. */
void msvc__publish_end_all(struct msvc_bus *bus)
{
    struct link *first;

    list_move_all(&bus->pending, &bus->handed);
    if (!bus->host.is_inherited)
        (void)msvc__publish_tell(bus);
    list_move_all(&bus->pending, &bus->ended);
    while ((first = list_pop(&bus->pending)) != NULL) {
        struct publish *p = ITEM(struct publish, first);

        if (!p->is_told && !bus->host.is_inherited)
            (void)tell(bus, p, MSVC_PUBLISH_UNKNOWN, "the bus was closed");
        publish_free(bus, p);
    }
}

/* ---- waiting for one ---- */

struct wait {
    bool is_over;
    enum msvc_publish_outcome outcome;
    char reason[200];
};

static void note(const struct msvc_publish_result *result, void *user)
{
    struct wait *wait = user;

    wait->is_over = true;
    wait->outcome = result->outcome;
    strncat(wait->reason, result->reason, sizeof(wait->reason) - 1);
}

static int outcome_status(const struct wait *wait, struct msvc_error *err)
{
    if (wait->outcome == MSVC_PUBLISH_CONFIRMED)
        return 0;
    if (wait->outcome == MSVC_PUBLISH_REFUSED)
        return msvc_error_set(err, MSVC_ERR_REFUSED, ORIGIN, 0, "refused: %s", wait->reason);
    return msvc_error_set(err, MSVC_ERR_UNKNOWN, ORIGIN, 0, "outcome unknown: %s", wait->reason);
}

int msvc_bus_publish_wait(struct msvc_bus *bus, const struct msvc_message *message, int timeout_ms,
                          struct msvc_error *err)
{
    uint64_t deadline = msvc_deadline_in(NULL, timeout_ms); /* waiting is in real time */
    struct wait wait = { .reason = "" };
    struct publish *p = NULL;
    int status;

    if (bus != NULL && bus->is_running)
        return msvc_error_set(err, MSVC_ERR_STATE, ORIGIN, 0, "waiting inside of a callback");
    status = start(&p, bus, message, err);
    if (status < 0)
        return status;
    p->fn = note;
    p->user = &wait;
    for (;;) {
        int left = msvc_deadline_left_ms(NULL, deadline, INT_MAX);

        status = msvc_bus_run_once(bus, left, err);
        if (wait.is_over)
            return outcome_status(&wait, err);
        if (status < 0 && status != MSVC_ERR_UNAVAILABLE)
            break;
        if (left == 0) {
            status = msvc_error_set(err, MSVC_ERR_TIMEOUT, ORIGIN, 0, "no outcome within %d ms",
                                    timeout_ms);
            break;
        }
    }
    p->fn = NULL;
    return status;
}

/* SPDX-License-Identifier: MIT */
/*
 * A delivery belongs to the connection it came by: when that breaks the engine
 * delivers again, so that whatever is decided about the old one is ignored.
 * Where the engine does not hold back a key, the core does: it retries in
 * place and lets nothing of the key pass.
 */
#include "bus/bus_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"

#define LOST_RETRY_MS 1000

static struct msvc_bus *bus_of(struct msvc_bus_host *host)
{
    return (struct msvc_bus *)(void *)host;
}

static bool is_stale(const struct msvc_delivery *d)
{
    return d->epoch != d->bus->epoch;
}

/* ---- arriving ---- */

/* Decided before there is a delivery: the driver may not be called now, so keep it for later. */
static void refuse(struct subscription *s, uint64_t tag, enum msvc_disposition disposition)
{
    if (s->stillborn_count < s->wanted.max_in_flight)
        s->stillborn[s->stillborn_count++] = (struct stillborn){ tag, disposition };
}

/* The driver's message, with no trace of whoever is running the bus mixed in. */
static int copy_message(struct msvc_message **out, const struct msvc_message *message)
{
    struct msvc_span_scope scope;
    int status;

    msvc_trace_enter(&scope, NULL);
    status = msvc_message_copy(out, message, "/", NULL);
    msvc_span_leave(&scope);
    return status;
}

static void enter(struct msvc_delivery *d)
{
    bool may_run = msvc__keys_enter(d->subscription, d);

    list_add(may_run ? &d->bus->ready : &d->bus->held, &d->link);
}

void msvc__delivery_report(struct msvc_bus_host *host, void *subscription,
                           const struct msvc_message *message, uint64_t tag, unsigned attempt)
{
    struct msvc_bus *bus = bus_of(host);
    struct subscription *s = subscription;
    struct msvc_message *copy = NULL;
    struct msvc_delivery *d = msvc__new(sizeof(*d));
    int status = d != NULL ? copy_message(&copy, message) : MSVC_ERR_NOMEM;

    if (status < 0) {
        free(d);
        refuse(s, tag, status == MSVC_ERR_NOMEM ? MSVC_DELIVERY_RETRY : MSVC_DELIVERY_PARK);
        return;
    }
    msvc__hub_ref(bus->hub);
    *d = (struct msvc_delivery){ .bus = bus,
                                 .hub = bus->hub,
                                 .subscription = s,
                                 .message = copy,
                                 .tag = tag,
                                 .epoch = bus->epoch,
                                 .attempt = attempt };
    bus->counts.in_flight++;
    bus->counts.redelivered += attempt > 1;
    enter(d);
}

/* ---- leaving ---- */

/* It is in no bucket any more. */
static void delivery_free(struct msvc_delivery *d)
{
    list_take_out(&d->link);
    d->bus->counts.in_flight--;
    msvc__hub_unref(d->hub);
    msvc_message_free(d->message);
    free(d);
}

static void discard(struct msvc_delivery *d)
{
    (void)msvc__keys_leave(d->subscription, d);
    delivery_free(d);
}

/* Decided: the next of its key may go. */
static void forget(struct msvc_delivery *d)
{
    struct msvc_delivery *next = msvc__keys_leave(d->subscription, d);

    if (next != NULL) {
        list_take_out(&next->link);
        list_add(&d->bus->ready, &next->link);
    }
    delivery_free(d);
}

static void count(struct msvc_bus *bus, enum msvc_disposition disposition)
{
    bus->counts.acked += disposition == MSVC_DELIVERY_ACK;
    bus->counts.retried += disposition == MSVC_DELIVERY_RETRY;
    bus->counts.parked += disposition == MSVC_DELIVERY_PARK;
    bus->counts.dropped += disposition == MSVC_DELIVERY_DROP;
}

static unsigned delay_of(const struct msvc_delivery *d)
{
    const struct msvc_subscription *wanted = &d->subscription->wanted;
    unsigned delay = wanted->retry_least_ms;

    if (d->has_delay)
        return d->delay_ms;
    for (unsigned i = 1; i < d->attempt && delay < wanted->retry_most_ms; i++)
        delay = delay <= wanted->retry_most_ms / 2 ? delay * 2 : wanted->retry_most_ms;
    return delay < wanted->retry_most_ms ? delay : wanted->retry_most_ms;
}

static bool has_tried_enough(const struct msvc_delivery *d)
{
    return d->attempt >= d->subscription->wanted.max_attempts;
}

static void retry_in_place(struct msvc_delivery *d)
{
    d->retry_at_ns = msvc_deadline_in(d->bus->host.clock, delay_of(d));
    d->attempt++;
    d->has_delay = false;
    list_take_out(&d->link);
    list_add(&d->bus->retrying, &d->link);
}

/* What the driver cannot pass on leads to another delivery: nothing to do about it here. */
static void settle(struct msvc_delivery *d, enum msvc_disposition disposition)
{
    struct msvc_bus *bus = d->bus;

    if (disposition == MSVC_DELIVERY_RETRY && has_tried_enough(d)) {
        disposition = MSVC_DELIVERY_PARK;
        (void)snprintf(d->reason, sizeof(d->reason), "gave up after %u attempts",
                       d->subscription->wanted.max_attempts);
    }
    msvc__delivery_span_end(d, disposition);
    count(bus, disposition);
    if (disposition == MSVC_DELIVERY_RETRY && d->subscription->keeps_order) {
        retry_in_place(d);
        return;
    }
    (void)bus->driver->settle(bus->handle, d->subscription, d->tag, disposition,
                              disposition == MSVC_DELIVERY_RETRY ? delay_of(d) : 0, d->reason,
                              NULL);
    forget(d);
}

static enum msvc_disposition known(enum msvc_disposition disposition)
{
    switch (disposition) {
    case MSVC_DELIVERY_ACK:
    case MSVC_DELIVERY_PARK:
    case MSVC_DELIVERY_DROP:
        return disposition;
    default:
        return MSVC_DELIVERY_RETRY; /* the only answer that loses nothing */
    }
}

static void decide(struct msvc_delivery *d, enum msvc_disposition disposition)
{
    if (is_stale(d)) {
        msvc__delivery_span_end(d, disposition);
        discard(d);
    } else {
        settle(d, known(disposition));
    }
}

/* ---- handling ---- */

const struct msvc_trace_context *msvc_delivery_context(const struct msvc_delivery *d)
{
    return msvc_trace_context_is_valid(&d->context) ? &d->context : NULL;
}

static enum msvc_disposition call_handler(struct msvc_delivery *d)
{
    const struct msvc_subscription *wanted = &d->subscription->wanted;
    struct msvc_span_scope scope;
    enum msvc_disposition disposition;

    (void)msvc_trace_context_parse(&d->context, d->message->traceparent, d->message->tracestate);
    d->span = msvc__delivery_span(d, &d->context);
    if (d->span != NULL)
        d->context = *msvc_span_context(d->span);
    msvc_trace_enter(&scope, msvc_delivery_context(d));
    disposition = wanted->handler(d, wanted->user);
    msvc_span_leave(&scope);
    return disposition;
}

static void handle(struct msvc_delivery *d)
{
    struct msvc_bus *bus = d->bus;
    enum msvc_disposition disposition;

    if (d->attempt > d->subscription->wanted.max_attempts) {
        /* the engine counts deliveries whose handler never came back */
        settle(d, MSVC_DELIVERY_RETRY);
        return;
    }
    list_add(&bus->later, &d->link);
    disposition = call_handler(d);
    if (disposition == MSVC_DELIVERY_LATER)
        bus->later_count++;
    else
        decide(d, disposition);
}

unsigned msvc__delivery_handle_ready(struct msvc_bus *bus)
{
    unsigned handled = 0;
    struct link now;
    struct link *first;

    list_init(&now);
    if (!bus->is_draining)
        list_move_all(&now, &bus->ready);
    while ((first = list_pop(&now)) != NULL) {
        handle(ITEM(struct msvc_delivery, first));
        handled++;
    }
    return handled;
}

/* ---- what happens between ---- */

static void settle_stillborn(struct msvc_bus *bus)
{
    for (struct link *at = bus->subscriptions.next; at != &bus->subscriptions; at = at->next) {
        struct subscription *s = ITEM(struct subscription, at);

        for (unsigned i = 0; i < s->stillborn_count; i++) {
            const struct stillborn *b = &s->stillborn[i];
            bool is_bad = b->disposition == MSVC_DELIVERY_PARK;

            count(bus, b->disposition);
            (void)bus->driver->settle(bus->handle, s, b->tag, b->disposition,
                                      is_bad ? 0 : LOST_RETRY_MS,
                                      is_bad ? "breaks the rules or limits of messages" : "", NULL);
        }
        s->stillborn_count = 0;
    }
}

/* The hub gives the newest first. */
static struct msvc_delivery *take_settled(struct hub *hub)
{
    struct msvc_delivery *newest;
    struct msvc_delivery *oldest = NULL;

    (void)pthread_mutex_lock(&hub->lock);
    newest = hub->settled;
    hub->settled = NULL;
    (void)pthread_mutex_unlock(&hub->lock);
    while (newest != NULL) {
        struct msvc_delivery *next = newest->next_settled;

        newest->next_settled = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

void msvc__delivery_settle_queued(struct msvc_bus *bus)
{
    struct msvc_delivery *d = take_settled(bus->hub);

    while (d != NULL) {
        struct msvc_delivery *next = d->next_settled;

        bus->later_count--;
        decide(d, d->disposition);
        d = next;
    }
    settle_stillborn(bus);
}

static void discard_stale(struct link *list)
{
    struct link *next;

    for (struct link *at = list->next; at != list; at = next) {
        next = at->next;
        if (is_stale(ITEM(struct msvc_delivery, at)))
            discard(ITEM(struct msvc_delivery, at));
    }
}

/* Those that nobody has seen yet, or that were to be seen again. */
void msvc__delivery_release_stale(struct msvc_bus *bus)
{
    discard_stale(&bus->held);
    discard_stale(&bus->retrying);
    discard_stale(&bus->ready);
}

void msvc__delivery_wake_retries(struct msvc_bus *bus)
{
    struct link *next;

    for (struct link *at = bus->retrying.next; at != &bus->retrying; at = next) {
        struct msvc_delivery *d = ITEM(struct msvc_delivery, at);

        next = at->next;
        if (msvc_deadline_left_ms(bus->host.clock, d->retry_at_ns, 1) > 0)
            continue;
        list_take_out(at);
        list_add(&bus->ready, at);
    }
}

uint64_t msvc__delivery_deadline(struct msvc_bus *bus)
{
    uint64_t earliest = 0;

    for (struct link *at = bus->retrying.next; at != &bus->retrying; at = at->next) {
        uint64_t due = ITEM(struct msvc_delivery, at)->retry_at_ns;

        if (earliest == 0 || due < earliest)
            earliest = due;
    }
    return earliest;
}

/* ---- closing ---- */

static void discard_all(struct link *list)
{
    struct link *first;

    while ((first = list_pop(list)) != NULL)
        discard(ITEM(struct msvc_delivery, first));
}

/*
 * What others have decided by now still goes to the driver. From then on
 * settle() frees, on its thread, what nobody here knows any more. False when
 * somebody was faster: try again.
 */
static bool leave_hub(struct msvc_bus *bus)
{
    struct hub *hub = bus->hub;
    struct link *first;
    bool is_closed;

    msvc__delivery_settle_queued(bus);
    discard_all(&bus->held);
    discard_all(&bus->retrying);
    discard_all(&bus->ready);
    (void)pthread_mutex_lock(&hub->lock);
    is_closed = hub->is_closed = hub->settled == NULL;
    while (is_closed && (first = list_pop(&bus->later)) != NULL) {
        struct msvc_delivery *d = ITEM(struct msvc_delivery, first);

        msvc_span_end(d->span);
        d->span = NULL;
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return is_closed;
}

void msvc__delivery_abandon_all(struct msvc_bus *bus)
{
    while (!leave_hub(bus))
        ;
}

/* SPDX-License-Identifier: MIT */
/*
 * A message is sent when all of its key before it are confirmed. What the
 * broker refuses rests and is sent again, until it is refused for good or too
 * often; what it does not answer for is sent again at once, with the same id.
 */
#include "outbox/relay_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/message.h>
#include <msvc/random.h>
#include <msvc/status.h>
#include <msvc/telemetry.h>

#include "base/alloc_internal.h"

#define NS_PER_MS     UINT64_C(1000000)
#define FIRST_REST_MS 100u
#define MOST_SHIFT    8 /* 25.6 s */
#define REMOVE_BATCH  256

/* A trace of its own, linked to the one that the message carries on unchanged. */
static void start_span(struct msvc_relay *r, struct msvc__row *row)
{
    const struct msvc_message *m = row->message;
    struct msvc_tracer *tracer = msvc_telemetry_tracer(r->options.telemetry);
    const struct msvc_trace_context none = { .is_remote = false };
    const struct msvc_trace_context *links[] = { NULL, NULL };
    struct msvc_trace_context stored;
    char name[sizeof("send ") + MSVC_MESSAGE_NAME_MAX];
    int64_t age_ns;

    if (tracer == NULL)
        return;
    age_ns = msvc_clock_wall_ns(r->options.clock) - row->created_wall_ns;
    if (msvc_trace_context_parse(&stored, m->traceparent, m->tracestate) == 0)
        links[0] = &stored;
    (void)snprintf(name, sizeof(name), "send %s", m->topic);
    row->span = msvc_span_start(
        tracer, name,
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_PRODUCER, .parent = &none, .links = links,
                          .attributes = MSVC_ATTRIBUTES(
                              MSVC_STR("messaging.operation.type", "send"),
                              MSVC_STR("messaging.operation.name", "send"),
                              MSVC_STR("messaging.destination.name", m->topic),
                              MSVC_STR("messaging.message.id", m->id),
                              MSVC_I64("messaging.message.body.size", (int64_t)m->payload_length),
                              MSVC_I64("outbox.age_ms", age_ns / (int64_t)NS_PER_MS))));
}

static void end_span(struct msvc__row *row, const struct msvc_publish_result *result)
{
    if (result->outcome != MSVC_PUBLISH_CONFIRMED)
        msvc_span_set_status(row->span, MSVC_SPAN_ERROR, result->reason);
    msvc_span_end(row->span);
    row->span = NULL;
}

/* Later messages of its key are read again once it is parked. */
static void put_aside(struct msvc_relay *r, struct msvc__row *row, const char *reason)
{
    const char *why = reason != NULL && *reason != '\0' ? reason : "refused";

    row->reason = msvc__copy_text(why); /* NULL when out of memory: then there is none */
    msvc__window_pass_over_behind(&r->window, row);
    msvc__window_move(&r->window, row, MSVC__ROW_PARKING);
}

static void rest(struct msvc_relay *r, struct msvc__row *row)
{
    unsigned shift = row->refusals - 1 < MOST_SHIFT ? row->refusals - 1 : MOST_SHIFT;
    uint64_t pause = (FIRST_REST_MS << shift) / 2;

    pause += msvc_random_below(r->options.random, pause + 1);
    row->due_ns = msvc_clock_monotonic_ns(r->options.clock) + pause * NS_PER_MS;
    msvc__window_pass_over_behind(&r->window, row);
    msvc__window_move(&r->window, row, MSVC__ROW_RESTING);
}

static void refused(struct msvc_relay *r, struct msvc__row *row,
                    const struct msvc_publish_result *result)
{
    row->refusals++;
    if (result->is_permanent || row->refusals >= r->options.refusals_before_park)
        put_aside(r, row, result->reason);
    else
        rest(r, row);
}

static void confirmed(struct msvc_relay *r, struct msvc__row *row)
{
    bool was_in_the_way = row->key != NULL && row->refusals > 0;

    msvc__window_pass_turn(&r->window, row);
    msvc__window_move(&r->window, row, MSVC__ROW_CONFIRMED);
    if (was_in_the_way)
        msvc__relay_look_again(r);
}

/* From the bus, while it runs. */
static void on_published(const struct msvc_publish_result *result, void *user)
{
    struct msvc__row *row = user;
    struct msvc_relay *r = row->relay;

    end_span(row, result);
    if (r == NULL)
        msvc__row_free(row);
    else if (result->outcome == MSVC_PUBLISH_CONFIRMED)
        confirmed(r, row);
    else if ((r->shards >> row->shard & 1) == 0)
        msvc__window_drop(&r->window, row);
    else if (result->outcome == MSVC_PUBLISH_UNKNOWN)
        msvc__window_move(&r->window, row, MSVC__ROW_READY);
    else
        refused(r, row, result);
}

/* Whether the message itself is at fault, and not the moment. */
static bool is_its_fault(int status)
{
    return status == MSVC_ERR_INVALID || status == MSVC_ERR_LIMIT || status == MSVC_ERR_MALFORMED ||
           status == MSVC_ERR_REFUSED || status == MSVC_ERR_UNSUPPORTED;
}

static int publish(struct msvc_relay *r, struct msvc__row *row, struct msvc_error *err)
{
    struct msvc_error why = { .message = "" };
    struct msvc_span_scope scope;
    int status;

    start_span(r, row);
    msvc_trace_enter(&scope, msvc_span_context(row->span));
    status = msvc_bus_publish(r->bus, row->message, on_published, row, &why);
    msvc_span_leave(&scope);
    if (status < 0)
        end_span(row, &(struct msvc_publish_result){ MSVC_PUBLISH_REFUSED, false, why.message });
    if (is_its_fault(status)) {
        put_aside(r, row, why.message);
        return 0;
    }
    if (status < 0) {
        if (err != NULL)
            *err = why;
        return status;
    }
    r->counts.resent += row->sends++ > 0;
    msvc__window_move(&r->window, row, MSVC__ROW_SENT);
    return 0;
}

uint64_t msvc__relay_due_ns(const struct msvc_relay *r)
{
    uint64_t least = 0;

    for (const struct msvc__row *row = r->window.lists[MSVC__ROW_RESTING].first; row != NULL;
         row = row->after) {
        if (least == 0 || row->due_ns < least)
            least = row->due_ns;
    }
    return least;
}

static void wake_rested(struct msvc_relay *r)
{
    struct msvc__row *row = r->window.lists[MSVC__ROW_RESTING].first;
    uint64_t now = row != NULL ? msvc_clock_monotonic_ns(r->options.clock) : 0;

    while (row != NULL) {
        struct msvc__row *next = row->after;

        if (now >= row->due_ns)
            msvc__window_move(&r->window, row, MSVC__ROW_READY);
        row = next;
    }
}

int msvc__relay_send(struct msvc_relay *r, struct msvc_error *err)
{
    const struct msvc__row_list *ready = &r->window.lists[MSVC__ROW_READY];
    const struct msvc__row_list *sent = &r->window.lists[MSVC__ROW_SENT];
    int count = 0;

    if (!msvc__relay_may_send(r))
        return 0;
    wake_rested(r);
    while (ready->first != NULL && sent->count < r->options.window) {
        int status = publish(r, ready->first, err);

        if (status == MSVC_ERR_REJECTED)
            break;
        if (status < 0)
            return status;
        count++;
    }
    return count;
}

/* Fewer removed than asked for: the lease may be lost, or a row is there that we think is gone. */
static void doubt(struct msvc_relay *r)
{
    r->lease_at = 0;
    msvc__relay_look_again(r);
}

static int remove_batch(struct msvc_relay *r, struct msvc_error *err)
{
    struct msvc__row_list *list = &r->window.lists[MSVC__ROW_CONFIRMED];
    uint64_t seqs[REMOVE_BATCH] = { 0 };
    size_t count = 0;
    int removed;

    for (const struct msvc__row *row = list->first; row != NULL && count < REMOVE_BATCH;
         row = row->after)
        seqs[count++] = row->seq;
    removed = r->outbox->remove(r->session, seqs, count, r->epoch, err);
    if (removed < 0)
        return msvc__relay_store_failed(r, removed);
    for (size_t i = 0; i < count; i++)
        msvc__window_drop(&r->window, list->first);
    r->counts.published += (uint64_t)removed;
    if ((size_t)removed < count)
        doubt(r);
    return removed;
}

static int park_one(struct msvc_relay *r, struct msvc__row *row, struct msvc_error *err)
{
    bool blocks_key =
        r->options.park_blocks_key && row->message != NULL && row->message->key != NULL;
    int parked =
        r->outbox->park(r->session, row->seq, row->sends,
                        row->reason != NULL ? row->reason : "refused", blocks_key, r->epoch, err);

    if (parked < 0)
        return msvc__relay_store_failed(r, parked);
    msvc_log_error(msvc_telemetry_log(r->options.telemetry), "outbox.parked",
                   MSVC_I64("outbox.seq", (int64_t)row->seq),
                   MSVC_STR("error.message", row->reason));
    msvc__window_drop(&r->window, row);
    r->counts.parked += (uint64_t)parked;
    if (parked == 0)
        doubt(r);
    else
        msvc__relay_look_again(r);
    return parked;
}

int msvc__relay_settle(struct msvc_relay *r, struct msvc_error *err)
{
    int count = 0;

    while (r->session != NULL && r->shards != 0 && r->window.lists[MSVC__ROW_CONFIRMED].count > 0) {
        int removed = remove_batch(r, err);

        if (removed < 0)
            return removed;
        count += removed;
    }
    while (r->session != NULL && r->shards != 0 && r->window.lists[MSVC__ROW_PARKING].count > 0) {
        int parked = park_one(r, r->window.lists[MSVC__ROW_PARKING].first, err);

        if (parked < 0)
            return parked;
        count += parked;
    }
    return count;
}

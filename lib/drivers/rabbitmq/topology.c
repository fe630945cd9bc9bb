/* SPDX-License-Identifier: MIT */
/*
 * A topic exchange, and per group a quorum queue `<exchange>.<group>` bound by
 * its patterns, `….parked` for what a person must look at, and as they are
 * needed `….retry.<ms>`: a message that expires there goes back to the group.
 * RabbitMQ expires only at the head of a queue, so each queue has one delay,
 * and a delay is rounded up to the next there is.
 */
#include "drivers/rabbitmq/rabbitmq_internal.h"

#include <stdio.h>

#include <msvc/status.h>

#define ENTRIES_MOST   8
#define UNROUTED_MOST  100000 /* messages kept that no group wants */
#define FIRST_DELAY_MS 50u
#define LAST_STEP      20 /* 50 ms * 2^20: fourteen hours */

struct arguments {
    amqp_table_entry_t entries[ENTRIES_MOST];
    amqp_table_t table;
};

static amqp_field_value_t *add(struct arguments *a, const char *name, uint8_t kind)
{
    amqp_table_entry_t *entry = &a->entries[a->table.num_entries++];

    a->table.entries = a->entries;
    entry->key = amqp_cstring_bytes(name);
    entry->value.kind = kind;
    return &entry->value;
}

static void add_text(struct arguments *a, const char *name, const char *value)
{
    add(a, name, AMQP_FIELD_KIND_UTF8)->value.bytes = amqp_cstring_bytes(value);
}

static void add_number(struct arguments *a, const char *name, int64_t value)
{
    add(a, name, AMQP_FIELD_KIND_I64)->value.i64 = value;
}

/* What leaves a queue by expiring or by a broker's own delivery limit goes to `queue`, and leaves
 * only when it is there. */
static void add_dead_letters(struct arguments *a, const char *queue)
{
    add_text(a, "x-dead-letter-exchange", "");
    add_text(a, "x-dead-letter-routing-key", queue);
    add_text(a, "x-dead-letter-strategy", "at-least-once");
    add_text(a, "x-overflow", "reject-publish");
}

static int answer(struct rmq *r, const char *doing, const char *name, struct msvc_error *err)
{
    char what[300];

    (void)snprintf(what, sizeof(what), "%s %s", doing, name);
    return msvc__rmq_reply_error(err, amqp_get_rpc_reply(r->amqp), what);
}

static int declare_queue(struct rmq *r, const char *name, struct arguments *a,
                         struct msvc_error *err)
{
    add_text(a, "x-queue-type", "quorum");
    (void)amqp_queue_declare(r->amqp, RMQ_CHANNEL_DECLARE, amqp_cstring_bytes(name), 0, 1, 0, 0,
                             a->table);
    return answer(r, "declare queue", name, err);
}

static int bind_queue(struct rmq *r, const char *queue, const char *exchange, const char *pattern,
                      struct msvc_error *err)
{
    (void)amqp_queue_bind(r->amqp, RMQ_CHANNEL_DECLARE, amqp_cstring_bytes(queue),
                          amqp_cstring_bytes(exchange), amqp_cstring_bytes(pattern),
                          amqp_empty_table);
    return answer(r, "bind queue", queue, err);
}

static int declare_unrouted(struct rmq *r, const char *name, struct msvc_error *err)
{
    struct arguments a = { .table = { 0 } };
    int status;

    (void)amqp_exchange_declare(r->amqp, RMQ_CHANNEL_DECLARE, amqp_cstring_bytes(name),
                                amqp_cstring_bytes("fanout"), 0, 1, 0, 0, amqp_empty_table);
    status = answer(r, "declare exchange", name, err);
    if (status < 0)
        return status;
    add_number(&a, "x-max-length", UNROUTED_MOST);
    add_text(&a, "x-overflow", "reject-publish");
    status = declare_queue(r, name, &a, err);
    return status < 0 ? status : bind_queue(r, name, name, "", err);
}

int msvc__rmq_declare_exchange(struct rmq *r, struct msvc_error *err)
{
    struct arguments a = { .table = { 0 } };
    char unrouted[RMQ_NAME_SIZE];

    if (r->config.keeps_unrouted) {
        int status;

        (void)snprintf(unrouted, sizeof(unrouted), "%s.unrouted", r->config.exchange);
        status = declare_unrouted(r, unrouted, err);
        if (status < 0)
            return status;
        add_text(&a, "alternate-exchange", unrouted);
    }
    (void)amqp_exchange_declare(r->amqp, RMQ_CHANNEL_DECLARE,
                                amqp_cstring_bytes(r->config.exchange), amqp_cstring_bytes("topic"),
                                0, 1, 0, 0, a.table);
    return answer(r, "declare exchange", r->config.exchange, err);
}

static int declare_group(struct rmq *r, struct rmq_consumer *c, struct msvc_error *err)
{
    struct arguments parked = { .table = { 0 } };
    struct arguments group = { .table = { 0 } };
    char name[RMQ_NAME_SIZE];
    int status;

    (void)snprintf(name, sizeof(name), "%s.parked", c->queue);
    status = declare_queue(r, name, &parked, err);
    if (status < 0)
        return status;
    add_dead_letters(&group, name);
    if (c->wanted->order == MSVC_ORDER_KEY)
        add(&group, "x-single-active-consumer", AMQP_FIELD_KIND_BOOLEAN)->value.boolean = 1;
    status = declare_queue(r, c->queue, &group, err);
    for (size_t i = 0; status == 0 && c->wanted->topics[i] != NULL; i++)
        status = bind_queue(r, c->queue, r->config.exchange, c->wanted->topics[i], err);
    return status;
}

/* As many as may be in flight; with order by key more, so that a key that waits for its retry does
 * not hold up the others. */
static uint16_t prefetch_of(const struct msvc_subscription *s)
{
    unsigned count = s->max_in_flight > 0 ? s->max_in_flight : 16;

    if (s->order == MSVC_ORDER_KEY)
        count += RMQ_LOOK_AHEAD;
    return (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
}

int msvc__rmq_set_up(struct rmq *r, struct rmq_consumer *c, struct msvc_error *err)
{
    int status = declare_group(r, c, err);

    if (status < 0)
        return status;
    (void)amqp_basic_qos(r->amqp, RMQ_CHANNEL_CONSUME, 0, prefetch_of(c->wanted), 0);
    status = answer(r, "prefetch for", c->queue, err);
    if (status < 0)
        return status;
    (void)amqp_basic_consume(r->amqp, RMQ_CHANNEL_CONSUME, amqp_cstring_bytes(c->queue),
                             amqp_cstring_bytes(c->tag), 0, 0, 0, amqp_empty_table);
    status = answer(r, "consume", c->queue, err);
    c->stands = status == 0;
    return status;
}

static uint64_t delay_of_step(unsigned step)
{
    return (uint64_t)FIRST_DELAY_MS << step;
}

unsigned msvc__rmq_delay_step(unsigned delay_ms)
{
    unsigned step = 0;

    while (step < LAST_STEP && delay_of_step(step) < delay_ms)
        step++;
    return step;
}

void msvc__rmq_delay_queue(char out[RMQ_NAME_SIZE], const struct rmq_consumer *c, unsigned step)
{
    (void)snprintf(out, RMQ_NAME_SIZE, "%s.retry.%llu", c->queue,
                   (unsigned long long)delay_of_step(step));
}

int msvc__rmq_declare_delay(struct rmq *r, struct rmq_consumer *c, unsigned step,
                            struct msvc_error *err)
{
    struct arguments a = { .table = { 0 } };
    char name[RMQ_NAME_SIZE];
    int status;

    if ((c->declared >> step & 1) != 0)
        return 0;
    msvc__rmq_delay_queue(name, c, step);
    add_number(&a, "x-message-ttl", (int64_t)delay_of_step(step));
    add_dead_letters(&a, c->queue);
    status = declare_queue(r, name, &a, err);
    if (status == 0)
        c->declared |= 1u << step;
    return status;
}

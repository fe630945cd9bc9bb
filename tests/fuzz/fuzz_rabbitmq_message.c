/* SPDX-License-Identifier: MIT */
/* Properties and payload, as a broker might send them, with 0xfe for a zero; the payload begins at
 * the first brace. Whatever they are, what is read keeps the rules of messages. */
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "drivers/rabbitmq/rabbitmq_internal.h"

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "\x80\xa0\x0atext/plain\x02m1\x05order{\"a\":1}",
    "\x80\x80\x1b"
    "application/cloudevents+json"
    "\x02m1{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\"}",
    "\x20\x80\xfe\xfe\xfe\x16\x0e"
    "cloudEvents:idS\xfe\xfe\xfe\x02xy\x02m1",
    "\x20\x80\xfe\xfe\xfe\x15\x0fx-msvc-attemptsI\xfe\xfe\xfe\x07\x02m1{}",
    NULL,
};

static void decode(struct rmq_delivery *d, uint8_t *data, size_t size)
{
    uint8_t *body = memchr(data, '{', size);
    size_t length = body != NULL ? (size_t)(body - data) : size;
    amqp_bytes_t raw = { .len = length, .bytes = data };
    struct msvc_error err = { 0 };
    void *properties;

    if (length == 0 || amqp_decode_properties(AMQP_BASIC_CLASS, &d->pool, raw, &properties) < 0)
        return;
    d->properties = *(amqp_basic_properties_t *)properties;
    d->topic = amqp_cstring_bytes("orders");
    d->body = (amqp_bytes_t){ .len = size - length, .bytes = data + length };
    if (msvc__rmq_decode(d, &err) == 0)
        FUZZ_CHECK(d->message.id != NULL && msvc_message_check(&d->message, NULL) == 0);
    else
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0');
    FUZZ_CHECK(d->attempt >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rmq_delivery d = { 0 };
    uint8_t *copy = malloc(size + 1);

    if (copy == NULL)
        return 0;
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i] == 0xfe ? 0 : data[i];
    init_amqp_pool(&d.pool, 4096);
    decode(&d, copy, size);
    msvc_message_free(d.structured);
    empty_amqp_pool(&d.pool);
    free(copy);
    return 0;
}

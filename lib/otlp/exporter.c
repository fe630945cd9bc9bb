/* SPDX-License-Identifier: MIT */
/*
 * A batch is encoded once and offered until the collector takes or refuses it,
 * or time is up. A wait that would end after the deadline is not begun: the
 * queue fills meanwhile, and the answer would not change.
 */
#include <msvc/otlp.h>

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/driver/exporter.h>
#include <msvc/error.h>
#include <msvc/random.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "otlp/client_internal.h"
#include "otlp/encode_internal.h"
#include "otlp/gzip_internal.h"

#define DEFAULT_ENDPOINT       "http://localhost:4318/v1/traces"
#define DEFAULT_TIMEOUT_MS     10000
#define DEFAULT_DELAY_MS       1000
#define DEFAULT_DELAY_LIMIT_MS 5000

struct otlp_exporter {
    struct msvc_span_exporter exporter; /* first: the tracer knows only this */
    struct msvc_otlp_options options;   /* its strings are ours */
    struct msvc_header *headers;
    size_t header_count;
    struct msvc_url *url; /* of the endpoint, for messages */

    struct msvc__otlp_client client;
    struct msvc__arena arena;
    struct msvc_buffer encoded;
    struct msvc_buffer compressed;
};

/* Between half of the delay and all of it, so that those who failed together do not come together.
 */
static uint64_t jittered(const struct otlp_exporter *e, uint64_t delay_ms)
{
    return delay_ms - msvc_random_below(e->options.random, delay_ms / 2 + 1);
}

static uint64_t doubled(const struct otlp_exporter *e, uint64_t delay_ms)
{
    uint64_t limit_ms = e->options.retry_delay_limit_ms;

    return delay_ms * 2 < limit_ms ? delay_ms * 2 : limit_ms;
}

/* False when the deadline would pass meanwhile. */
static bool wait_until_next(struct otlp_exporter *e, uint64_t wait_ms, uint64_t deadline_ns)
{
    int left_ms = msvc_deadline_left_ms(e->options.clock, deadline_ns, INT_MAX);

    if (wait_ms >= (uint64_t)left_ms)
        return false;
    (void)poll(NULL, 0, (int)wait_ms);
    return true;
}

static void offer(struct otlp_exporter *e, struct msvc__otlp_answer *answer,
                  const struct msvc_buffer *body, uint64_t deadline_ns)
{
    uint64_t delay_ms = e->options.retry_delay_ms;

    for (;;) {
        uint64_t wait_ms = jittered(e, delay_ms);
        int left_ms = msvc_deadline_left_ms(e->options.clock, deadline_ns, INT_MAX);

        if (left_ms == 0) {
            memset(answer, 0, sizeof(*answer));
            answer->status = MSVC_ERR_TIMEOUT;
            (void)strcpy(answer->text, "no time was left to send");
            return;
        }
        msvc__otlp_client_post(&e->client, answer, body, left_ms);
        if (!answer->may_retry)
            return;
        if (answer->retry_after_ms > wait_ms)
            wait_ms = answer->retry_after_ms;
        if (!wait_until_next(e, wait_ms, deadline_ns))
            return;
        delay_ms = doubled(e, delay_ms);
    }
}

static int send_batch(struct otlp_exporter *e, size_t *rejected, uint64_t deadline_ns,
                      struct msvc_error *err)
{
    const struct msvc_buffer *body = &e->encoded;
    struct msvc__otlp_answer answer;
    int status = 0;

    if (e->options.compression == MSVC_OTLP_GZIP) {
        status = msvc__otlp_gzip(&e->compressed, e->encoded.data, e->encoded.length);
        body = &e->compressed;
    }
    if (status < 0)
        return msvc_error_set(err, status, "otlp", 0, "a request of %zu bytes was not compressed",
                              e->encoded.length);
    offer(e, &answer, body, deadline_ns);
    if (answer.status < 0)
        return msvc_error_set(err, answer.status, "otlp", answer.http_status, "%s: %s",
                              msvc_url_redacted(e->url), answer.text);
    if (answer.is_protobuf)
        *rejected = msvc__otlp_decode_rejected(e->client.response.data, e->client.response.length);
    return 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int export_spans(struct msvc_span_exporter *self, const struct msvc_span_batch *batch,
                        uint64_t deadline_ns, size_t *rejected, struct msvc_error *err)
{
    struct otlp_exporter *e = (struct otlp_exporter *)self;
    uint64_t own_ns = msvc_deadline_in(e->options.clock, e->options.timeout_ms);
    int status = msvc__otlp_encode(&e->encoded, &e->arena, batch, MSVC_OTLP_REQUEST_MAX);

    if (status == 0)
        status = send_batch(e, rejected, earlier(own_ns, deadline_ns), err);
    else
        (void)msvc_error_set(err, status, "otlp", 0,
                             "a batch of %zu spans was not encoded: at most %zu bytes are sent",
                             batch->span_count, MSVC_OTLP_REQUEST_MAX);
    msvc_buffer_clear(&e->encoded);
    msvc_buffer_clear(&e->compressed);
    msvc_buffer_clear(&e->client.response);
    return status;
}

/* Ours, const only for those who read them. */
static void free_text(const char *text)
{
    union {
        const char *given;
        char *ours;
    } pointer = { text };

    free(pointer.ours);
}

static void free_exporter(struct msvc_span_exporter *self)
{
    struct otlp_exporter *e = (struct otlp_exporter *)self;

    msvc__otlp_client_close(&e->client);
    for (size_t i = 0; i < e->header_count; i++) {
        free_text(e->headers[i].name);
        free_text(e->headers[i].value);
    }
    free(e->headers);
    free_text(e->options.endpoint);
    free_text(e->options.ca_file);
    free_text(e->options.certificate_file);
    free_text(e->options.key_file);
    free_text(e->options.proxy);
    msvc_url_free(e->url);
    msvc__arena_clear(&e->arena);
    msvc_buffer_clear(&e->encoded);
    msvc_buffer_clear(&e->compressed);
    free(e);
}

/* Replace a borrowed string by a copy of ours. */
static bool copy_text(const char **text)
{
    const char *given = *text;

    *text = msvc__copy_text(given);
    return *text != NULL || given == NULL;
}

static bool copy_headers(struct otlp_exporter *e, const struct msvc_header *given)
{
    size_t count = 0;

    while (given != NULL && given[count].name != NULL)
        count++;
    e->headers = msvc__new_array(count + 1, sizeof(e->headers[0]));
    if (e->headers == NULL)
        return false;
    while (e->header_count < count) {
        struct msvc_header *header = &e->headers[e->header_count];
        bool copied;

        *header = given[e->header_count++];
        copied = copy_text(&header->name);
        copied = copy_text(&header->value) && copied;
        if (!copied)
            return false;
    }
    e->options.headers = e->headers;
    return true;
}

/* All copies are tried, so that no field is left borrowed. */
static bool copy_texts(struct otlp_exporter *e)
{
    struct msvc_otlp_options *o = &e->options;
    bool copied = copy_text(&o->endpoint);

    copied = copy_text(&o->ca_file) && copied;
    copied = copy_text(&o->certificate_file) && copied;
    copied = copy_text(&o->key_file) && copied;
    copied = copy_text(&o->proxy) && copied;
    return copy_headers(e, o->headers) && copied;
}

static unsigned or_default(unsigned given, unsigned by_default)
{
    return given > 0 ? given : by_default;
}

static void set_defaults(struct msvc_otlp_options *o)
{
    if (o->endpoint == NULL)
        o->endpoint = DEFAULT_ENDPOINT;
    o->timeout_ms = or_default(o->timeout_ms, DEFAULT_TIMEOUT_MS);
    o->retry_delay_ms = or_default(o->retry_delay_ms, DEFAULT_DELAY_MS);
    o->retry_delay_limit_ms = or_default(o->retry_delay_limit_ms, DEFAULT_DELAY_LIMIT_MS);
}

/* A line break in a header would begin another one. */
static bool is_clean(const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' && *text != '\t')
            return false;
    }
    return true;
}

static int check_headers(const struct otlp_exporter *e, struct msvc_error *err)
{
    for (size_t i = 0; i < e->header_count; i++) {
        const struct msvc_header *header = &e->headers[i];

        if (header->name[0] == '\0' || strpbrk(header->name, ": ;\t") != NULL ||
            !is_clean(header->name) || !is_clean(header->value))
            return msvc_error_set(err, MSVC_ERR_INVALID, "otlp", 0,
                                  "header %zu is not a name and a value of one line", i + 1);
    }
    return 0;
}

static int check(struct otlp_exporter *e, struct msvc_error *err)
{
    const struct msvc_otlp_options *o = &e->options;
    int status = msvc_url_parse(&e->url, o->endpoint, err);

    if (status < 0)
        return status;
    if (strcmp(msvc_url_scheme(e->url), "http") != 0 &&
        strcmp(msvc_url_scheme(e->url), "https") != 0)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "otlp", 0,
                              "the endpoint's scheme is \"%s\", expected http or https",
                              msvc_url_scheme(e->url));
    if (msvc_url_host_count(e->url) != 1)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "otlp", 0,
                              "the endpoint has %zu hosts, expected one",
                              msvc_url_host_count(e->url));
    if ((unsigned)o->compression > MSVC_OTLP_GZIP)
        return msvc_error_set(err, MSVC_ERR_INVALID, "otlp", 0, "compression %d is not known",
                              (int)o->compression);
    return check_headers(e, err);
}

int msvc_span_exporter_otlp(struct msvc_span_exporter **out,
                            const struct msvc_otlp_options *options, struct msvc_error *err)
{
    static const struct msvc_span_exporter_ops ops = { sizeof(ops), export_spans, free_exporter };
    struct otlp_exporter *e;
    int status;

    if (out == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "otlp", 0, "no place for the exporter");
    e = msvc__new(sizeof(*e));
    if (e == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "otlp", 0, "no memory for an exporter");
    e->exporter.ops = &ops;
    status = msvc__options_copy(&e->options, sizeof(e->options), options);
    if (status < 0) {
        free(e);
        return msvc_error_set(err, status, "otlp", 0, "options of another version");
    }
    set_defaults(&e->options);
    status = copy_texts(e) ? check(e, err) : MSVC_ERR_NOMEM;
    if (status == 0)
        status = msvc__otlp_client_open(&e->client, &e->options);
    if (status == MSVC_ERR_NOMEM)
        (void)msvc_error_set(err, status, "otlp", 0, "no memory for an exporter");
    if (status < 0)
        goto fail;
    *out = &e->exporter;
    return 0;

fail:
    free_exporter(&e->exporter);
    return status;
}

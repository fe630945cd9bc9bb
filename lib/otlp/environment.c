/* SPDX-License-Identifier: MIT */
/*
 * Every variable has two names, and may have a prefix: what is said for this
 * service wins over what is said for all, then what is said for traces wins.
 */
#include <msvc/otlp.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/env_internal.h"

#define GENERAL      "OTEL_EXPORTER_OTLP_"
#define TRACES       "OTEL_EXPORTER_OTLP_TRACES_"
#define SIGNAL_PATH  "v1/traces"
#define MOST_HEADERS 64

/* A value and where it is from. */
struct found {
    const char *value; /* NULL when no name is set */
    const char *prefix;
    const char *group;
    const char *name;
};

struct reader {
    char *const *environment;
    const char *prefix;
    struct msvc_otlp_options options;
    struct msvc_buffer endpoint;
    struct msvc__env_pair *pairs;
    struct msvc_header headers[MOST_HEADERS + 1];
};

static bool look_in(const struct reader *r, struct found *out, const char *prefix,
                    const char *group, const char *name)
{
    char whole[64];

    if ((size_t)snprintf(whole, sizeof(whole), "%s%s", group, name) >= sizeof(whole))
        return false;
    *out = (struct found){ msvc__env_get(r->environment, prefix, whole), prefix, group, name };
    return out->value != NULL;
}

static struct found look_up(const struct reader *r, const char *name)
{
    struct found found;

    if (r->prefix[0] != '\0' && (look_in(r, &found, r->prefix, TRACES, name) ||
                                 look_in(r, &found, r->prefix, GENERAL, name)))
        return found;
    if (!look_in(r, &found, "", TRACES, name))
        (void)look_in(r, &found, "", GENERAL, name);
    return found;
}

static int refuse(const struct found *found, int status, const char *expected,
                  struct msvc_error *err)
{
    return msvc_error_set(err, status, "otlp", 0, "%s%s%s is \"%s\", expected %s", found->prefix,
                          found->group, found->name, found->value, expected);
}

/* The general endpoint is a base, the other one is the whole. */
static int read_endpoint(struct reader *r, struct found *found, struct msvc_error *err)
{
    const char *text;

    *found = look_up(r, "ENDPOINT");
    text = found->value;
    if (text == NULL)
        return 0;
    msvc_buffer_text(&r->endpoint, text);
    if (strcmp(found->group, GENERAL) == 0)
        msvc_buffer_text(&r->endpoint,
                         text[strlen(text) - 1] == '/' ? SIGNAL_PATH : "/" SIGNAL_PATH);
    if (msvc_buffer_status(&r->endpoint) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "otlp", 0, "no memory for the endpoint");
    r->options.endpoint = r->endpoint.data;
    return 0;
}

/* Values are secret: a message names the variable only. */
static int read_headers(struct reader *r, struct msvc_error *err)
{
    struct found found = look_up(r, "HEADERS");
    size_t count = 0;
    int status;

    if (found.value == NULL)
        return 0;
    status = msvc__env_pairs(&r->pairs, found.value);
    found.value = "(secret)";
    if (status < 0)
        return refuse(&found, status, "key=value pairs with commas between", err);
    for (; r->pairs[count].key != NULL; count++) {
        if (count == MOST_HEADERS)
            return refuse(&found, MSVC_ERR_LIMIT, "at most 64 pairs", err);
        r->headers[count] = (struct msvc_header){ r->pairs[count].key, r->pairs[count].value };
    }
    r->options.headers = r->headers;
    return 0;
}

static int read_timeout(struct reader *r, struct msvc_error *err)
{
    struct found found = look_up(r, "TIMEOUT");
    uint64_t ms = 0;

    if (found.value == NULL)
        return 0;
    if (msvc__env_number(&ms, found.value, INT_MAX) < 0 || ms == 0)
        return refuse(&found, MSVC_ERR_MALFORMED, "milliseconds, from 1 to 2147483647", err);
    r->options.timeout_ms = (unsigned)ms;
    return 0;
}

static int read_compression(struct reader *r, struct msvc_error *err)
{
    struct found found = look_up(r, "COMPRESSION");

    if (found.value == NULL || strcmp(found.value, "none") == 0)
        return 0;
    if (strcmp(found.value, "gzip") != 0)
        return refuse(&found, MSVC_ERR_UNSUPPORTED, "none or gzip", err);
    r->options.compression = MSVC_OTLP_GZIP;
    return 0;
}

static int check_protocol(struct reader *r, struct msvc_error *err)
{
    struct found found = look_up(r, "PROTOCOL");

    if (found.value != NULL && strcmp(found.value, "http/protobuf") != 0)
        return refuse(&found, MSVC_ERR_UNSUPPORTED, "http/protobuf", err);
    return 0;
}

static int read_all(struct reader *r, struct found *endpoint, struct msvc_error *err)
{
    int status = read_endpoint(r, endpoint, err);

    if (status == 0)
        status = read_headers(r, err);
    if (status == 0)
        status = read_timeout(r, err);
    if (status == 0)
        status = read_compression(r, err);
    if (status == 0)
        status = check_protocol(r, err);
    r->options.ca_file = look_up(r, "CERTIFICATE").value;
    r->options.certificate_file = look_up(r, "CLIENT_CERTIFICATE").value;
    r->options.key_file = look_up(r, "CLIENT_KEY").value;
    return status;
}

int msvc_span_exporter_otlp_from_env(struct msvc_span_exporter **out, char *const *environment,
                                     const char *prefix, struct msvc_error *err)
{
    struct reader r = { .environment = environment,
                        .prefix = prefix != NULL ? prefix : "",
                        .options = { .size = sizeof(r.options) } };
    struct found endpoint = { 0 };
    int status = read_all(&r, &endpoint, err);

    if (status == 0) {
        status = msvc_span_exporter_otlp(out, &r.options, err);
        if (status == MSVC_ERR_MALFORMED && endpoint.value != NULL)
            msvc_error_prefix(err, "%s%s%s", endpoint.prefix, endpoint.group, endpoint.name);
    }
    msvc_buffer_clear(&r.endpoint);
    free(r.pairs);
    return status;
}

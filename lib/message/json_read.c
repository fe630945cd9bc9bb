/* SPDX-License-Identifier: MIT */
/*
 * What came is not trusted: the whole text is parsed before anything is
 * believed, and the finished message passes the same check as one that goes
 * out. A JSON payload is cut out of the text as it stood.
 */
#include "message/json_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "message/base64_internal.h"
#include "message/message_internal.h"

#define ORIGIN "message"

/* A message whose strings still belong to the document. */
struct reader {
    const char *text;
    struct msvc_message m;
    struct msvc_header headers[MSVC_MESSAGE_HEADER_COUNT_MAX + 1];
    size_t header_count;
    const struct msvc_json *data;
    size_t data_index;       /* among the members */
    const char *data_base64; /* NULL: absent */
    size_t data_base64_length;
    struct msvc_buffer decoded; /* of data_base64 */
    struct msvc_error *err;
};

/* Text that is known to be valid JSON, taken apart without looking deeper than needed. */
static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* at is on the opening quote. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        if (*at == '\\')
            at++;
    }
    return at + 1;
}

static const char *skip_value(const char *at)
{
    unsigned depth = 0;

    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth--;
        at++;
        if (depth == 0)
            at += strcspn(at, ",]} \t\r\n\""); /* the rest of a number or word */
    } while (depth > 0);
    return at;
}

/* The bytes of the index-th member's value in the object at text. */
static const char *find_value(const char *text, size_t index, size_t *length)
{
    const char *at = skip_blanks(text) + 1;

    for (;;) {
        const char *begin;

        at = skip_blanks(skip_string(skip_blanks(at)));
        begin = skip_blanks(at + 1);
        at = skip_value(begin);
        if (index-- == 0) {
            *length = (size_t)(at - begin);
            return begin;
        }
        at = skip_blanks(at) + 1;
    }
}

static int malformed(struct reader *r, const char *name, const char *problem)
{
    return msvc_error_set(r->err, MSVC_ERR_MALFORMED, ORIGIN, 0, "CloudEvents member \"%s\" %s",
                          name, problem);
}

/* A string without NULs, not empty. */
static int read_text(const char **out, struct reader *r, const char *name,
                     const struct msvc_json *value)
{
    size_t length;
    const char *text = msvc_json_string(value, &length);

    if (text == NULL || length == 0 || strlen(text) != length)
        return malformed(r, name, "is not a string with something in it");
    *out = text;
    return 0;
}

static const char **find_attribute(struct msvc_message *m, const char *name)
{
    const struct {
        const char *name;
        const char **field;
    } attributes[] = {
        { "id", &m->id },
        { "source", &m->source },
        { "type", &m->type },
        { "subject", &m->subject },
        { "datacontenttype", &m->content_type },
        { "topic", &m->topic },
        { "partitionkey", &m->key },
        { "traceparent", &m->traceparent },
        { "tracestate", &m->tracestate },
    };

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strcmp(attributes[i].name, name) == 0)
            return attributes[i].field;
    }
    return NULL;
}

static int read_time(struct reader *r, const struct msvc_json *value)
{
    size_t length;
    const char *text = msvc_json_string(value, &length);

    if (text == NULL || msvc_time_parse(&r->m.time_ns, text, length) < 0)
        return malformed(r, "time", "is not an RFC 3339 time of the years 1678 to 2261");
    return 0;
}

static int read_version(struct reader *r, const struct msvc_json *value)
{
    const char *text = msvc_json_string(value, NULL);

    if (text == NULL)
        return malformed(r, "specversion", "is not a string");
    if (strcmp(text, "1.0") != 0)
        return msvc_error_set(r->err, MSVC_ERR_UNSUPPORTED, ORIGIN, 0,
                              "CloudEvents specversion is \"%.20s\", known is \"1.0\"", text);
    return 0;
}

static const char *extension_value(const struct msvc_json *value)
{
    switch (msvc_json_type(value)) {
    case MSVC_JSON_TRUE:
        return "true";
    case MSVC_JSON_FALSE:
        return "false";
    case MSVC_JSON_NUMBER:
        return msvc_json_number(value);
    default:
        return msvc_json_string(value, NULL);
    }
}

static int read_extension(struct reader *r, const char *name, const struct msvc_json *value)
{
    const char *text = extension_value(value);
    size_t length = 0;

    if (!msvc__message_is_extension(name))
        return malformed(r, name, "has a name that CloudEvents does not allow");
    if (text == NULL || (msvc_json_string(value, &length) != NULL && strlen(text) != length))
        return malformed(r, name, "is not a string, number or boolean");
    if (r->header_count == MSVC_MESSAGE_HEADER_COUNT_MAX)
        return msvc_error_set(r->err, MSVC_ERR_LIMIT, ORIGIN, 0, "more than %d extensions",
                              MSVC_MESSAGE_HEADER_COUNT_MAX);
    r->headers[r->header_count++] = (struct msvc_header){ name, text };
    return 0;
}

static int read_base64(struct reader *r, const struct msvc_json *value)
{
    r->data_base64 = msvc_json_string(value, &r->data_base64_length);
    return r->data_base64 != NULL ? 0 : malformed(r, "data_base64", "is not a string");
}

/* A member that is null is as good as absent, but for data. */
static int read_member(struct reader *r, const struct msvc_json *value, size_t index)
{
    size_t length;
    const char *name = msvc_json_name(value, &length);
    const char **field;

    if (strlen(name) != length)
        return malformed(r, name, "has a NUL in its name");
    if (strcmp(name, "data") == 0) {
        r->data = value;
        r->data_index = index;
        return 0;
    }
    if (msvc_json_type(value) == MSVC_JSON_NULL)
        return 0;
    if (strcmp(name, "specversion") == 0)
        return read_version(r, value);
    if (strcmp(name, "time") == 0)
        return read_time(r, value);
    if (strcmp(name, "data_base64") == 0)
        return read_base64(r, value);
    field = find_attribute(&r->m, name);
    if (field != NULL)
        return read_text(field, r, name, value);
    return read_extension(r, name, value);
}

static int read_members(struct reader *r, const struct msvc_json *root)
{
    size_t index = 0;

    if (msvc_json_type(root) != MSVC_JSON_OBJECT)
        return msvc_error_set(r->err, MSVC_ERR_MALFORMED, ORIGIN, 0,
                              "a CloudEvent is a JSON object");
    if (msvc_json_type(msvc_json_member(root, "specversion")) == MSVC_JSON_NONE)
        return malformed(r, "specversion", "is missing");
    for (const struct msvc_json *v = msvc_json_first(root); v != NULL; v = msvc_json_next(v)) {
        int status = read_member(r, v, index++);

        if (status < 0)
            return status;
    }
    if (r->m.id == NULL || r->m.source == NULL || r->m.type == NULL)
        return malformed(r,
                         r->m.id == NULL       ? "id"
                         : r->m.source == NULL ? "source"
                                               : "type",
                         "is missing");
    return 0;
}

static int decode_base64(struct reader *r)
{
    r->decoded.limit = MSVC_MESSAGE_PAYLOAD_MAX;
    if (!msvc__base64_decode(&r->decoded, r->data_base64, r->data_base64_length)) {
        if (msvc_buffer_status(&r->decoded) < 0)
            return msvc_error_set(r->err, msvc_buffer_status(&r->decoded), ORIGIN, 0,
                                  "data_base64 has %zu characters, the payload's limit is %u bytes",
                                  r->data_base64_length, MSVC_MESSAGE_PAYLOAD_MAX);
        return malformed(r, "data_base64", "is not base64");
    }
    r->m.payload = r->decoded.data;
    r->m.payload_length = r->decoded.length;
    return 0;
}

static int read_payload(struct reader *r)
{
    const char *type = r->m.content_type;
    bool is_json = type == NULL || msvc__message_is_json_type(type);

    if (r->data_base64 != NULL && r->data != NULL)
        return malformed(r, "data_base64", "stands beside data");
    if (r->data_base64 != NULL)
        return decode_base64(r);
    if (r->data == NULL)
        return 0;
    if (!is_json && msvc_json_type(r->data) == MSVC_JSON_STRING)
        r->m.payload = msvc_json_string(r->data, &r->m.payload_length);
    else
        r->m.payload = find_value(r->text, r->data_index, &r->m.payload_length);
    return 0;
}

static int finish(struct msvc_message **out, struct reader *r)
{
    struct msvc_message *message;
    int status = msvc_message_check(&r->m, r->err);

    if (status == MSVC_ERR_INVALID) {
        status = MSVC_ERR_MALFORMED;
        if (r->err != NULL)
            r->err->status = status;
    }
    if (status < 0)
        return status;
    message = msvc__message_pack(&r->m);
    if (message == NULL)
        return msvc_error_set(r->err, MSVC_ERR_NOMEM, ORIGIN, 0, "no memory for a message");
    *out = message;
    return 0;
}

static int read_document(struct msvc_message **out, const struct msvc_json *root, const char *text,
                         struct msvc_error *err)
{
    struct reader r = { .text = text, .m = { .size = sizeof(r.m) }, .err = err };
    int status = read_members(&r, root);

    r.m.headers = r.headers;
    if (status == 0)
        status = read_payload(&r);
    if (status == 0)
        status = finish(out, &r);
    msvc_buffer_clear(&r.decoded);
    return status;
}

int msvc_message_from_json(struct msvc_message **out, const char *json, size_t length,
                           struct msvc_error *err)
{
    struct msvc_json_document *document;
    int status;

    if (out == NULL || json == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "a pointer is NULL");
    status = msvc_json_parse(&document, json, length, NULL, err);
    if (status < 0)
        return status;
    status = read_document(out, msvc_json_root(document), json, err);
    msvc_json_free(document);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* What drivers share to turn rows into messages and back. */
#include <msvc/driver/outbox.h>

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/header.h>
#include <msvc/json.h>
#include <msvc/status.h>

int msvc_outbox_headers_write(struct msvc_buffer *out, const struct msvc_header *headers)
{
    struct msvc_json_writer w;

    if (out == NULL || headers == NULL)
        return MSVC_ERR_INVALID;
    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    for (; headers->name != NULL; headers++)
        msvc_json_member_text(&w, headers->name, headers->value);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}

/* A value as text; NULL for what is no scalar, and for a string with a NUL in it. */
static const char *text_of(const struct msvc_json *value)
{
    size_t length;
    const char *text;

    switch (msvc_json_type(value)) {
    case MSVC_JSON_STRING:
        text = msvc_json_string(value, &length);
        return strlen(text) == length ? text : NULL;
    case MSVC_JSON_NUMBER:
        return msvc_json_number(value);
    case MSVC_JSON_TRUE:
        return "true";
    case MSVC_JSON_FALSE:
        return "false";
    default:
        return NULL;
    }
}

static int read_header(struct msvc_header *out, const struct msvc_json *value,
                       struct msvc_error *err)
{
    out->name = msvc_json_name(value, NULL);
    out->value = text_of(value);
    if (out->value == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "outbox", 0,
                              "headers: the value of \"%s\" is no text", out->name);
    return 0;
}

static int read_headers(struct msvc_header *out, const struct msvc_json *root,
                        struct msvc_error *err)
{
    size_t count = 0;

    if (msvc_json_type(root) != MSVC_JSON_OBJECT)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "outbox", 0,
                              "headers: expected a JSON object");
    if (msvc_json_count(root) > MSVC_MESSAGE_HEADER_COUNT_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "outbox", 0,
                              "headers: found %zu, at most %d are possible", msvc_json_count(root),
                              MSVC_MESSAGE_HEADER_COUNT_MAX);
    for (const struct msvc_json *value = msvc_json_first(root); value != NULL;
         value = msvc_json_next(value)) {
        int status = read_header(&out[count++], value, err);

        if (status < 0)
            return status;
    }
    out[count] = (struct msvc_header){ NULL, NULL };
    return 0;
}

/* A copy has all defaults; what a row leaves open is for the bus to say. */
static int copy(struct msvc_message **out, const struct msvc_message *m, struct msvc_error *err)
{
    struct msvc_message *made;
    int status = msvc_message_copy(&made, m, NULL, err);

    if (status < 0)
        return status;
    if (m->source == NULL)
        made->source = NULL;
    if (m->traceparent == NULL) {
        made->traceparent = NULL;
        made->tracestate = NULL;
    }
    *out = made;
    return 0;
}

int msvc_outbox_row_message(struct msvc_message **out, const struct msvc_message *columns,
                            const char *headers, struct msvc_error *err)
{
    struct msvc_header list[MSVC_MESSAGE_HEADER_COUNT_MAX + 1];
    struct msvc_json_document *document = NULL;
    struct msvc_message m;
    int status = 0;

    if (out == NULL || columns == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "outbox", 0, "no row, or nowhere to put it");
    m = *columns;
    m.size = sizeof(m);
    m.headers = NULL;
    if (headers != NULL) {
        status = msvc_json_parse(&document, headers, strlen(headers), NULL, err);
        if (status == 0)
            status = read_headers(list, msvc_json_root(document), err);
        m.headers = list;
    }
    if (status == 0)
        status = copy(out, &m, err);
    msvc_json_free(document);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Messages as rows: a column for each attribute, so that people can look at them with SQL. */
#include "drivers/sqlite/bus_internal.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/message.h>

#define INSERT_MESSAGE                                                                       \
    "INSERT INTO bus_message (id, source, type, subject, occurred_at, content_type, topic, " \
    "\"key\", traceparent, tracestate, headers, payload) "                                   \
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
#define SELECT_MESSAGE                                                                          \
    "SELECT id, source, type, subject, content_type, topic, \"key\", traceparent, tracestate, " \
    "headers, occurred_at, payload FROM bus_message WHERE seq = $1"

/* "" when there are none. */
static int write_headers(struct msvc_buffer *out, const struct msvc_header *headers)
{
    struct msvc_json_writer w;

    if (headers == NULL || headers->name == NULL)
        return 0;
    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    for (; headers->name != NULL; headers++)
        msvc_json_member_text(&w, headers->name, headers->value);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}

int msvc__sqlite_bus_put(struct bus_handle *h, const struct msvc_message *m, struct msvc_error *err)
{
    struct msvc_buffer headers = MSVC_BUFFER_INIT;
    int status = write_headers(&headers, m->headers);

    if (status == 0)
        status = msvc__sqlite_run(
            h->connection, INSERT_MESSAGE,
            MSVC_VALUES(MSVC_TEXT(m->id), MSVC_TEXT(m->source), MSVC_TEXT(m->type),
                        MSVC_TEXT(m->subject), MSVC_INT(m->time_ns), MSVC_TEXT(m->content_type),
                        MSVC_TEXT(m->topic), MSVC_TEXT(m->key), MSVC_TEXT(m->traceparent),
                        MSVC_TEXT(m->tracestate), MSVC_TEXT(headers.data),
                        MSVC_BLOB(m->payload != NULL ? m->payload : "", m->payload_length)),
            err);
    else
        (void)msvc_error_set(err, status, "sqlite", 0, "no memory for headers");
    msvc_buffer_clear(&headers);
    return status < 0 ? status : 0;
}

/* The strings stay the document's. */
static void list_headers(struct msvc_header *headers, const struct msvc_json *object)
{
    size_t count = 0;

    for (const struct msvc_json *v = msvc_json_first(object);
         v != NULL && count < MSVC_MESSAGE_HEADER_COUNT_MAX; v = msvc_json_next(v))
        headers[count++] =
            (struct msvc_header){ msvc_json_name(v, NULL), msvc_json_string(v, NULL) };
    headers[count].name = NULL;
}

static const char *text(struct sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static int read_headers(struct msvc_json_document **out, struct sqlite3_stmt *row, int column,
                        struct msvc_error *err)
{
    const char *json = text(row, column);

    if (json == NULL)
        return 0;
    return msvc_json_parse(out, json, strlen(json), NULL, err);
}

static int report(struct bus_handle *h, const struct bus_claim *claim, struct sqlite3_stmt *row,
                  struct msvc_error *err)
{
    struct msvc_header headers[MSVC_MESSAGE_HEADER_COUNT_MAX + 1];
    struct msvc_json_document *document = NULL;
    int status = read_headers(&document, row, 9, err);
    struct msvc_message m = {
        .size = sizeof(m),
        .id = text(row, 0),
        .source = text(row, 1),
        .type = text(row, 2),
        .subject = text(row, 3),
        .content_type = text(row, 4),
        .topic = text(row, 5),
        .key = text(row, 6),
        .traceparent = text(row, 7),
        .tracestate = text(row, 8),
        .headers = headers,
        .time_ns = sqlite3_column_int64(row, 10),
        .payload = sqlite3_column_blob(row, 11),
        .payload_length = (size_t)sqlite3_column_bytes(row, 11),
    };

    if (status == MSVC_ERR_NOMEM)
        return status;
    /* headers that somebody spoilt by hand are left out: the message matters more */
    list_headers(headers, document != NULL ? msvc_json_root(document) : NULL);
    h->host->delivered(h->host, claim->group->subscription, &m, (uint64_t)claim->seq,
                       claim->attempts);
    msvc_json_free(document);
    return 0;
}

int msvc__sqlite_bus_deliver(struct bus_handle *h, const struct bus_claim *claim,
                             struct msvc_error *err)
{
    struct msvc_value seq = MSVC_INT(claim->seq);
    struct sqlite3_stmt *row;
    int status = msvc__sqlite_prepare(&row, h->connection, SELECT_MESSAGE, &seq, 1, err);
    int code;

    if (status < 0)
        return status;
    code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        status = report(h, claim, row, err);
    else if (code == SQLITE_DONE)
        status = MSVC_ERR_NOT_FOUND;
    else
        status = msvc__sqlite_error(h->connection, code, err);
    msvc__sqlite_done(h->connection, row);
    return status;
}

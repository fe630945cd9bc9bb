/* SPDX-License-Identifier: MIT */
/*
 * A message as columns, the same thirteen for outbox and bus. A payload that
 * is text goes where people can read and write it; anything else as bytes.
 */
#include "drivers/postgres/message_internal.h"

#include <string.h>

#include <msvc/driver/outbox.h>

#include "base/utf8_internal.h"

static bool is_text(const struct msvc_message *m)
{
    return m->payload_length == 0 || (memchr(m->payload, '\0', m->payload_length) == NULL &&
                                      msvc__utf8_is_valid(m->payload, m->payload_length));
}

int msvc__postgres_message_write(struct msvc_value out[MSVC__POSTGRES_MESSAGE_COLUMNS],
                                 const struct msvc_message *m, bool is_utf8,
                                 struct msvc_buffer *headers)
{
    bool as_text = is_utf8 && is_text(m);
    bool has_headers = m->headers != NULL && m->headers[0].name != NULL;
    int status = has_headers ? msvc_outbox_headers_write(headers, m->headers) : 0;
    struct msvc_value values[MSVC__POSTGRES_MESSAGE_COLUMNS] = {
        msvc_value_text(m->id),
        msvc_value_text(m->source),
        msvc_value_text(m->type),
        msvc_value_text(m->subject),
        msvc_value_int(m->time_ns),
        msvc_value_text(m->content_type),
        msvc_value_text(msvc_message_topic(m)),
        msvc_value_text(m->key),
        msvc_value_text(m->traceparent),
        msvc_value_text(m->tracestate),
        msvc_value_text(has_headers ? headers->data : NULL),
        as_text && m->payload_length > 0 ? msvc_value_text_n(m->payload, m->payload_length)
                                         : msvc_value_text(""),
        as_text ? msvc_value_null() : msvc_value_blob(m->payload, m->payload_length),
    };

    if (status == 0)
        memcpy(out, values, sizeof(values));
    return status;
}

static void read_payload(struct msvc_message *m, const PGresult *result, int row, int column)
{
    if (!PQgetisnull(result, row, column + 1))
        column++;
    m->payload = PQgetvalue(result, row, column);
    m->payload_length = (size_t)PQgetlength(result, row, column);
}

const char *msvc__postgres_message_read(struct msvc_message *out, const PGresult *result, int row,
                                        int column)
{
    *out = (struct msvc_message){
        .size = sizeof(*out),
        .id = msvc__postgres_text(result, row, column),
        .source = msvc__postgres_text(result, row, column + 1),
        .type = msvc__postgres_text(result, row, column + 2),
        .subject = msvc__postgres_text(result, row, column + 3),
        .time_ns = msvc__postgres_int(result, row, column + 4),
        .content_type = msvc__postgres_text(result, row, column + 5),
        .topic = msvc__postgres_text(result, row, column + 6),
        .key = msvc__postgres_text(result, row, column + 7),
        .traceparent = msvc__postgres_text(result, row, column + 8),
        .tracestate = msvc__postgres_text(result, row, column + 9),
    };
    read_payload(out, result, row, column + 11);
    return msvc__postgres_text(result, row, column + 10);
}

bool msvc__postgres_is_utf8(const struct msvc__postgres *pg)
{
    const char *encoding = PQparameterStatus(pg->conn, "server_encoding");

    return encoding != NULL && strcmp(encoding, "UTF8") == 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A message as columns, the same thirteen for outbox and bus. A payload that
 * is text goes where people can read and write it; anything else as bytes.
 */
#include "drivers/postgres/message_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/utf8_internal.h"

static int write_headers(struct msvc_buffer *out, const struct msvc_header *headers)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    for (size_t i = 0; headers[i].name != NULL; i++)
        msvc_json_member_text(&w, headers[i].name, headers[i].value);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}

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
    int status = has_headers ? write_headers(headers, m->headers) : 0;
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

static int read_header(struct msvc_header *out, const struct msvc_json *value,
                       struct msvc_error *err)
{
    out->name = msvc_json_name(value, NULL);
    out->value = msvc_json_type(value) == MSVC_JSON_NUMBER ? msvc_json_number(value)
                                                           : msvc_json_string(value, NULL);
    if (out->value == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0,
                              "header '%s' is neither a string nor a number", out->name);
    return 0;
}

static int read_headers(struct msvc__postgres_message *m, const char *text, struct msvc_error *err)
{
    const struct msvc_json *value;
    size_t count = 0;
    int status;

    if (text == NULL)
        return 0;
    status = msvc_json_parse(&m->document, text, strlen(text), NULL, err);
    if (status < 0)
        return status;
    value = msvc_json_root(m->document);
    if (msvc_json_type(value) != MSVC_JSON_OBJECT ||
        msvc_json_count(value) > MSVC_MESSAGE_HEADER_COUNT_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0,
                              "headers are not a JSON object of at most %d members",
                              MSVC_MESSAGE_HEADER_COUNT_MAX);
    for (value = msvc_json_first(value); status == 0 && value != NULL;
         value = msvc_json_next(value))
        status = read_header(&m->headers[count++], value, err);
    m->headers[count] = (struct msvc_header){ NULL, NULL };
    m->message.headers = m->headers;
    return status;
}

static void read_payload(struct msvc_message *m, const PGresult *result, int row, int column)
{
    if (!PQgetisnull(result, row, column + 1))
        column++;
    m->payload = PQgetvalue(result, row, column);
    m->payload_length = (size_t)PQgetlength(result, row, column);
}

int msvc__postgres_message_read(struct msvc__postgres_message *out, const PGresult *result, int row,
                                int column, struct msvc_error *err)
{
    out->document = NULL;
    out->message = (struct msvc_message){
        .size = sizeof(out->message),
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
    read_payload(&out->message, result, row, column + 11);
    return read_headers(out, msvc__postgres_text(result, row, column + 10), err);
}

void msvc__postgres_message_clear(struct msvc__postgres_message *m)
{
    msvc_json_free(m->document);
    m->document = NULL;
}

bool msvc__postgres_is_utf8(const struct msvc__postgres *pg)
{
    const char *encoding = PQparameterStatus(pg->conn, "server_encoding");

    return encoding != NULL && strcmp(encoding, "UTF8") == 0;
}

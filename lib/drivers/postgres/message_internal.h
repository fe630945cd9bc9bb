/* SPDX-License-Identifier: MIT */
/* Messages as columns of outbox_events and bus_messages. */
#ifndef MSVC_POSTGRES_MESSAGE_INTERNAL_H
#define MSVC_POSTGRES_MESSAGE_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/message.h>

#include "drivers/postgres/postgres_internal.h"

struct msvc_json_document;

#define MSVC__POSTGRES_MESSAGE_COLUMNS 13

/* The columns, in the order of read() and write(); to insert, and to select from table `m`. */
#define MSVC__POSTGRES_MESSAGE_NAMES                                                          \
    "id, source, type, subject, time_ns, content_type, topic, key, traceparent, tracestate, " \
    "headers, payload, payload_bytes"
#define MSVC__POSTGRES_MESSAGE_SELECT                                                \
    "m.id, m.source, m.type, m.subject, m.time_ns, m.content_type, m.topic, m.key, " \
    "m.traceparent, m.tracestate, m.headers::text, m.payload, m.payload_bytes"

/* A message as read: borrowed from the result it was read from, and from the document. */
struct msvc__postgres_message {
    struct msvc_message message;
    struct msvc_header headers[MSVC_MESSAGE_HEADER_COUNT_MAX + 1];
    struct msvc_json_document *document;
};

/* Whether any text fits into the database's encoding. */
bool msvc__postgres_is_utf8(const struct msvc__postgres *pg);

/* *headers keeps what one of the values borrows. Returns 0 or what the buffer says. */
int msvc__postgres_message_write(struct msvc_value out[MSVC__POSTGRES_MESSAGE_COLUMNS],
                                 const struct msvc_message *message, bool is_utf8,
                                 struct msvc_buffer *headers);

/* From a binary result, starting at `column`. Clear it also after a failure. */
int msvc__postgres_message_read(struct msvc__postgres_message *out, const PGresult *result, int row,
                                int column, struct msvc_error *err);
void msvc__postgres_message_clear(struct msvc__postgres_message *message);

#endif
